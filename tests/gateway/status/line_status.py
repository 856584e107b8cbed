"""Lines and their health, as tests read it."""

from datetime import timedelta

from django.utils import timezone

from chats.models import Message
from origins.models import Origin
from tests import people

NOW = timezone.now()


def origin(kind="http", **fields):
    number = Origin.objects.count()
    own = {"name": f"Línea {number}", "key": f"l-{number}", "heard_at": NOW - timedelta(minutes=3)}
    return Origin.objects.create(kind=kind, **own | fields)


def unsent(one, minutes, status="queued"):
    """An answer that waits to leave."""
    chat = people.waiting(one, sender=f"c-{minutes}-{status}")
    return Message.objects.create(
        chat=chat, origin=one, direction="out", author="bot", status=status, text="Hola",
        created_at=NOW - timedelta(minutes=minutes),
    )  # fmt: skip
