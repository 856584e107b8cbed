"""What the networks post to the webhooks, and what stands after it."""

import json
from datetime import timedelta

from django.utils import timezone

from chats.messages import replies
from chats.models import Message
from tests import people

MARTA = "5491155550101"
META = ("whatsapp", "messenger", "instagram")


def ago(**time):
    return timezone.now() - timedelta(**time)


def heard(origin=None):
    """What customers said, in the order of the thread."""
    said = Message.objects.filter(direction="in", **({"origin": origin} if origin else {}))
    return list(said.order_by("created_at", "id").values_list("text", flat=True))


def takes(client, origin, body):
    """What the door says to a body that is really the network's."""
    post = people.post_telegram if origin.kind == "telegram" else people.post_meta
    answer = post(client, origin, body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def hello(kind):
    """A first message of now, as bytes."""
    body = {"whatsapp": people.wa_text, "telegram": people.tg_text}.get(kind, lambda: people.meta_text(kind))()
    return json.dumps(body).encode()


def marta(whatsapp, agent=None, **fields):
    """A chat with her on WhatsApp: in General, or with an agent."""
    given = {"sender": MARTA, "address_kind": "wa_id", "aliases": (("phone", MARTA),), "external_id": "wamid.1"}
    if agent:
        return people.held(whatsapp, agent, **{**given, **fields})
    return people.waiting(whatsapp, **{**given, **fields})


def out(chat, ana, text="Va", *, status="sent", external_id=None, sent_at=None):
    message = replies.send_reply(chat.pk, ana, text)
    Message.objects.filter(pk=message.pk).update(status=status, external_id=external_id, sent_at=sent_at)
    message.refresh_from_db()
    return message
