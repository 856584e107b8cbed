"""The outbox: each chat's messages leave in order, one at a time; chats in parallel.

The rows are the outbox. A worker claims the first unsent message of a chat under the chat's lock and for a
limited time (common/lease.py). Where a claim ran out, and the origin takes the same message twice as one, it is sent
again; elsewhere nobody can know and it is "sin confirmar", until the origin says our id.
Nothing is sent inside a transaction.
"""

import logging
import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, jobs, publish
from chats.attachments import conversion
from chats.messages.acceptance import record_accepted
from chats.messages.receipts import follow_failure
from chats.messages.reverts import SAFE_TO_REPEAT
from chats.models import Chat, Message
from common.errors import Failure, OriginError
from common.lease import Lease
from gateway.outbound import payload
from live import throttle
from origins import health, pace
from origins.facts import Sent
from origins.networks import network_of

log = logging.getLogger(__name__)

# longer than a send may take with all its timeouts; with a file, which is uploaded first, longer
CLAIM, FILE_CLAIM = timedelta(seconds=75), timedelta(seconds=300)
BACKOFF = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 1800))
LEASE = Lease(state="status", claimed="sending", backoff=BACKOFF)
# seconds, where the network says that it is too much and not for how long
CHAT_PAUSE, LINE_PAUSE = 6.0, 5.0
MIN_PAUSE = 0.1
# a network that hangs again and again takes no more threads for so many seconds
HANGS = ("ReadTimeout", "ConnectTimeout")
MAX_HANGS, HANG_PAUSE = 3, 20.0
WITH_FILES = ("image", "audio", "video", "document", "sticker", "template")


def deliver_chat(chat_pk: int) -> int:
    """Send what waits in a chat, in order, until nothing is due. Returns how many were sent."""
    sent = 0
    while (message := _claim_first(chat_pk, timezone.now())) is not None:
        if message.status == "sending":
            sent += _send_message(message)
    return sent


@transaction.atomic
def _claim_first(chat_pk: int, now: datetime) -> Message | None:
    """The chat's first unsent message, ours for a while; None when it is not due, or not ours to send.

    One whose claim ran out where it must not be sent twice comes back "sin confirmar": the next one has its turn.
    """
    Chat.objects.select_for_update(no_key=True).only("pk").get(pk=chat_pk)
    waiting = Message.objects.filter(chat=chat_pk, status__in=("queued", "sending"))
    message = waiting.select_related("chat__contact__origin", "reply_to", "agent").order_by("id").first()
    # a bot's whose file is still being fetched holds back those behind it
    if (
        message is None
        or (message.media_due_at and message.author == Message.Author.BOT)
        or not LEASE.is_due(message, now)
    ):
        return None
    origin = message.chat.contact.origin
    # where nobody waits outside, all that was begun is the preparation of its file
    is_safe = origin.can.repeats_safely or origin.tells_nobody or message.kind in SAFE_TO_REPEAT
    if message.status == "sending" and not is_safe:
        _mark_unconfirmed(message)
        return message
    if (origin.held_until and origin.held_until > now) or (origin.trouble and not health.may_probe(origin, now)):
        return None
    if pause := pace.reserve_send(origin, chat_pk):
        # not all at the same instant again
        pause = max(pause, MIN_PAUSE) * random.uniform(1, 1.5)  # noqa: S311
        LEASE.release_row(message, now + timedelta(seconds=pause))
        jobs.deliver_later(chat_pk, pause)
        return None
    if not LEASE.claim_row(message, now + (FILE_CLAIM if message.kind in WITH_FILES else CLAIM)):
        _read_status(message)
    return message


def _mark_unconfirmed(message: Message) -> None:
    if LEASE.release_row(message, status="unconfirmed"):
        bot_events.record_message_update(message)
        publish.message_changed(message)
    else:
        _read_status(message)


def _read_status(message: Message) -> None:
    """A receipt was quicker than we, by its own lock: what it says holds, and the next message has its turn."""
    message.refresh_from_db(fields=("status",))


