"""The queue of events for endpoints: for each endpoint and chat in the order in which they happened, one at a time.

The rows are the queue. A worker claims the first one for a limited time (common/lease.py), calls outside of any
transaction, and writes what came of it. After a claim that ran out, an event that had no answer yet is sent again (with
the same webhook-id); one that had an answer is over, so that nothing is carried out twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs
from chats.errors import Rejected, Rejection
from common.lease import NO_FLUSH, Lease, prune_rows
from common.prepared import fetch_rows
from gateway.partitioning import MAX_SINGLE_ROWS
from gateway.pump import Claimed
from wittybots.models import Endpoint, Event

PING = "ping"
WAITING = (Event.State.QUEUED, Event.State.SENDING)
OVER = (Event.State.DONE, Event.State.FAILED, Event.State.DROPPED)
LEASE = Lease(
    state="state",
    claimed=Event.State.SENDING,
    backoff=(timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30)),
)
LAST_ATTEMPT = len(LEASE.backoff) + 1
# workers may die in a try; this many tries are made even so
MAX_CLAIMS = LAST_ATTEMPT + 2
# longer than a call may take; and than it may take to carry out an answer, files of others and all
CLAIM, CARRY_OUT_CLAIM = timedelta(seconds=8), timedelta(seconds=90)
# what the column takes, and some
MAX_ATTEMPTS = 30_000
MAX_REASON_CHARS = 300

# an endpoint's id and a chat's; None: what is about no chat
Key = tuple[int, int | None]


# of each key the first that waits, and all that are somebody's; the same rows as the index events_to_tell.
# An endpoint that is switched off may still be tried by hand
_COLUMNS = tuple(field.attname for field in Event._meta.concrete_fields)
_FIRST = f"""
SELECT {", ".join(f"event.{name}" for name in _COLUMNS)}, waiting.under_way
FROM unnest(%(endpoints)s::bigint[], %(chats)s::bigint[]) AS key(endpoint_id, chat_id)
CROSS JOIN LATERAL (
    SELECT min(id) AS first,
           array_agg(id) FILTER (WHERE state = 'sending' AND next_try_at > %(now)s) AS under_way
    FROM (
        SELECT id, state, next_try_at FROM wittybots_event
        WHERE endpoint_id = key.endpoint_id AND chat_id = key.chat_id AND state IN ('queued', 'sending')
        UNION ALL
        SELECT id, state, next_try_at FROM wittybots_event
        WHERE endpoint_id = key.endpoint_id AND chat_id IS NULL AND state IN ('queued', 'sending')
        AND key.chat_id IS NULL
    ) AS one
) AS waiting
JOIN wittybots_event event ON event.id = waiting.first JOIN wittybots_endpoint e ON e.id = event.endpoint_id
WHERE e.removed_at IS NULL AND (e.is_active OR event.chat_id IS NULL)
ORDER BY event.id
"""  # noqa: S608 - names of our own columns
# which row is the first may change: one claims at a time for an endpoint and chat, until its transaction ends
_LOCK = f"""
SELECT endpoint_id, chat_id,
       pg_try_advisory_xact_lock(hashtextextended(format('call.%%s.%%s', endpoint_id, chat_id), 0)),
       {NO_FLUSH}
