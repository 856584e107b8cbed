"""What endpoints are told: for each endpoint and chat in the order in which it happened, one at a time.

The rows are the queue. A worker claims the first one for a limited time, calls outside of any transaction, and
writes what came of it. A worker that dies leaves a claim that runs out: what had no answer yet is told again (with
the same webhook-id), what had one is not, so that nothing is said twice. A call that failed is made again after 1,
5 and 30 s; after that, or at once where no try can mend it (401, 403, 404, 410, an address that is none), the chat
goes to people. So it does where worker after worker dies of a call.
"""

import logging
import random
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs
from chats.bots import release
from chats.errors import Rejected, Rejection
from common.errors import OriginError
from gateway.endpoints.circuit_breaker import WAITING, is_unwell, is_well, switch_off
from gateway.endpoints.turns import (
    LONGEST_REASON,
    PING,
    RESENT,
    NotTold,
    NotYet,
    carry_out,
    has_something,
    is_resent,
    tries,
    turn_of,
)
from wittybots import events
from wittybots.connectors import KINDS, connector
from wittybots.models import Endpoint, Event
from wittybots.turns import Reply, Turn

__all__ = ["WAITING", "call", "due", "ping", "prune", "resend", "switch_off", "tries"]

log = logging.getLogger(__name__)

OVER = (Event.State.DONE, Event.State.FAILED, Event.State.DROPPED)
BACKOFF = (1.0, 5.0, 30.0)
LAST_ATTEMPT = len(BACKOFF) + 1
# workers may die in a try; this many tries are made even so
MOST_CLAIMS = LAST_ATTEMPT + 2
# longer than a call may take; and than it may take to carry out an answer, files of others and all
CLAIM, CARRY_OUT = timedelta(seconds=8), timedelta(seconds=90)
# a bot that says later what it has to say is listened to for so long
LISTEN = timedelta(seconds=45)
# of one endpoint in one process, a third of the caller's 24 threads; from its first failure until it answers, fewer:
# one who hangs does not take the threads of all others. How many threads a process has is not known in here
MOST_AT_ONCE, MOST_WHILE_FAILING = 8, 2
# seconds until one that found it busy asks again, longer where many wait
BUSY, BUSY_FAILING, LONGEST_BUSY = 0.5, 3.0, 5.0
CROWD, MOST_COUNTED = 50, 500
# seconds after which to look again for what is not whole yet
LOOK_AGAIN = 1.0
# what the column takes, and some
MOST_ATTEMPTS = 30_000
# of one chat in one go: others wait for this thread as well
MOST_IN_A_ROW = 20

_busy: Counter[int] = Counter()
_lock = threading.Lock()


def call(endpoint_pk: int, chat_pk: int | None) -> int:
    """Tell what waits for this endpoint and chat (None: what is about no chat) until nothing is due. How many."""
    endpoint = Endpoint.objects.select_related("bot").filter(pk=endpoint_pk).first()
    # one that is switched off may still be tried by hand
    if endpoint is None or not (endpoint.is_active or chat_pk is None):
        return 0
    if not _enter(endpoint):
        _postpone(endpoint, chat_pk)
        return 0
    told = 0
    try:
        for _number in range(MOST_IN_A_ROW):
            if (event := _claim(endpoint, chat_pk, timezone.now())) is None:
                return told
            if event.state == Event.State.SENDING:
                told += _tell(endpoint, event)
            elif event.state == Event.State.FAILED:
                _to_people(endpoint, event, event.reason)
        jobs.call_endpoint(endpoint.pk, chat_pk)
        return told
    finally:
        _leave(endpoint)


# --- one at a time -------------------------------------------------------------------------------


def _enter(endpoint: Endpoint) -> bool:
    most = MOST_WHILE_FAILING if endpoint.failing_since else MOST_AT_ONCE
    with _lock:
        if _busy[endpoint.pk] >= most:
            return False
        _busy[endpoint.pk] += 1
        return True


def _leave(endpoint: Endpoint) -> None:
    with _lock:
        _busy[endpoint.pk] -= 1
        if _busy[endpoint.pk] <= 0:
            del _busy[endpoint.pk]


def _postpone(endpoint: Endpoint, chat_pk: int | None) -> None:
    """Come back in a moment. Of several who found it busy one does: the others see that it is not due."""
    now = timezone.now()
    first = Event.objects.filter(endpoint=endpoint, chat=chat_pk, state__in=WAITING).order_by("id").first()
    if first is None:
        return
    pause = _busy_for(endpoint) * random.uniform(1, 1.5)  # noqa: S311
    due = Q(next_try_at=None) | Q(next_try_at__lte=now)
    free = Event.objects.filter(due, pk=first.pk, state=Event.State.QUEUED)
    if free.update(next_try_at=now + timedelta(seconds=pause)):
        jobs.call_endpoint_later(endpoint.pk, chat_pk, pause)


