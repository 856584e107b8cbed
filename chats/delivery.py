"""What leaves: each chat's messages in order, one at a time; chats in parallel.

The rows are the outbox. A worker claims the first unsent message of a chat under the chat's
lock and for a limited time; whoever dies with it leaves a claim that runs out, and the sweep
finds it. Nothing is sent inside a transaction.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from chats import news
from chats.models import Chat, Message
from origins import http
from origins.facts import OriginError

log = logging.getLogger(__name__)

# longer than a send may take with all its timeouts
CLAIM = timedelta(seconds=45)
BACKOFF = [timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 1800)]


def deliver(chat_pk: int) -> int:
    """Send what waits in a chat, in order, until nothing is due. Returns how many were sent."""
    sent = 0
    while (message := _claim(chat_pk, timezone.now())) is not None:
        if not _send(message):
            break
        sent += 1
    return sent


@transaction.atomic
def _claim(chat_pk: int, now: datetime) -> Message | None:
    """The chat's first unsent message, ours for a while; None when it is not due or somebody else's."""
    Chat.objects.select_for_update().get(pk=chat_pk)
    waiting = Message.objects.filter(chat=chat_pk, status__in=("queued", "sending"))
    message = waiting.select_related("chat__contact__origin", "reply_to", "agent").order_by("id").first()
    if message is None or (message.next_try_at and message.next_try_at > now):
        return None
    message.status, message.attempts, message.next_try_at = "sending", message.attempts + 1, now + CLAIM
    message.save(update_fields=("status", "attempts", "next_try_at"))
    return message


def _send(message: Message) -> bool:
    try:
        given = http.send(message.chat.contact.origin, envelope(message))
    except OriginError as error:
        _failed(message, error)
        return False
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(
            external_id=given or None, sent_at=timezone.now(), next_try_at=None
        )
        # a receipt may have been quicker than this answer
        Message.objects.filter(pk=message.pk, status__in=("queued", "sending", "failed")).update(
            status="sent", reason=""
        )
        message.refresh_from_db()
        news.changed(message)
    return True


def _failed(message: Message, error: OriginError) -> None:
    final = error.permanent or message.attempts > len(BACKOFF)
    with transaction.atomic():
        if final:
            changes: dict[str, Any] = {"status": "failed", "reason": str(error)[:300], "next_try_at": None}
        else:
            changes = {"status": "queued", "next_try_at": timezone.now() + BACKOFF[message.attempts - 1]}
        Message.objects.filter(pk=message.pk, status="sending").update(**changes)
        message.refresh_from_db()
        news.changed(message)
    if final:
        log.warning("message %s failed: %s", message.pk, type(error).__name__)


def due(now: datetime, most: int = 500) -> list[int]:
    """Chats with something to send that nobody is sending, longest due first."""
    rows = (
        Message.objects.filter(status__in=("queued", "sending"))
        .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=now))
        .values("chat")
        .annotate(first=Min("id"))
        .order_by("first")[:most]
    )
    return [row["chat"] for row in rows]


def envelope(message: Message) -> dict[str, Any]:
    """A message as the HTTP origin gets it (contract.md)."""
    kind = "template" if message.kind == "template" else message.kind
    body: dict[str, Any] = {
        "id": str(message.uuid),
        "to": message.chat.contact.addresses.order_by("id").values_list("value", flat=True).first(),
        "type": kind,
        "text": message.text,
        "author": message.author,
    }
    if message.payload.get("choices"):
        body["choices"] = message.payload["choices"]
    if message.payload.get("template"):
        body["template"] = message.payload["template"]
    if message.reply_to and message.reply_to.external_id:
        body["reply_to"] = message.reply_to.external_id
    file = message.attachments.first()
    if file:
        body["media"] = {
            "url": news.file_url(file),
            "mime_type": file.mime,
            "filename": file.name,
            "size": file.size,
        }
    return body