FROM unnest(%(endpoints)s::bigint[], %(chats)s::bigint[]) AS key(endpoint_id, chat_id)
"""  # noqa: S608 - of constants alone


def claim_first(keys: Sequence[Key], now: datetime) -> Claimed[Key, Event]:
    """The first event that waits for each of these endpoints and chats, ours for a while, where it is due and nobody's.

    One whose answer was being carried out by a worker that died is DONE by this, and the next one has its turn. One
    that has killed too many comes back FAILED.
    """
    with transaction.atomic():
        locks = fetch_rows(_LOCK, _as_arrays(keys))
        held = [(endpoint_pk, chat_pk) for endpoint_pk, chat_pk, is_ours, _set in locks if not is_ours]
        found: Claimed[Key, Event] = Claimed(again=held, is_held=bool(held))
        ours = [(endpoint_pk, chat_pk) for endpoint_pk, chat_pk, is_ours, _set in locks if is_ours]
        # read under the locks
        first = fetch_rows(_FIRST, _as_arrays(ours) | {"now": now})
        waiting = [(Event.from_db(connection.alias, _COLUMNS, row[:-1]), row[-1]) for row in first]
        ready = [
            event
            for event, under_way in waiting
            if LEASE.is_due(event, now) and not _is_cut_off(event, under_way or (), found)
        ]
        claimed = LEASE.claim_rows(ready, [now + CLAIM] * len(ready), status_code=None, took_ms=None)
    # a supervisor was quicker: the next look finds it
    found.sending += claimed
    return found


def _as_arrays(keys: Sequence[Key]) -> dict[str, list[int | None]]:
    return {
        "endpoints": [endpoint_pk for endpoint_pk, _chat in keys],
        "chats": [chat_pk for _endpoint, chat_pk in keys],
    }


def _is_cut_off(event: Event, under_way: Sequence[int], found: Claimed[Key, Event]) -> bool:
    """Whether it is not to be sent now: its answer was known, another is under way, or too many have died of it."""
    is_left = event.state == Event.State.SENDING
    if is_left and event.status_code is not None:
        finish_event(event, Event.State.DONE, reason=_("Se cortó mientras se hacía lo que respondió"))
        found.again.append(event.key)
        return True
    # what is sent again has a lower id than what may be under way
    if any(pk != event.pk for pk in under_way):
        return True
    if is_left and (event.is_resent or event.attempts >= MAX_CLAIMS):
        if finish_event(event, Event.State.FAILED, reason=_("Se cortó la llamada")):
            found.sending.append(event)
        return True
    return False


# --- what comes of a claim: each says where it has run out, and somebody else has the event ---------------------------


def put_back(event: Event, delay: timedelta, **changes: Any) -> bool:
    """Into the queue again, due in a while."""
    if not LEASE.release_row(event, timezone.now() + delay, state=Event.State.QUEUED, **changes):
        return False
    jobs.call_endpoints_later(delay.total_seconds())
    return True


def keep_answered(events: Sequence[Event], **values: Sequence[Any]) -> list[Event]:
    """They have answers: from here on no other worker makes the call, an answer is carried out once or not at all."""
    until = [timezone.now() + CARRY_OUT_CLAIM] * len(events)
    return LEASE.write_rows(events, {**values, "next_try_at": until}, may_be_lost=True)


def finish_answered(events: Sequence[Event], reasons: Sequence[str]) -> list[Event]:
    """Over. Where that is lost, it is known that there was an answer, or the call is made again."""
    values: dict[str, Sequence[Any]] = {"state": [Event.State.DONE] * len(events), "next_try_at": [None] * len(events)}
    return LEASE.write_rows(events, {**values, "reason": reasons}, may_be_lost=True)


def finish_event(event: Event, state: str, *, reason: str, **changes: Any) -> bool:
    """Over, whichever way."""
    return LEASE.release_row(event, state=state, reason=reason[:MAX_REASON_CHARS], **changes)


# --- by hand, and by the clock -------------------------------------------------------------------


def send_ping(endpoint: Endpoint) -> Event:
    """Try whether it answers: one call, whatever becomes of it is in the event."""
    event = Event.objects.create(endpoint=endpoint, kind=PING)
    jobs.call_endpoints()
    return event


def resend_event(event_pk: int) -> bool:
    """Send it once more, now, with the same webhook-id. What it answers counts only in the round of the event.

    False: it has still to be sent anyway. Raises Rejected where the endpoint is switched off.
    """
    event = Event.objects.select_related("endpoint").get(pk=event_pk)
    if not event.endpoint.is_active:
        raise Rejected(Rejection.CONFLICT, _("El webhook está apagado. Encendelo primero"))
    done = Event.objects.filter(pk=event_pk, state__in=OVER)
    again = {"state": Event.State.QUEUED, "is_resent": True, "attempts": min(event.attempts, MAX_ATTEMPTS)}
    if not done.update(**again, next_try_at=None, reason="", status_code=None):
        return False
    jobs.call_endpoints()
    return True


_DUE = f"""
SELECT endpoint_id, chat_id, GREATEST(first.created_at, next_try_at), e.failing_since IS NOT NULL FROM (
    SELECT DISTINCT ON (endpoint_id, chat_id) endpoint_id, chat_id, id, created_at, next_try_at
    FROM wittybots_event WHERE state IN ('queued', 'sending') ORDER BY endpoint_id, chat_id, id
) AS first JOIN wittybots_endpoint e ON e.id = first.endpoint_id
WHERE (e.is_active OR chat_id IS NULL) AND e.removed_at IS NULL AND {LEASE.due_sql}
AND e.id <> ALL(%(without)s::bigint[])
ORDER BY first.id LIMIT %(most)s::int
"""  # noqa: S608 - of constants alone


def find_due(now: datetime, most: int = 500, *, without: Sequence[int] = ()) -> dict[Key, bool]:
    """Endpoints and chats whose first waiting event is due and nobody's, longest waiting first; of each whether the
    endpoint is failing. `without`: ids of endpoints."""
    found = fetch_rows(_DUE, {"now": now, "most": most, "without": list(without)})
    return {(endpoint_pk, chat_pk): is_failing for endpoint_pk, chat_pk, _since, is_failing in found}


def oldest_due(now: datetime) -> datetime | None:
    """Since when the longest waiting of them waits for a worker."""
    found = fetch_rows(_DUE, {"now": now, "most": 1, "without": []})
    return found[0][2] if found else None


def prune_events(before: datetime, batch: int = 5_000) -> int:
    """Forget events of before then, whatever became of them, but for what goes with its month. Returns how many."""
    return prune_rows(Event.objects.filter(created_at__lt=before).order_by("created_at"), batch, MAX_SINGLE_ROWS)
