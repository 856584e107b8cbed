"""The outbox at work against a network's API that really listens."""

import itertools
import json
from datetime import timedelta

from django.utils import timezone

from chats.models import Message
from origins.models import Origin
from tests import people
from tests.http_server import say

MARTA = "5491155550101"


def takes(api, prefix="wamid.OUT"):
    """It takes everything, and gives each an id."""
    numbers = itertools.count(1)

    def whatsapp_or_page(handler):
        given = f"{prefix}{next(numbers)}"
        say(handler, 200, json.dumps({"messages": [{"id": given}], "message_id": given}).encode())

    def telegram(handler):
        say(handler, 200, json.dumps({"ok": True, "result": {"message_id": next(numbers)}}).encode())

    api.answers = {"messages": whatsapp_or_page, "": telegram}


def refuses(api, code, status=400, **more):
    api.answers["messages"] = (status, {"error": {"code": code, "message": "x", **more}})


def held(origin, ana, sender=None, **fields):
    kind, value = {
        "whatsapp": ("wa_id", MARTA), "telegram": ("telegram", "5001"), "messenger": ("psid", "24001"),
        "instagram": ("igsid", "90001"),
    }[origin.kind]  # fmt: skip
    return people.held(origin, ana, sender=sender or value, address_kind=kind, **fields)


def fresh(message):
    return Message.objects.get(pk=message.pk)


def texts(api):
    return [call.json["text"]["body"] for call in api.calls if "text" in call.json]


def passed(chat):
    """The waiting times in this chat, and what the network asked for, are over."""
    from live.feed import current_feed

    Message.objects.filter(chat=chat, next_try_at__isnull=False).update(
        next_try_at=timezone.now() - timedelta(seconds=1)
    )
    Origin.objects.update(held_until=None)
    current_feed().redis.delete(f"rate:held:{chat.origin_id}")
