"""The outbox: each chat's messages leave in order, one at a time; chats side by side.

The rows are the outbox (claims.py). A worker's pump claims the first due messages of as many chats as it has threads
free, its threads give them to the networks, and what became of them is written together as it comes back.
Nothing is sent inside a transaction.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Lock
from typing import Any

from django.db import DatabaseError, close_old_connections, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, jobs, publish
from chats.attachments import conversion
from chats.messages.acceptance import record_accepted
from chats.messages.receipts import follow_failure
from chats.messages.reverts import SAFE_TO_REPEAT
from chats.models import Message
from common.errors import Failure, OriginError
from gateway.outbound import payload
from gateway.outbound.claims import LEASE, WITH_FILES, claim_first, find_due_chats
from live import throttle
from origins import health
from origins.facts import Outgoing
from origins.networks import network_of

log = logging.getLogger(__name__)

# threads of a process that wait for networks
SENDERS = 16
# seconds until chats that somebody else holds for a moment are asked about again
HELD_PAUSE = 0.02
# seconds, where the network says that it is too much and not for how long
CHAT_PAUSE, LINE_PAUSE = 6.0, 5.0
# of a pump that finds what it may not send
MAX_VAIN_LOOKS = 3
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


def deliver_chat(chat_pk: int) -> int:
    """Send what waits in a chat, in order, in this thread, until nothing is due. Returns how many were sent."""
    sent = 0
    while (claimed := claim_first([chat_pk], timezone.now())).sending or claimed.again:
        sent += _write_outcomes([_send_message(message) for message in claimed.sending])
        if claimed.is_held:
            time.sleep(HELD_PAUSE)
    return sent


class Pump:
    """Sends what is due in any chat, up to SENDERS side by side, until nothing is. One of it runs in a process."""

    def __init__(self) -> None:
        self.is_running = Lock()
        # outcomes; None: something may be due by now
        self.news: SimpleQueue[Outcome | None] = SimpleQueue()
        self.chats: deque[int] = deque()
        self.busy = 0
        self.is_ending = False
        # its threads begin with the first message
        self.pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")

    def run(self) -> int:
        """Returns how many were sent; where it runs already, it hears that there is more, and this is over at once."""
        sent = 0
        self.news.put(None)
        # what comes between the end of a run and the release is found by who has put it there, or by us
        while not self.news.empty() and self.is_running.acquire(blocking=False):
            try:
                sent += self._send_all()
            finally:
                self.is_running.release()
        return sent

    def _send_all(self) -> int:
        sent = in_vain = 0
        while True:
            outcomes, is_woken = self._read_news()
            sent += self._write(outcomes)
            if is_woken or not (self.chats or self.busy):
                self._look_for_chats()
            if self.is_ending:
                self.chats.clear()
            if not self.busy and self.news.empty() and (not self.chats or in_vain > MAX_VAIN_LOOKS):
                self.chats.clear()
                return sent
            self._start_sending()
            in_vain = 0 if self.busy or self.chats else in_vain + 1

    def _read_news(self) -> tuple[list[Outcome], bool]:
        """What has come; waits for it where nothing else is to be done."""
        news = []
        if self.busy and (self.busy == SENDERS or not self.chats):
            news.append(self.news.get())
        while not self.news.empty():
            news.append(self.news.get())
        return [one for one in news if one], None in news

    def _write(self, outcomes: list[Outcome]) -> int:
        self.busy -= len(outcomes)
        sent = _write_outcomes(outcomes) if outcomes else 0
        # the next ones of these chats
        self.chats.extend(outcome.message.chat_id for outcome in outcomes)
        return sent

    def _look_for_chats(self) -> None:
        known = set(self.chats)
        self.chats.extend(chat for chat in find_due_chats(timezone.now()) if chat not in known)

    def _start_sending(self) -> None:
        some = [self.chats.popleft() for _ in range(min(SENDERS - self.busy, len(self.chats)))]
        if not some:
            return
        try:
            claimed = claim_first(some, timezone.now())
        except DatabaseError:
            # what is under way is written before this ends, if it can be; the sweep comes again for the rest
            self.chats.clear()
            close_old_connections()
            if not self.busy:
                raise
            log.exception("the outbox could not claim what is due")
            return
        self.chats.extend(claimed.again)
        for message in claimed.sending:
            self._start(message)
        if claimed.is_held and not claimed.sending:
            time.sleep(HELD_PAUSE)

    def _start(self, message: Message) -> None:
        self.busy += 1
        outgoing, began = None, timezone.now()
        try:
            # here, where there is a connection to the database; what has a file is looked up by its thread
            if message.kind not in WITH_FILES:
                outgoing = _build_outgoing(message, began)
        except Exception as error:  # noqa: BLE001 - told apart in there
            self.news.put(_failed_by(message, began, error))
        else:
            self.pool.submit(self._send_in_thread, message, outgoing)

    def _send_in_thread(self, message: Message, outgoing: Outgoing | None) -> None:
        outcome = _send_message(message, outgoing)
        # this thread may wait for long, and needs none meanwhile
        connections.close_all()
        self.news.put(outcome)


_pump = Pump()


def send_due() -> int:
    """Send what is due in any chat. Returns how many were sent here."""
    return _pump.run()


def stop_sending() -> None:
    """The process is about to end: what has been begun is finished, and nothing more is begun."""
    _pump.is_ending = True


def _build_outgoing(message: Message, began: datetime) -> Outgoing | None:
    # nobody waits for it outside: all that it waited for was its file
    return None if message.chat.contact.origin.tells_nobody else payload.build_outgoing(message, began)


def _send_message(message: Message, outgoing: Outgoing | None = None) -> Outcome:
    """Never raises."""
    origin, began = message.chat.contact.origin, timezone.now()
    try:
        if message.kind in WITH_FILES:
            conversion.make_ready(message)
        outgoing = outgoing or _build_outgoing(message, began)
        given = network_of(origin.kind).send(origin, outgoing).id if outgoing else ""
    except Exception as error:  # noqa: BLE001 - told apart in there
        return _failed_by(message, began, error)
    return Outcome(message, began, given)


def _failed_by(message: Message, began: datetime, error: Exception) -> Outcome:
    if isinstance(error, OriginError):
        return Outcome(message, began, error=error)
    # tried again as often as anything else, and then left to the agent
    log.error("message %s could not be sent", message.pk, exc_info=error)
    return Outcome(message, began, error=OriginError(_("Error interno"), permanent=False))


def _write_outcomes(outcomes: Sequence[Outcome]) -> int:
    """Write what became of them. Returns how many the networks took."""
    taken = [one for one in outcomes if one.error is None]
    if not _can_write(_record_taken, taken):
        # one that cannot be written holds up no other
        for one in taken:
            _can_write(_record_taken, [one])
    for one in outcomes:
        if one.error is not None:
            _can_write(_record_failed, one.message, one.error)
    return len(taken)


def _can_write(write: Callable[..., None], *what: Any) -> bool:
    """What is not written is found once its claim runs out."""
    try:
        write(*what)
    except Exception:
        log.exception("what became of messages could not be written")
        close_old_connections()
        return False
    return True


def _record_taken(outcomes: Sequence[Outcome]) -> None:
    for message in record_accepted([(one.message, one.given, one.began) for one in outcomes]):
        publish.show_visitor(message.chat, message)
    for origin in {one.message.chat.contact.origin.pk: one.message.chat.contact.origin for one in outcomes}.values():
        health.note_message_taken(origin)


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
            jobs.deliver_later(pause)
        elif message.status != "queued":
            # nothing follows by itself: its bot hears of it
            bot_events.record_message_update(message)
        publish.message_changed(message)