def _send_message(message: Message) -> bool:
    origin, began = message.chat.contact.origin, timezone.now()
    try:
        if message.kind in WITH_FILES:
            conversion.make_ready(message)
        # nobody waits for it outside: all that it waited for was its file
        given = Sent() if origin.tells_nobody else _give_to_network(message, began)
    except OriginError as error:
        _record_failed(message, error)
        return False
    except Exception:  # tried again as often as anything else, and then left to the agent
        log.exception("message %s could not be sent", message.pk)
        _record_failed(message, OriginError(_("Error interno"), permanent=False))
        return False
    accepted = record_accepted(message, given.id, began)
    publish.show_visitor(message.chat, accepted)
    health.note_message_taken(origin)
    return True


def _give_to_network(message: Message, began: datetime) -> Sent:
    origin = message.chat.contact.origin
    return network_of(origin.kind).send(origin, payload.build_outgoing(message, began))


def _record_failed(message: Message, error: OriginError) -> None:
    origin, now = message.chat.contact.origin, timezone.now()
    changes: dict[str, Any] = {"status": "queued"}
    pause = error.after
    if error.code in HANGS and throttle.is_over_limit(f"hangs:{origin.pk}", most=MAX_HANGS, seconds=60):
        health.hold_line(origin, HANG_PAUSE)
    match error.failure:
        case Failure.UNSURE if message.kind not in SAFE_TO_REPEAT:
            changes = {"status": "unconfirmed"}
        case Failure.CHAT:
            # neither this nor the next uses up an attempt: the message was not looked at
            pause = pause or CHAT_PAUSE
            changes["attempts"] = message.attempts - 1
        case Failure.LINE:
            pause = pause or LINE_PAUSE
            changes["attempts"] = message.attempts - 1
            health.hold_line(origin, pause)
        case Failure.ACCOUNT:
            # nothing is burned: it waits with its line, as often as it takes
            changes |= {"attempts": message.attempts - 1, "due_at": None}
            health.report_trouble(origin.pk, str(error))
        case Failure.RETRY | Failure.UNSURE if delay := LEASE.delay_after(message.attempts, timedelta(seconds=pause)):
            pause = delay.total_seconds()
        case _:
            changes = {"status": "failed", "reason": str(error)[:300], "status_at": now}
    if changes["status"] == "queued":
        changes.setdefault("due_at", now + timedelta(seconds=pause))
    _write_outcome(message, changes, pause)
    if changes["status"] == "failed":
        log.warning("message %s failed: %s %s", message.pk, error.failure, error.code)
        with transaction.atomic():
            follow_failure(message, error.failure, str(error), now)


@transaction.atomic
def _write_outcome(message: Message, changes: dict[str, Any], pause: float) -> None:
    # not when the claim has run out and somebody else has it, nor when a receipt was quicker
    if LEASE.release_row(message, **changes):
        if message.next_try_at is not None:
            jobs.deliver_later(message.chat_id, pause)
        elif message.status != "queued":
            # nothing follows by itself: its bot hears of it
            bot_events.record_message_update(message)
        publish.message_changed(message)


_DUE = f"""
SELECT chat_id, GREATEST(first.created_at, next_try_at, o.held_until) FROM (
    SELECT DISTINCT ON (chat_id) chat_id, id, origin_id, created_at, next_try_at, media_due_at, author
    FROM chats_message WHERE status IN ('queued', 'sending') ORDER BY chat_id, id
) AS first JOIN origins_origin o ON o.id = first.origin_id
WHERE (media_due_at IS NULL OR author <> 'bot') AND {LEASE.due_sql}
AND (o.held_until IS NULL OR o.held_until <= %(now)s) AND (%(in_trouble)s OR o.trouble = '')
ORDER BY first.id LIMIT %(most)s
"""  # noqa: S608 - of constants alone


def find_due_chats(now: datetime, most: int = 500) -> list[int]:
    """Chats whose first unsent message is due and nobody's, longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "most": most, "in_trouble": True})
        return [row[0] for row in cursor.fetchall()]


def oldest_due(now: datetime) -> datetime | None:
    """Since when the longest waiting of them waits for a worker, those of lines in trouble apart."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "most": 1, "in_trouble": False})
        row = cursor.fetchone()
    return row[1] if row else None
