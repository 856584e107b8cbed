"""Rows of messages: texts as they can be stored, the preview of a chat, and the first status of what goes out."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, Q, QuerySet
from django.db.models.functions import Greatest

from chats import publish
from chats.models import Attachment, Chat, Message
from contacts.models import Contact

MAX_TEXT_CHARS = 65_536
# origins that count whole seconds: within this one, what comes later stands later
SAME_MOMENT = timedelta(seconds=1)
# what lists say of a chat
SHOWN = ("preview", "preview_kind", "preview_author", "preview_agent", "preview_at", "last_message_at")
# and of who waits for an answer
ANSWERED = ("unread", "asked_at", "answered_at", "reminded_at")


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


def show_latest(chat: Chat, message: Message) -> None:
    """Let lists say this message of its chat, in memory, unless a better one stands there: the same in any order.

    What a person wrote goes before the bot's lines and what was chosen from a menu, of the same rank the latest.
    """
    chat.last_message_at = max(chat.last_message_at or message.created_at, message.created_at)
    kind = _shown_kind(message)
    mine = _shown_rank(message.author, kind, message.created_at)
    if chat.preview_at and mine < _shown_rank(chat.preview_author, chat.preview_kind, chat.preview_at):
        return
    chat.preview, chat.preview_kind, chat.preview_at = message.shown_text, kind, message.created_at
    chat.preview_author, chat.preview_agent = message.author, message.agent


def _shown_rank(author: str, kind: str, at: datetime) -> tuple[bool, datetime, bool]:
    is_bot = author == Message.Author.BOT
    is_choice = author == Message.Author.CUSTOMER and kind == Message.Kind.CHOICE
    # at the same moment the bot answers
    return not (is_bot or is_choice), at, is_bot


def _shown_kind(message: Message) -> str:
    """`chosen`: typed, and nothing but the number or the name of an option."""
    if message.withdrawn_at:
        return Message.Kind.TEXT
    return Message.Kind.CHOICE if message.payload.get("chosen") else message.kind


def show_again(message: Message) -> None:
    """A message says something else now: so do lists, where they show it. The caller holds its chat."""
    # networks count whole seconds: several may have been said at once
    same = Message.objects.filter(chat=message.chat_id, created_at=message.created_at, author=message.author)
    shown = Chat.objects.filter(
        ~Exists(same.filter(pk__gt=message.pk)),
        pk=message.chat_id, preview_at=message.created_at, preview_author=message.author,
    )  # fmt: skip
    if shown.update(preview=message.shown_text, preview_kind=_shown_kind(message)):
        publish.summary_changed(message.chat_id)


def mark_answered(chat: Chat, at: datetime) -> None:
    """A person has answered, in memory: nobody waits for an answer."""
    chat.unread, chat.asked_at, chat.reminded_at = 0, None, None
    chat.answered_at = max(chat.answered_at or at, at)


def update_preview(chat: Chat, message: Message, fields: Iterable[str]) -> None:
    """`show_latest`, written with these fields of the chat."""
    show_latest(chat, message)
    chat.save(update_fields=(*fields, *SHOWN))
    Contact.objects.filter(pk=chat.contact_id).update(active_at=Greatest("active_at", message.created_at))


def first_status(chat: Chat, now: datetime, *, unready: bool = False) -> dict[str, Any]:
    """The first status of what goes out: where nobody waits for it outside, sent is at commit.

    `unready`: its file has to be turned into another first, which the worker does.
    """
    if chat.origin.tells_nobody and not unready:
        return {"status": "sent", "sent_at": now}
    return {"status": "queued"}
