"""Chats at every place, as tests of the moves want them."""

from datetime import UTC, datetime

from chats.models import Chat, Message, Template
from contacts.models import Contact, StateChange


def rows():
    """All that a move could write."""
    return [list(model.objects.order_by("pk").values()) for model in (Chat, Contact, StateChange, Message, Template)]


AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
