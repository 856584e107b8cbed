"""The outbox: each chat's messages leave in order, one at a time; chats side by side (pump.py).

The rows are the outbox (claims.py). Here they are given to their networks, and what became of them is written.
Nothing is sent inside a transaction.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import close_old_connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, jobs, publish
from chats.attachments import conversion
from chats.messages.acceptance import record_accepted
from chats.messages.receipts import follow_failure
from chats.messages.reverts import SAFE_TO_REPEAT
from chats.models import Message
from common import log_ids
from common.errors import Failure, OriginError
from gateway.outbound import payload
from gateway.outbound.claims import LEASE, WITH_FILES
from live import metrics, throttle
from origins import health
from origins.facts import Outgoing
from origins.networks import network_of

log = logging.getLogger(__name__)

# seconds, where the network says that it is too much and not for how long
CHAT_PAUSE, LINE_PAUSE = 6.0, 5.0
# a network that hangs again and again takes no more threads for so many seconds
HANGS = ("ReadTimeout", "ConnectTimeout")
MAX_HANGS, HANG_PAUSE = 3, 20.0


@dataclass(frozen=True)
class Outcome:
    """What became of a message that was begun at `began`: taken under the id `given`, or the `error`."""

    message: Message
    began: datetime
    given: str = ""
    error: OriginError | None = None

    @property
    def key(self) -> int:
        return self.message.chat_id

    @property
    def is_sent(self) -> bool:
        return self.error is None


def build_outgoing(message: Message, began: datetime) -> Outgoing | None:
    # nobody waits for it outside: all that it waited for was its file
    return None if message.chat.origin.tells_nobody else payload.build_outgoing(message, began)


def send_message(message: Message, outgoing: Outgoing | None = None) -> Outcome:
    """Never raises."""
    with log_ids.bound(message=message.pk, chat=message.chat_id):
        outcome = _send_message(message, outgoing)
        log.debug("sent" if outcome.is_sent else "not sent")
        return outcome


def _send_message(message: Message, outgoing: Outgoing | None) -> Outcome:
    origin, began = message.chat.origin, timezone.now()
    try:
        if message.kind in WITH_FILES:
            conversion.make_ready(message)
        outgoing = outgoing or build_outgoing(message, began)
        given = network_of(origin.kind).send(origin, outgoing).id if outgoing else ""
    except Exception as error:  # noqa: BLE001 - told apart in there
        return failed_by(message, began, error)
    return Outcome(message, began, given)


def failed_by(message: Message, began: datetime, error: Exception) -> Outcome:
    if isinstance(error, OriginError):
        return Outcome(message, began, error=error)
    # tried again as often as anything else, and then left to the agent
    log.error("message %s could not be sent", message.pk, exc_info=error)
    return Outcome(message, began, error=OriginError(_("Error interno"), permanent=False))


def write_outcomes(outcomes: Sequence[Outcome], *, skip_held: bool = False) -> list[Outcome]:
    """Write what became of them. Where `skip_held`, returns those whose chat somebody else holds: not written yet."""
    held: list[Outcome] = []
    taken = [one for one in outcomes if one.error is None]
    if not _can_write(_record_taken, taken, skip_held, held):
        held.clear()
        for one in taken:
            _can_write(_record_taken, [one], skip_held, held)
    for one in outcomes:
        if one.error is not None:
            # once more, on another connection
            _can_write(_record_failed, one.message, one.error) or _can_write(_record_failed, one.message, one.error)
    return held


def _can_write(write: Callable[..., None], *what: Any) -> bool:
    """What is not written is found once its claim runs out."""
    try:
        write(*what)
    except Exception:  # one that cannot be written holds up no other
        log.exception("what became of messages could not be written")
        close_old_connections()
        return False
    return True


def _record_taken(outcomes: Sequence[Outcome], skip_held: bool, held: list[Outcome]) -> None:
    """Adds to `held` what is not written, since somebody else holds its chat."""
    taken = [(one.message, one.given, one.began) for one in outcomes]
    written = {message.pk: message for message in record_accepted(taken, skip_held=skip_held)}
    held += [one for one in outcomes if one.message.pk not in written]
    for one in outcomes:
        if message := written.get(one.message.pk):
            publish.show_visitor(message.chat, message)
            health.note_message_taken(one.message.chat.origin)
            waited = (timezone.now() - message.created_at).total_seconds()
            metrics.add("witty_sent", message.chat.origin_id)
            metrics.observe("witty_send_seconds", waited, message.chat.origin_id)


def _record_failed(message: Message, error: OriginError) -> None:
    origin, now = message.chat.origin, timezone.now()
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
    name = "witty_retried" if changes["status"] == "queued" else "witty_failed"
    metrics.add(name, origin.pk, metrics.as_reason(error.code or error.failure))
    if changes["status"] == "failed":
        log.warning("message %s failed: %s %s", message.pk, error.failure, error.code)
        with transaction.atomic():
            follow_failure(message, error.failure, str(error), now, error.code)


@transaction.atomic
def _write_outcome(message: Message, changes: dict[str, Any], pause: float) -> None:
    # not when the claim has run out and somebody else has it, nor when a receipt was quicker
    if LEASE.release_row(message, **changes):
        if message.next_try_at is not None:
            jobs.deliver_later(pause)
        elif message.status != "queued":
            # nothing follows by itself: its bot hears of it
            bot_events.record_message_update(message)
        publish.message_changed(message)