def _busy_for(endpoint: Endpoint) -> float:
    """Seconds. All who wait ask again after that: the more they are the less often, or asking is all that is done."""
    waiting = Event.objects.filter(endpoint=endpoint, state__in=WAITING)[:MOST_COUNTED].count()
    pause = BUSY_FAILING if endpoint.failing_since else BUSY
    return min(pause * (1 + waiting / CROWD), LONGEST_BUSY)


@transaction.atomic
def _claim(endpoint: Endpoint, chat_pk: int | None, now: datetime) -> Event | None:
    """The first thing to be told, ours for a while; None when it is not due, or not ours.

    One whose answer was being carried out by somebody who died comes back DONE, one that has killed too many FAILED:
    the next one has its turn.
    """
    _alone(endpoint.pk, chat_pk)
    waiting = Event.objects.filter(endpoint=endpoint, chat=chat_pk, state__in=WAITING)
    event = waiting.select_for_update(no_key=True).order_by("id").first()
    if event is None or (event.next_try_at and event.next_try_at > now):
        return None
    if event.state == Event.State.SENDING and event.status_code is not None:
        event.state, event.next_try_at = Event.State.DONE, None
        event.reason = _("Se cortó mientras se hacía lo que respondió")
        event.save(update_fields=("state", "next_try_at", "reason"))
        return event
    # what is sent again has a lower id than what may be under way
    if waiting.filter(state=Event.State.SENDING, next_try_at__gt=now).exclude(pk=event.pk).exists():
        return None
    if event.state == Event.State.SENDING and (is_resent(event) or event.attempts >= MOST_CLAIMS):
        event.state, event.next_try_at, event.reason = Event.State.FAILED, None, _("Se cortó la llamada")
        event.save(update_fields=("state", "next_try_at", "reason"))
        return event
    event.state, event.attempts, event.next_try_at = Event.State.SENDING, event.attempts + 1, now + CLAIM
    event.status_code = event.took_ms = None
    event.save(update_fields=("state", "attempts", "next_try_at", "status_code", "took_ms"))
    return event


def _alone(endpoint_pk: int, chat_pk: int | None) -> None:
    """One claims at a time for an endpoint and chat, until its transaction ends: which row is the first may change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"call.{endpoint_pk}.{chat_pk}"])


def _write(event: Event, **changes: Any) -> bool:
    """Write what became of a claim of ours. False: it has run out, and somebody else has it."""
    if "reason" in changes:
        changes["reason"] = changes["reason"][:LONGEST_REASON]
    own = Event.objects.filter(pk=event.pk, state=Event.State.SENDING, next_try_at=event.next_try_at)
    if not own.update(**changes):
        return False
    for name, value in changes.items():
        setattr(event, name, value)
    return True


def _back(event: Event, pause: float, **changes: Any) -> None:
    """Into the queue again, due in a while."""
    at = timezone.now() + timedelta(seconds=pause)
    if _write(event, state=Event.State.QUEUED, next_try_at=at, **changes):
        jobs.call_endpoint_later(event.endpoint_id, event.chat, pause)


def _over(event: Event, state: str, **changes: Any) -> bool:
    return _write(event, state=state, next_try_at=None, **changes)


# --- a call --------------------------------------------------------------------------------------


def _tell(endpoint: Endpoint, event: Event) -> bool:
    """Make the call, and write what came of it. False: there was none, or it has to be made again."""
    began = time.monotonic()
    try:
        turn = turn_of(endpoint, event, timezone.now(), resent=is_resent(event))
        _check_bot(endpoint, event)
        if not endpoint.url.strip() and event.kind != PING:
            # it asks the API by itself
            raise NotTold(_("No tiene dirección"))
        kind = endpoint.bot.kind if endpoint.bot is not None and endpoint.bot.kind in KINDS else "webhook"
        made_for = connector(kind)
        if event.kind not in made_for.EVENTS:
            raise NotTold(_("Este conector no lo usa"))
        began = time.monotonic()
        reply = made_for.call(endpoint, turn)
    except NotTold as reason:
        _over(event, Event.State.DROPPED, reason=str(reason))
        return False
    except NotYet:
        _back(event, LOOK_AGAIN, attempts=event.attempts - 1)
        return False
    except OriginError as error:
        _failed(endpoint, event, error, _ms(began))
        return False
    except Exception:  # ours, not theirs: tried again as often as anything else
        log.exception("event %s could not be told", event.pk)
        _failed(endpoint, event, OriginError(_("Error interno"), permanent=False), _ms(began))
        return False
    return _answered(endpoint, event, turn, reply, _ms(began))


def _ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _check_bot(endpoint: Endpoint, event: Event) -> None:
    """A bot that is switched off attends nobody. Raises NotTold."""
    if endpoint.bot is None or endpoint.bot.is_active or event.kind != events.SAID or event.chat is None:
        return
    words = _("El bot está desactivado")
    release.give_up(event.chat, endpoint.bot, words)
    raise NotTold(words)


def _answered(endpoint: Endpoint, event: Event, turn: Turn, reply: Reply, took: int) -> bool:
    is_well(endpoint)
    seen = {"status_code": reply.status_code, "took_ms": took}
    if reply.again and not is_resent(event) and timezone.now() - event.created_at < LISTEN:
        carry_out(endpoint, event, turn, Reply(memory=reply.memory, again=reply.again))
        _back(event, reply.again, attempts=event.attempts - 1)
        return False
    reason = _("Todavía no había respondido") if reply.again else ""
    if has_something(reply) or event.kind == events.SAID:
        # from here on nobody else tells it: an answer is carried out once or not at all
        if not _write(event, next_try_at=timezone.now() + CARRY_OUT, **seen):
            return False
        try:
            reason = carry_out(endpoint, event, turn, reply) or reason
        except Exception:  # the call is over; the customer does not wait for ever, as the bot owes an answer
            log.exception("the answer to event %s could not be carried out", event.pk)
            reason = _("Error interno")
    return _over(event, Event.State.DONE, reason=reason, **seen)


def _failed(endpoint: Endpoint, event: Event, error: OriginError, took: int) -> None:
    words = str(error)[:LONGEST_REASON]
    seen = {"reason": words, "took_ms": took, "status_code": int(error.code) if error.code.isdecimal() else None}
    if event.kind != PING:
        is_unwell(endpoint, words)
    if not error.permanent and event.attempts < LAST_ATTEMPT and event.kind != PING:
        _back(event, max(BACKOFF[event.attempts - 1], min(error.after, BACKOFF[-1])), **seen)
        return
    if not _over(event, Event.State.FAILED, **seen):
        return
    log.warning("event %s failed: %s", event.pk, error.code or error.failure)
    _to_people(endpoint, event, words)


def _to_people(endpoint: Endpoint, event: Event, words: str) -> None:
    """A customer's message that could not be told: somebody else reads it."""
    if event.kind == events.SAID and endpoint.bot is not None and event.chat is not None and not is_resent(event):
        release.give_up(event.chat, endpoint.bot, _("El bot no pudo responder: %(reason)s") % {"reason": words})


