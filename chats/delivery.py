"""What leaves: each chat's messages in order, one at a time; chats in parallel.

The rows are the outbox. A worker claims the first unsent message of a chat under the chat's
lock and for a limited time; whoever dies with it leaves a claim that runs out, and the sweep
finds it. Nothing is sent inside a transaction.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import news
from chats.messaging import WINDOW
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
        sent += _send(message)
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
        _check_window(message)
        given = http.send(message.chat.contact.origin, envelope(message))
    except OriginError as error:
        _failed(message, error)
        return False
    except Exception:  # tried again as often as anything else, and then left to the agent
        log.exception("message %s could not be sent", message.pk)
        _failed(message, OriginError(_("Error interno"), permanent=False))
        return False
    with transaction.atomic():
        _keep_id(message, given)
        Message.objects.filter(pk=message.pk).update(sent_at=timezone.now(), next_try_at=None)
        # a receipt may have been quicker than this answer, also one that says that it failed
        Message.objects.filter(pk=message.pk, status__in=("queued", "sending", "unconfirmed")).update(
            status="sent", reason=""
        )
        message.refresh_from_db()
        news.changed(message)
    return True


def _check_window(message: Message) -> None:
    """A text may have waited here until its window closed."""
    chat = message.chat
    if message.kind == Message.Kind.TEMPLATE or not chat.contact.origin.has_window:
        return
    if chat.last_customer_at is None or timezone.now() >= chat.last_customer_at + WINDOW:
        raise OriginError(_("Pasaron 24 h desde el último mensaje del cliente. Enviá una plantilla"))


def _keep_id(message: Message, given: str) -> None:
    """The id that the origin gave, unless it has given it before: what was sent is sent all the same."""
    if not given:
        return
    try:
        with transaction.atomic():
            Message.objects.filter(pk=message.pk).update(external_id=given)
    except IntegrityError:
        log.warning("message %s: the origin gave an id that another message has", message.pk)


def _failed(message: Message, error: OriginError) -> None:
    final = error.permanent or message.attempts > len(BACKOFF)
    with transaction.atomic():
        if final:
            changes: dict[str, Any] = {"status": "failed", "reason": str(error)[:300], "next_try_at": None}
        else:
            wait = max(BACKOFF[message.attempts - 1], timedelta(seconds=error.after))
            changes = {"status": "queued", "next_try_at": timezone.now() + wait}
        # not when the claim has run out and somebody else has it
        own = Message.objects.filter(pk=message.pk, status="sending", attempts=message.attempts)
        own.update(**changes)
        message.refresh_from_db()
        news.changed(message)
    if final:
        log.warning("message %s failed: %s", message.pk, type(error).__name__)


_DUE = """
SELECT chat_id FROM (
    SELECT DISTINCT ON (chat_id) chat_id, id, next_try_at FROM chats_message
    WHERE status IN ('queued', 'sending') ORDER BY chat_id, id
) AS first WHERE next_try_at IS NULL OR next_try_at <= %s ORDER BY id LIMIT %s
"""


def due(now: datetime, most: int = 500) -> list[int]:
    """Chats whose first unsent message is due and nobody's, longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [now, most])
        return [row[0] for row in cursor.fetchall()]


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
