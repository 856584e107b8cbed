"""Files that a bot's messages name by their address: fetched by the worker, while the outbox waits for them.

`payload["media"]` and `Message.media_due_at` are as for the customers' media (media.py). The message is queued until
its file is there; where the file cannot be had, the message has failed, and what stands behind it goes out.
"""

import mimetypes
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from chats import bot_events, jobs, publish
from chats.attachments.conversion import plan_attachment
from chats.models import Attachment, Chat, Message
from common.errors import OriginError
from common.lease import Lease
from contacts.models import State
from wittybots.turns import SPEAK_WITHIN

# of one file, from looking up the name to the last byte; and without a byte in between
MAX_FETCH_SECONDS, MAX_SILENT_SECONDS = 10.0, 5.0
# the customer waits for it, and so does all that is said behind it
LEASE = Lease(
    until="media_due_at", null_is_due=False, attempts="", backoff=(timedelta(seconds=5), timedelta(seconds=20))
)
# longer than a try may take; whoever died with it delays the chat no longer than that
CLAIM = timedelta(seconds=40)
# what nobody has claimed for so long after it was due (workers away, or too much to do) is not waited for either
MAX_UNCLAIMED = timedelta(minutes=2)
# a server that asks to wait longer than this is not waited for
MAX_WAIT = timedelta(seconds=60)
MAX_URL_CHARS = 2_000


def media_of(given: Mapping[str, str]) -> dict[str, Any]:
    """What is kept with the message of a file that a bot names: {url, filename, mime_type}."""
    url = str(given.get("url", ""))[:MAX_URL_CHARS]
    filename = str(given.get("filename") or "") or url.split("?")[0].rsplit("/", 1)[-1]
    return {"url": url, "filename": filename[:200], "mime_type": str(given.get("mime_type") or "")[:100]}


def kind_before_fetch(media: Mapping[str, Any], said: str) -> str:
    """What the file is taken for until it is there: by what the bot says of it; then its content decides."""
    path = urlsplit(media["url"]).path
    mime = media["mime_type"] or mimetypes.guess_type(media["filename"])[0] or mimetypes.guess_type(path)[0] or ""
    major = mime.split("/")[0]
    if major in ("image", "audio", "video"):
        return major
    return "document" if mime or said in ("text", "choices") else said


def first_fetch_due(now: datetime) -> datetime:
    """When the sweep looks after it, if the worker that was asked at once did not come."""
    return now + CLAIM


def is_by_bot(message: Message) -> bool:
    """Whether what the message names is a bot's file. Not by its direction: an echo of the line names the network's."""
    return message.author == Message.Author.BOT


def is_missing(message: Message) -> bool:
    """Whether a bot's message waits for its file, or has failed for the want of it."""
    return is_by_bot(message) and "media" in message.payload and not message.attachments.exists()


def restart_fetch(message: Message) -> None:
    """Fetch anew, as for the first time. The caller has queued the message."""
    media = {name: message.payload["media"][name] for name in ("url", "filename", "mime_type")}
    message.payload["media"], message.media_due_at = media, first_fetch_due(timezone.now())
    message.save(update_fields=("payload", "media_due_at"))
    jobs.fetch_media(message.pk)


def next_try(error: OriginError, tries: int) -> timedelta | None:
    """After how long another try makes sense; None: it does not."""
    if error.permanent or error.after > MAX_WAIT.total_seconds():
        return None
    return LEASE.delay_after(tries, timedelta(seconds=error.after))


def release_message(message: Message, kept: Attachment) -> None:
    """Its file is there: it may go out, as what its content says. The caller holds the chat and the message."""
    chat = Chat.objects.with_people().get(pk=message.chat_id)
    try:
        plan = plan_attachment(message.origin, kept)
    except OriginError as error:
        fail_message(message, str(error))
        return
    if plan.kind != message.kind:
        _correct_kind(chat, message, plan.kind)
    if message.status == Message.Status.QUEUED and message.origin.tells_nobody and not plan.becomes:
        message.status, message.sent_at = Message.Status.SENT, timezone.now()
        message.save(update_fields=("status", "sent_at"))
        publish.show_visitor(chat, message)
        bot_events.record_message_update(message)
    jobs.deliver()


def _correct_kind(chat: Chat, message: Message, kind: str) -> None:
    shown = Chat.objects.filter(
        pk=chat.pk, preview_at=message.created_at, preview_author=message.author, preview_kind=message.kind
    )
    message.kind = kind
    message.save(update_fields=("kind",))
    if shown.update(preview_kind=kind):
        publish.summary_changed(chat.pk)


def fail_message(message: Message, reason: str) -> None:
    """Its file cannot be had: it does not go out, nor does anything wait for it. The caller holds chat and message."""
    if message.status != Message.Status.QUEUED:
        return
    message.status, message.status_at, message.next_try_at = Message.Status.FAILED, timezone.now(), None
    message.reason = reason[:300]
    message.save(update_fields=("status", "status_at", "next_try_at", "reason"))
    bot_events.record_message_update(message)
    _expect_another_answer(message)
    jobs.deliver()


def _expect_another_answer(message: Message) -> None:
    """Where this was all that the bot answered, it owes the customer one again; past that the chat goes to people."""
    chat = Chat.objects.get(pk=message.chat_id)
    if chat.state != State.BOT or chat.bot_id != message.bot_id or chat.bot_due_at is not None:
        return
    said = Message.objects.filter(chat=chat, bot=message.bot_id, author=Message.Author.BOT, direction="out")
    if chat.last_customer_at is not None:
        said = said.filter(created_at__gte=chat.last_customer_at)
    if not said.exclude(status=Message.Status.FAILED).exists():
        Chat.objects.filter(pk=chat.pk).update(bot_due_at=timezone.now() + SPEAK_WITHIN)