# --- by hand, and by the clock -------------------------------------------------------------------


def ping(endpoint: Endpoint) -> Event:
    """Try whether it answers: one call, whatever becomes of it is in the event."""
    event = Event.objects.create(endpoint=endpoint, kind=PING)
    jobs.call_endpoint(endpoint.pk, None)
    return event


def resend(event_pk: int) -> bool:
    """Tell it once more, now, with the same webhook-id. What it answers counts only in the round of the event.

    False: it has still to be told anyway. Raises Refused where nothing is told any more.
    """
    event = Event.objects.select_related("endpoint").get(pk=event_pk)
    if not event.endpoint.is_active:
        raise Rejected(Rejection.CONFLICT, _("El destino está apagado. Encendelo primero"))
    done = Event.objects.filter(pk=event_pk, state__in=OVER)
    attempts = min(event.attempts if is_resent(event) else event.attempts + RESENT, MOST_ATTEMPTS)
    if not done.update(state=Event.State.QUEUED, attempts=attempts, next_try_at=None, reason="", status_code=None):
        return False
    jobs.call_endpoint(event.endpoint_id, event.chat)
    return True


_DUE = """
SELECT endpoint_id, chat FROM (
    SELECT DISTINCT ON (endpoint_id, chat) endpoint_id, chat, id, next_try_at FROM wittybots_event
    WHERE state IN ('queued', 'sending') ORDER BY endpoint_id, chat, id
) AS first JOIN wittybots_endpoint e ON e.id = first.endpoint_id
WHERE e.is_active AND (next_try_at IS NULL OR next_try_at <= %(now)s)
ORDER BY first.id LIMIT %(most)s
"""


def due(now: datetime, most: int = 500) -> list[tuple[int, int | None]]:
    """Endpoints and chats whose first untold event is due and nobody's, longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "most": most})
        return [(row[0], row[1]) for row in cursor.fetchall()]


def prune(before: datetime, batch: int = 5_000) -> int:
    """Forget what was told (or never was) before then. Returns how many."""
    gone = 0
    while True:
        old = list(
            Event.objects.filter(created_at__lt=before).order_by("created_at").values_list("pk", flat=True)[:batch]
        )
        gone += Event.objects.filter(pk__in=old).delete()[0]
        if len(old) < batch:
            return gone
