"""Claims of the outbox: the first unsent message of each chat, ours for a limited time (common/lease.py).

Where a claim ran out, and the origin takes the same message twice as one, it is sent again; elsewhere nobody can know
and it is "sin confirmar", until the origin says our id.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from chats import bot_events, jobs, publish
from chats.messages.reverts import SAFE_TO_REPEAT
from chats.models import Chat, Message
from common.lease import Lease
from gateway.pump import Claimed
from origins import health, pace

# longer than a send may take with all its timeouts; with a file, which is uploaded first, longer
CLAIM, FILE_CLAIM = timedelta(seconds=75), timedelta(seconds=300)
BACKOFF = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 1800))
LEASE = Lease(state="status", claimed="sending", backoff=BACKOFF)
MIN_PAUSE = 0.1
WITH_FILES = ("image", "audio", "video", "document", "sticker", "template")


@transaction.atomic
def claim_first(chat_pks: Sequence[int], now: datetime) -> Claimed[int, Message]:
    """The first unsent message of each of these chats, where it is due and may be sent."""
    # who waits for one chat would let all the others wait
    free = Chat.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=chat_pks).order_by("pk")
    locked = set(free.values_list("pk", flat=True))
    held = list(Chat.objects.filter(pk__in=set(chat_pks) - locked).values_list("pk", flat=True))
    found: Claimed[int, Message] = Claimed(again=held, is_held=bool(held))
    ready = []
    # read under the locks: what somebody else has just sent is not the first any more
    for message in _first_of(locked):
        if _is_to_be_settled(message, now):
            _mark_unconfirmed(message)
            found.again.append(message.chat_id)
        elif _may_leave(message, now):
            ready.append(message)
    found.sending = LEASE.claim_rows(ready, [now + _time_for(message) for message in ready])
    # a receipt was quicker than we, by its own lock: what it says holds, and the next message has its turn
    ours = {message.pk for message in found.sending}
    found.again += [message.chat_id for message in ready if message.pk not in ours]
    return found


def _first_of(chat_pks: set[int]) -> list[Message]:
    waiting = Message.objects.filter(chat__in=chat_pks, status__in=("queued", "sending"))
    first = waiting.order_by("chat", "id").distinct("chat")
    first = first.select_related("chat__contact", "chat__origin", "reply_to", "agent")
    return list(first.prefetch_related("chat__contact__addresses"))


def _time_for(message: Message) -> timedelta:
    return FILE_CLAIM if message.kind in WITH_FILES else CLAIM


def _is_ready(message: Message, now: datetime) -> bool:
    # a bot's whose file is still being fetched holds back those behind it
    is_fetched = not (message.media_due_at and message.author == Message.Author.BOT)
    return is_fetched and LEASE.is_due(message, now)


def _is_to_be_settled(message: Message, now: datetime) -> bool:
    """Whether a claim ran out on it, and it must not be sent twice."""
    if message.status != "sending" or not _is_ready(message, now):
        return False
    origin = message.chat.origin
    # where nobody waits outside, all that was begun is the preparation of its file
    return not (origin.can.repeats_safely or origin.tells_nobody or message.kind in SAFE_TO_REPEAT)


def _may_leave(message: Message, now: datetime) -> bool:
    origin = message.chat.origin
    if not _is_ready(message, now) or (origin.held_until and origin.held_until > now):
        return False
    if origin.trouble and not health.may_probe(origin, now):
        return False
    pause = pace.reserve_send(origin, message.chat_id)
    if pause:
        # not all at the same instant again
        pause = max(pause, MIN_PAUSE) * random.uniform(1, 1.5)  # noqa: S311
        LEASE.release_row(message, now + timedelta(seconds=pause))
        jobs.deliver_later(pause)
    return not pause


def _mark_unconfirmed(message: Message) -> None:
    if LEASE.release_row(message, status="unconfirmed"):
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
