"""Calls to endpoints: each event is built anew at the moment of the call, sent, and its answer carried out.

A call that failed is made again after 1, 5 and 30 s; after that, or at once where no try can mend it (401, 403, 404,
410, an address that is none), the chat goes to people. So it does where worker after worker dies of a call.
"""

import logging
import time
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs
from chats.bots import release
from common.errors import OriginError
from gateway.endpoints import event_queue
from gateway.endpoints.circuit_breaker import record_failure, record_success
from gateway.endpoints.concurrency import busy_delay, hold_slot
from gateway.endpoints.event_queue import LAST_ATTEMPT, LEASE, MAX_REASON_CHARS, PING
from gateway.endpoints.turns import Incomplete, Obsolete, build_turn, carry_out, has_something
from wittybots import events
from wittybots.connectors import KINDS, connector_of
from wittybots.models import Endpoint, Event
from wittybots.turns import Reply, Turn

log = logging.getLogger(__name__)

# a bot that says later what it has to say is listened to for so long
MAX_LISTEN = timedelta(seconds=45)
# after which to look again for what is not whole yet
INCOMPLETE_DELAY = timedelta(seconds=1)
# of one chat in one go: others wait for this thread as well
MAX_EVENTS_IN_A_ROW = 20


def call_endpoint(endpoint_pk: int, chat_pk: int | None) -> int:
    """Send what waits for this endpoint and chat (None: what is about no chat) until nothing is due. How many."""
    endpoint = Endpoint.objects.select_related("bot").filter(pk=endpoint_pk, removed_at=None).first()
    # one that is switched off may still be tried by hand
    if endpoint is None or not (endpoint.is_active or chat_pk is None):
        return 0
    with hold_slot(endpoint) as is_free:
        if is_free:
            return _send_waiting(endpoint, chat_pk)
    event_queue.postpone_first(endpoint, chat_pk, busy_delay(endpoint))
    return 0


def _send_waiting(endpoint: Endpoint, chat_pk: int | None) -> int:
    sent = 0
    for _number in range(MAX_EVENTS_IN_A_ROW):
        if (event := event_queue.claim_first(endpoint, chat_pk, timezone.now())) is None:
            return sent
        if event.state == Event.State.SENDING:
            sent += _send_event(endpoint, event)
        elif event.state == Event.State.FAILED:
            _give_chat_to_people(endpoint, event, event.reason)
    jobs.call_endpoint(endpoint.pk, chat_pk)
    return sent


# --- a call --------------------------------------------------------------------------------------


def _send_event(endpoint: Endpoint, event: Event) -> bool:
    """Make the call, and write what came of it. False: there was none, or it has to be made again."""
    began = time.monotonic()
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
        began = time.monotonic()
        reply = made_for.call(endpoint, turn)
    except Obsolete as reason:
        event_queue.finish_event(event, Event.State.DROPPED, reason=str(reason))
        return False
    except Incomplete:
        event_queue.put_back(event, INCOMPLETE_DELAY, attempts=event.attempts - 1)
        return False
    except OriginError as error:
        _record_failed(endpoint, event, error, _elapsed_ms(began))
        return False
    except Exception:  # ours, not theirs: tried again as often as anything else
        log.exception("event %s could not be sent", event.pk)
        _record_failed(endpoint, event, OriginError(_("Error interno"), permanent=False), _elapsed_ms(began))
        return False
    return _record_answered(endpoint, event, turn, reply, _elapsed_ms(began))


def _elapsed_ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _check_bot(endpoint: Endpoint, event: Event) -> None:
    """A bot that is switched off attends nobody. Raises Obsolete."""
    if endpoint.bot is None or endpoint.bot.is_active or event.kind != events.SAID or event.chat_id is None:
        return
    words = _("El bot está desactivado")
    release.release_chat(event.chat_id, endpoint.bot, words)
    raise Obsolete(words)


def _record_answered(endpoint: Endpoint, event: Event, turn: Turn, reply: Reply, took_ms: int) -> bool:
    record_success(endpoint)
    seen = {"status_code": reply.status_code, "took_ms": took_ms}
    if reply.again and not event.is_resent and timezone.now() - event.created_at < MAX_LISTEN:
        carry_out(endpoint, event, turn, Reply(memory=reply.memory, again=reply.again))
        event_queue.put_back(event, timedelta(seconds=reply.again), attempts=event.attempts - 1)
        return False
    reason = _("Todavía no había respondido") if reply.again else ""
    if has_something(reply) or event.kind == events.SAID:
        if not event_queue.keep_answered(event, **seen):
            return False
        try:
            reason = carry_out(endpoint, event, turn, reply) or reason
        except Exception:  # the call is over; the customer does not wait for ever, as the bot owes an answer
            log.exception("the answer to event %s could not be carried out", event.pk)
            reason = _("Error interno")
    return event_queue.finish_event(event, Event.State.DONE, reason=reason, **seen)


def _record_failed(endpoint: Endpoint, event: Event, error: OriginError, took_ms: int) -> None:
    words = str(error)[:MAX_REASON_CHARS]
    status_code = int(error.code) if error.code.isdecimal() else None
    if event.kind != PING:
        record_failure(endpoint, words)
    delay = None if event.kind == PING or event.is_resent else _retry_delay(event, error)
    if delay is not None:
        event_queue.put_back(event, delay, reason=words, took_ms=took_ms, status_code=status_code)
        return
    if not event_queue.finish_event(event, Event.State.FAILED, reason=words, took_ms=took_ms, status_code=status_code):
        return
    log.warning("event %s failed: %s", event.pk, error.code or error.failure)
    _give_chat_to_people(endpoint, event, words)


def _retry_delay(event: Event, error: OriginError) -> timedelta | None:
    """When to try again, at the latest after the longest of our own waits; None: not."""
    if error.permanent or event.attempts >= LAST_ATTEMPT:
        return None
    return LEASE.delay_after(event.attempts, min(timedelta(seconds=error.after), LEASE.backoff[-1]))


def _give_chat_to_people(endpoint: Endpoint, event: Event, words: str) -> None:
    """A customer's message that the bot could not be sent: somebody else reads it."""
    if event.kind == events.SAID and endpoint.bot is not None and event.chat_id is not None and not event.is_resent:
        release.release_chat(event.chat_id, endpoint.bot, _("El bot no pudo responder: %(reason)s") % {"reason": words})
