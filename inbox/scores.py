"""What a contact last said of how they were attended, read with the contact, in its statement. Figures without words:
every agent who sees the contact sees them."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from chats.models import Survey
from contacts.models import Contact, ContactQuerySet

MAX_SCORES = 3


def with_scores(contacts: ContactQuerySet) -> ContactQuerySet:
    """Read by read_scores."""
    said = Survey.objects.answered().filter(chat__contact=OuterRef("pk")).order_by("-id")
    row = JSONObject(score="score", at="answered_at")
    return contacts.annotate(said_scores=ArraySubquery(said.values(row=row)[:MAX_SCORES]))


def read_scores(contact: Contact) -> list[dict[str, Any]]:
    """{score, at}, the last one first."""
    rows: list[dict[str, Any]] = getattr(contact, "said_scores", [])
    return [row | {"at": datetime.fromisoformat(row["at"])} for row in rows]
