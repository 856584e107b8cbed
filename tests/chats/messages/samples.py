"""Times, and what tests of messages read of them."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from chats import expiry
from chats.models import Template
from tests import people

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


def approved(origin, **fields):
    """A template that stands in the account of a line."""
    return Template.objects.create(origin=origin, remote_id="77", **{"name": "T", "body": "Hola", **fields})


def expired(origin, **fields):
    chat = people.waiting(origin, at=timezone.now() - 2 * DAY, **fields)
    expiry.expire()
    return people.fresh(chat)
