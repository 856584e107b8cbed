"""Calls to endpoints: each event is built anew at the moment of the call, sent, and its answer carried out (pump.py).

A call that failed is made again after 1, 5 and 30 s; after that, or at once where no try can mend it (401, 403, 404,
410, an address that is none), the chat goes to people. So it does where worker after worker dies of a call.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks
from chats.bots import release
from chats.messages.rows import clean_text
from common import log_ids
from common.errors import OriginError
from common.prepared import Prepared
from gateway.endpoints import event_queue
from gateway.endpoints.circuit_breaker import record_failure, record_success
from gateway.endpoints.event_queue import LAST_ATTEMPT, LEASE, MAX_REASON_CHARS, PING, Key
from gateway.endpoints.turns import Incomplete, Obsolete, build_turn, carry_out
from gateway.pump import HELD_PAUSE, Claimed
from live import metrics
from wittybots import events
from wittybots.connectors import KINDS, connector_of
from wittybots.models import Endpoint, Event
from wittybots.turns import Reply, Turn

log = logging.getLogger(__name__)

Written = TypeVar("Written")

# a bot that says later what it has to say is listened to for so long
MAX_LISTEN = timedelta(seconds=45)
# after which to look again for what is not whole yet
INCOMPLETE_DELAY = timedelta(seconds=1)


_ENDPOINT = Prepared(lambda pk: Endpoint.objects.select_related("bot").filter(pk=pk))


class Unattended(Obsolete):
    """The bot is switched off: its chat goes to people."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of an event that was ours: what was answered, or why there is no answer. None: it was given up."""

    event: Event
    came: Reply | OriginError | Obsolete | Incomplete | None
    turn: Turn | None = None
    took_ms: int = 0

    @property
    def key(self) -> Key:
        return self.event.key

    @property
    def is_sent(self) -> bool:
        return self.event.state == Event.State.DONE


def call_endpoint(endpoint_pk: int, chat_pk: int | None) -> int:
    """Send what waits for this endpoint and chat (None: what is about no chat), in this thread, until nothing is due.

    How many were sent.
    """
    sent = 0
    while (claimed := claim_first([(endpoint_pk, chat_pk)], timezone.now())).sending or claimed.again:
        outcomes = [prepare_call(event)() for event in claimed.sending]
        write_outcomes(outcomes)
        sent += sum(one.is_sent for one in outcomes)
        if claimed.is_held:
            time.sleep(HELD_PAUSE)
    return sent


def claim_first(keys: Sequence[Key], now: datetime) -> Claimed[Key, Event]:
    """The first event that waits for each of these, with its endpoint and bot, where it is due and may be sent."""
    found = event_queue.claim_first(keys, now)
    endpoints = {pk: _ENDPOINT.get(pk) for pk in {event.endpoint_id for event in found.sending}}
    for event in found.sending:
        event.endpoint = endpoints[event.endpoint_id]
    return found


# --- a call --------------------------------------------------------------------------------------


def prepare_call(event: Event) -> Callable[[], Outcome]:
    """The call, which needs no database and never raises."""
    if event.state == Event.State.FAILED:
        return partial(Outcome, event, None)
    endpoint = event.endpoint
    try:
        turn = build_turn(endpoint, event, timezone.now())
        _check_bot(endpoint, event)
        if not endpoint.url.strip() and event.kind != PING:
            # it asks the API by itself
            raise Obsolete(_("No tiene dirección"))
        kind = endpoint.bot.kind if endpoint.bot is not None and endpoint.bot.kind in KINDS else "webhook"
        made_for = connector_of(kind)
        if event.kind not in made_for.EVENTS:
            raise Obsolete(_("Este conector no lo usa"))
    except Exception as error:  # noqa: BLE001 - told apart in there
        return partial(Outcome, event, _reason_of(event, error))
    return partial(_call, event, turn, made_for.call)


def _call(event: Event, turn: Turn, call: Callable[[Endpoint, Turn], Reply]) -> Outcome:
    with log_ids.bound(event=event.pk, chat=event.chat_id):
        outcome = _make_call(event, turn, call)
        log.debug("called")
        return outcome


def _make_call(event: Event, turn: Turn, call: Callable[[Endpoint, Turn], Reply]) -> Outcome:
    began = time.monotonic()
    came: Reply | OriginError | Obsolete | Incomplete
    try:
        came = call(event.endpoint, turn)
    except Exception as error:  # noqa: BLE001 - told apart in there
        came = _reason_of(event, error)
    took = time.monotonic() - began
    outcome = metrics.as_reason(came.code or came.failure) if isinstance(came, OriginError) else "answered"
    metrics.add("witty_calls", event.endpoint_id, outcome)
    metrics.observe("witty_call_seconds", took, event.endpoint_id)
    return Outcome(event, came, turn, int(took * 1000))


def _reason_of(event: Event, error: Exception) -> OriginError | Obsolete | Incomplete:
    if isinstance(error, (OriginError, Obsolete, Incomplete)):
        return error
    # ours, not theirs: tried again as often as anything else
    log.error("event %s could not be sent", event.pk, exc_info=error)
    return OriginError(_("Error interno"), permanent=False)


def _check_bot(endpoint: Endpoint, event: Event) -> None:
    """A bot that is switched off attends nobody."""
    if endpoint.bot is not None and not endpoint.bot.is_active and event.kind == events.SAID:
        raise Unattended(_("El bot está desactivado"))


# --- what became of it ---------------------------------------------------------------------------


