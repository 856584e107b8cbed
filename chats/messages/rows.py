"""Rows of messages: texts as they can be stored, the preview of a chat, and the first status of what goes out."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Greatest

from chats.models import Attachment, Chat, Message
from contacts.models import Contact

MAX_TEXT_CHARS = 65_536
# origins that count whole seconds: within this one, what comes later stands later
SAME_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Stored:
    """What became of a customer's message: the row, or the one that already stood there."""

    message: Message
    is_new: bool


def clean_text(text: str) -> str:
    """The text as PostgreSQL can keep it: without NUL, lone surrogates replaced."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def place_in_time(said_at: datetime, last: datetime | None) -> datetime:
    """Where a message stands: at the origin's time; a time in whole seconds not before what stands in that second."""
    if last and not said_at.microsecond and said_at < last < said_at + SAME_MOMENT:
        return last
    return said_at


def find_by_ref(messages: Any, *refs: str) -> Any:
    """Messages by our uuids or by the ids that the origin gave."""
    uuids = []
    for ref in refs:
        with contextlib.suppress(ValueError):
            uuids.append(UUID(ref))
    return messages.filter(Q(external_id__in=refs) | Q(uuid__in=uuids))


def kind_of(files: Sequence[Attachment] | QuerySet[Attachment]) -> str:
    if not files:
        return "text"
    if files[0].is_picture:
        return "image"
    major = files[0].mime.split("/")[0]
    return major if major in ("audio", "video") else "document"


def show_latest(chat: Chat, message: Message) -> bool:
    """Make this message the one that lists show, in memory. False: a later one stands there."""
    if chat.last_message_at and message.created_at < chat.last_message_at:
        return False
    chat.preview, chat.preview_kind = preview_text(message.text), message.kind
    chat.last_message_at = message.created_at
    return True


def update_preview(chat: Chat, message: Message, fields: list[str]) -> None:
    """The same, written; save these fields with it."""
    if show_latest(chat, message):
        fields = [*fields, "preview", "preview_kind", "last_message_at"]
    if fields:
        chat.save(update_fields=fields)
    Contact.objects.filter(pk=chat.contact_id).update(active_at=Greatest("active_at", message.created_at))


def preview_text(text: str) -> str:
    """A text as lists show it."""
    return " ".join(text.split())[:140]


def first_status(chat: Chat, now: datetime, *, unready: bool = False) -> dict[str, Any]:
    """The first status of what goes out: where nobody waits for it outside, sent is at commit.

    `unready`: its file has to be turned into another first, which the worker does.
    """
    if chat.origin.tells_nobody and not unready:
        return {"status": "sent", "sent_at": now}
    return {"status": "queued"}
