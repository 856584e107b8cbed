"""The queue of events for endpoints: for each endpoint and chat in the order in which they happened, one at a time.

The rows are the queue. A worker claims the first one for a limited time (common/lease.py), calls outside of any
transaction, and writes what came of it. After a claim that ran out, an event that had no answer yet is sent again (with
the same webhook-id); one that had an answer is over, so that nothing is carried out twice.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs
from chats.errors import Rejected, Rejection
from common.lease import Lease, prune_rows
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


@transaction.atomic
def claim_first(endpoint: Endpoint, chat_pk: int | None, now: datetime) -> Event | None:
    """The first event that waits for this endpoint and chat, ours for a while; None when it is not due, or not ours.

    One whose answer was being carried out by a worker that died comes back DONE, one that has killed too many FAILED:
    the next one has its turn.
    """
    _lock_queue(endpoint.pk, chat_pk)
    waiting = Event.objects.filter(endpoint=endpoint, chat_id=chat_pk, state__in=WAITING)
    event = waiting.select_for_update(no_key=True).order_by("id").first()
    if event is None or not LEASE.is_due(event, now):
        return None
    if event.state == Event.State.SENDING and event.status_code is not None:
        finish_event(event, Event.State.DONE, reason=_("Se cortó mientras se hacía lo que respondió"))
        return event
    # what is sent again has a lower id than what may be under way
    if waiting.filter(state=Event.State.SENDING, next_try_at__gt=now).exclude(pk=event.pk).exists():
        return None
    if event.state == Event.State.SENDING and (event.is_resent or event.attempts >= MAX_CLAIMS):
        finish_event(event, Event.State.FAILED, reason=_("Se cortó la llamada"))
        return event
    LEASE.claim_row(event, now + CLAIM, status_code=None, took_ms=None)
    return event


def _lock_queue(endpoint_pk: int, chat_pk: int | None) -> None:
    """One claims at a time for an endpoint and chat, until its transaction ends: which row is the first may change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"call.{endpoint_pk}.{chat_pk}"])


# --- what comes of a claim: each says False where it has run out, and somebody else has the event ------------------


def put_back(event: Event, delay: timedelta, **changes: Any) -> bool:
    """Into the queue again, due in a while."""
    if not LEASE.release_row(event, timezone.now() + delay, state=Event.State.QUEUED, **changes):
        return False
    jobs.call_endpoint_later(event.endpoint_id, event.chat_id, delay.total_seconds())
    return True


def keep_answered(event: Event, **changes: Any) -> bool:
    """It has an answer: from here on no other worker makes the call, an answer is carried out once or not at all."""
    return LEASE.extend_claim(event, timezone.now() + CARRY_OUT_CLAIM, **changes)


def finish_event(event: Event, state: str, *, reason: str, **changes: Any) -> bool:
    """Over, whichever way."""
    return LEASE.release_row(event, state=state, reason=reason[:MAX_REASON_CHARS], **changes)


def postpone_first(endpoint: Endpoint, chat_pk: int | None, delay: timedelta) -> None:
    """Come back in a while. Of several workers that find an endpoint busy one does: the rest see that it is not due."""
    now = timezone.now()
    first = Event.objects.filter(endpoint=endpoint, chat_id=chat_pk, state__in=WAITING).order_by("id").first()
    if first is None or first.state != Event.State.QUEUED or not LEASE.is_due(first, now):
        return
    if LEASE.release_row(first, now + delay):
        jobs.call_endpoint_later(endpoint.pk, chat_pk, delay.total_seconds())


# --- by hand, and by the clock -------------------------------------------------------------------


def send_ping(endpoint: Endpoint) -> Event:
    """Try whether it answers: one call, whatever becomes of it is in the event."""
    event = Event.objects.create(endpoint=endpoint, kind=PING)
    jobs.call_endpoint(endpoint.pk, None)
    return event


def resend_event(event_pk: int) -> bool:
    """Send it once more, now, with the same webhook-id. What it answers counts only in the round of the event.

    False: it has still to be sent anyway. Raises Rejected where the endpoint is switched off.
    """
    event = Event.objects.select_related("endpoint").get(pk=event_pk)
    if not event.endpoint.is_active:
        raise Rejected(Rejection.CONFLICT, _("El destino está apagado. Encendelo primero"))
    done = Event.objects.filter(pk=event_pk, state__in=OVER)
    again = {"state": Event.State.QUEUED, "is_resent": True, "attempts": min(event.attempts, MAX_ATTEMPTS)}
    if not done.update(**again, next_try_at=None, reason="", status_code=None):
        return False
    jobs.call_endpoint(event.endpoint_id, event.chat_id)
    return True


_DUE = f"""
SELECT endpoint_id, chat_id, GREATEST(first.created_at, next_try_at) FROM (
    SELECT DISTINCT ON (endpoint_id, chat_id) endpoint_id, chat_id, id, created_at, next_try_at
    FROM wittybots_event WHERE state IN ('queued', 'sending') ORDER BY endpoint_id, chat_id, id
) AS first JOIN wittybots_endpoint e ON e.id = first.endpoint_id
WHERE e.is_active AND {LEASE.due_sql}
ORDER BY first.id LIMIT %(most)s
"""  # noqa: S608 - of constants alone


def find_due(now: datetime, most: int = 500) -> list[tuple[int, int | None]]:
    """Endpoints and chats whose first waiting event is due and nobody's, longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "most": most})
        return [(row[0], row[1]) for row in cursor.fetchall()]


def oldest_due(now: datetime) -> datetime | None:
    """Since when the longest waiting of them waits for a worker."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "most": 1})
        row = cursor.fetchone()
    return row[2] if row else None


def prune_events(before: datetime, batch: int = 5_000) -> int:
    """Forget events of before then, whatever became of them. Returns how many."""
    return prune_rows(Event.objects.filter(created_at__lt=before).order_by("created_at"), batch)