def write_outcomes(outcomes: Sequence[Outcome], *, skip_held: bool = False) -> list[Outcome]:
    """Write what became of them. Where `skip_held`, returns those whose chat somebody else holds: not written yet.

    What cannot be written is found once its claim runs out.
    """
    answered = [one for one in outcomes if _is_answered(one)]
    # before any lock is waited for: nobody else makes these calls again
    unkept = [one for one in answered if one.event.status_code is None]
    kept = _write(_keep_answers, unkept) or []
    ours = [one for one in outcomes if one not in unkept or one in kept]
    held = (_write(_find_held, ours) or []) if skip_held else []
    free = [one for one in ours if one not in held]
    final = [one for one in free if one in answered]
    reasons = [_carry_out(one) for one in final]
    if _write(event_queue.finish_answered, [one.event for one in final], reasons) is None:
        for one, reason in zip(final, reasons, strict=True):
            _write(event_queue.finish_answered, [one.event], [reason])
    for one in free:
        if one not in final:
            _write(_record_unanswered, one)
    return held


def _write(write: Callable[..., Written], *what: Any) -> Written | None:
    """Once more on another connection where it fails; None where it fails again, which holds up no other."""
    for _number in range(2):
        try:
            return write(*what)
        except Exception:  # whatever it is, the others are written: what is left is found when its claim runs out
            log.exception("what became of calls could not be written")
            close_old_connections()
    return None


def _find_held(outcomes: Sequence[Outcome]) -> list[Outcome]:
    # what is told to an integration changes nothing of a chat
    asked = [one for one in outcomes if one.event.chat_id is not None and one.event.endpoint.bot_id is not None]
    chats = locks.find_held_chats([one.event.chat_id for one in asked if one.event.chat_id is not None])
    return [one for one in asked if one.event.chat_id in chats]


def _is_answered(one: Outcome) -> bool:
    """Whether that was it, and not that there is nothing yet."""
    event, came = one.event, one.came
    return isinstance(came, Reply) and not (
        came.again and not event.is_resent and timezone.now() - event.created_at < MAX_LISTEN
    )


def _keep_answers(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those whose answer is to be carried out, by us and nobody else."""
    for one in outcomes:
        record_success(one.event.endpoint)
    codes = [one.came.status_code for one in outcomes if isinstance(one.came, Reply)]
    times = [one.took_ms for one in outcomes]
    kept = event_queue.keep_answered([one.event for one in outcomes], status_code=codes, took_ms=times)
    return [one for one in outcomes if one.event in kept]


def _carry_out(one: Outcome) -> str:
    """In words, what of the answer could not be done."""
    assert isinstance(one.came, Reply) and one.turn is not None  # noqa: S101, PT018 - for the type checker
    later = _("Todavía no había respondido") if one.came.again else ""
    try:
        return clean_text(carry_out(one.event.endpoint, one.event, one.turn, one.came) or later)[:MAX_REASON_CHARS]
    except Exception:  # the call is over; the customer does not wait for ever, as the bot owes an answer
        log.exception("the answer to event %s could not be carried out", one.event.pk)
        close_old_connections()
        return _("Error interno")


def _record_unanswered(one: Outcome) -> None:
    event = one.event
    match one.came:
        case None:
            _give_chat_to_people(event, event.reason)
        case Reply() as reply:
            record_success(event.endpoint)
            if one.turn is not None:
                carry_out(event.endpoint, event, one.turn, Reply(memory=reply.memory, again=reply.again))
            event_queue.put_back(event, timedelta(seconds=reply.again), attempts=event.attempts - 1)
        case Obsolete() as reason:
            if isinstance(reason, Unattended) and event.chat_id is not None:
                release.release_chat(event.chat_id, event.endpoint.bot, str(reason))
            event_queue.finish_event(event, Event.State.DROPPED, reason=str(reason))
        case Incomplete():
            event_queue.put_back(event, INCOMPLETE_DELAY, attempts=event.attempts - 1)
        case OriginError() as error:
            _record_failed(event, error, one.took_ms)


def _record_failed(event: Event, error: OriginError, took_ms: int) -> None:
    words = str(error)[:MAX_REASON_CHARS]
    status_code = int(error.code) if error.code.isdecimal() else None
    if event.kind != PING:
        record_failure(event.endpoint, words)
    delay = None if event.kind == PING or event.is_resent else _retry_delay(event, error)
    if delay is not None:
        event_queue.put_back(event, delay, reason=words, took_ms=took_ms, status_code=status_code)
        return
    if not event_queue.finish_event(event, Event.State.FAILED, reason=words, took_ms=took_ms, status_code=status_code):
        return
    log.warning("event %s failed: %s", event.pk, error.code or error.failure)
    _give_chat_to_people(event, words)


def _retry_delay(event: Event, error: OriginError) -> timedelta | None:
    """When to try again, at the latest after the longest of our own waits; None: not."""
    if error.permanent or event.attempts >= LAST_ATTEMPT:
        return None
    return LEASE.delay_after(event.attempts, min(timedelta(seconds=error.after), LEASE.backoff[-1]))


def _give_chat_to_people(event: Event, words: str) -> None:
    """A customer's message that the bot could not be sent: somebody else reads it."""
    bot = event.endpoint.bot
    if event.kind == events.SAID and bot is not None and event.chat_id is not None and not event.is_resent:
        release.release_chat(event.chat_id, bot, _("El bot no pudo responder: %(reason)s") % {"reason": words})
