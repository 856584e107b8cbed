"""Events told to a bot's endpoint, and what stands after it."""

import time

from django.db import connection
from django.utils import timezone

from chats.models import Message
from gateway.endpoints import calls, event_queue
from tests import people
from wittybots.models import Event


def alone(act):
    """On a connection of its own."""
    try:
        return act()
    finally:
        connection.close()


def asks(origin, text="Hola", sender="cust-1"):
    return people.fresh(people.says(origin, sender, text, name="Marta").message.chat)


def tell(chat):
    return calls.call_endpoint(chat.bot.endpoint.pk, chat.pk)


def claim(chat):
    """The first event that waits, ours; None where it is not due, or somebody else's."""
    return next(iter(event_queue.claim_first([(chat.bot.endpoint.pk, chat.pk)], timezone.now()).sending), None)


def tell_all(chat, most=120.0):
    """Until nothing waits any more, as the worker and the clock would."""
    ends = time.monotonic() + most
    while Event.objects.filter(chat_id=chat.pk, state__in=event_queue.WAITING).exists() and time.monotonic() < ends:
        tell(chat)
        time.sleep(0.01)


def events(chat):
    return list(Event.objects.filter(chat_id=chat.pk).order_by("id"))


def event(chat):
    return events(chat)[-1]


def bot_said(chat):
    return list(
        Message.objects.filter(chat=chat.pk, author="bot", direction="out")
        .order_by("id")
        .values_list("text", flat=True)
    )


def notes(chat):
    return " | ".join(
        message.text or (message.change.note if message.change else "")
        for message in Message.objects.filter(chat=chat.pk, direction="note").select_related("change").order_by("id")
    )
