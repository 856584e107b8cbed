"""The pump of a worker: it sends what is due in any chat, as many chats side by side as it has threads.

It claims the first due messages of as many chats as it has threads free, its threads give them to the networks, and
what became of all that has come back is written together, by the one thread that claims.
"""

import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock

from django.db import close_old_connections, connections
from django.utils import timezone

from chats import jobs
from chats.models import Message
from gateway.outbound.claims import WITH_FILES, claim_first, find_due_chats
from gateway.outbound.outbox import HELD_PAUSE, Outcome, build_outgoing, failed_by, send_message, write_outcomes
from origins.facts import Outgoing

log = logging.getLogger(__name__)

# threads of a process that wait for networks
SENDERS = 16
# of one look at the table
MOST_CHATS = 500
# seconds until chats that somebody else holds are asked about again, at the most
MAX_HELD_PAUSE = 0.5
# of a pump that finds what it may not send
MAX_VAIN_LOOKS = 3


class Pump:
    """Sends what is due in any chat, up to SENDERS side by side, until nothing is. One of it runs in a process."""

    def __init__(self) -> None:
        self.is_running = Lock()
        # outcomes; None: something may be due by now
        self.news: SimpleQueue[Outcome | None] = SimpleQueue()
        self.chats: deque[int] = deque()
        self.busy = 0
        # whether the last look found more than it brought
        self.is_more_due = self.has_called_others = False
        self.pause = HELD_PAUSE
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
        self.has_called_others = False
        while True:
            outcomes, is_woken = self._read_news()
            sent += self._write(outcomes)
            try:
                if is_woken or (not self.chats and (not self.busy or self.is_more_due)):
                    self._look_for_chats()
                if self.is_ending:
                    self.chats.clear()
                if not self.busy and self.news.empty() and (not self.chats or in_vain > MAX_VAIN_LOOKS):
                    self.chats.clear()
                    return sent
                self._start_sending()
            except Exception:  # what is under way is written before this ends; the sweep comes for the rest
                self.chats.clear()
                close_old_connections()
                if not self.busy:
                    raise
                log.exception("the outbox could not claim what is due")
            in_vain = 0 if self.busy or self.chats else in_vain + 1

    def _read_news(self) -> tuple[list[Outcome], bool]:
        """What has come; waits for it where nothing else is to be done."""
        news = []
        if self.busy and (self.busy == SENDERS or not (self.chats or self.is_more_due)):
            news.append(self.news.get())
        while not self.news.empty():
            news.append(self.news.get())
        return [one for one in news if one], None in news

    def _write(self, outcomes: list[Outcome]) -> int:
        if not outcomes:
            return 0
        held = write_outcomes(outcomes, skip_held=True)
        for outcome in held:
            self.news.put(outcome)
        self.busy -= len(outcomes) - len(held)
        written = [one for one in outcomes if one not in held]
        # the next ones of these chats
        self.chats.extend(one.message.chat_id for one in written)
        self._rest(is_held=bool(held and not written))
        return sum(one.error is None for one in written)

    def _look_for_chats(self) -> None:
        found, known = find_due_chats(timezone.now(), MOST_CHATS), set(self.chats)
        self.is_more_due = len(found) == MOST_CHATS
        self.chats.extend(chat for chat in found if chat not in known)
        if len(found) > SENDERS and not self.has_called_others:
            # more than we can begin at once: other workers may have threads free
            self.has_called_others = True
            jobs.deliver()

    def _start_sending(self) -> None:
        some = [self.chats.popleft() for _ in range(min(SENDERS - self.busy, len(self.chats)))]
        if not some:
            return
        claimed = claim_first(some, timezone.now())
        self.chats.extend(claimed.again)
        for message in claimed.sending:
            self._start(message)
        self._rest(is_held=claimed.is_held and not claimed.sending)

    def _rest(self, *, is_held: bool) -> None:
        """Wait where somebody else holds all chats that are left, longer each time."""
        self.pause = min(self.pause * 2, MAX_HELD_PAUSE) if is_held else HELD_PAUSE
        if is_held:
            time.sleep(self.pause)

    def _start(self, message: Message) -> None:
        self.busy += 1
        outgoing, began = None, timezone.now()
        try:
            # here, where there is a connection to the database; what has a file is looked up by its thread
            if message.kind not in WITH_FILES:
                outgoing = build_outgoing(message, began)
        except Exception as error:  # noqa: BLE001 - told apart in there
            self.news.put(failed_by(message, began, error))
        else:
            self.pool.submit(self._send_in_thread, message, outgoing)

    def _send_in_thread(self, message: Message, outgoing: Outgoing | None) -> None:
        outcome = send_message(message, outgoing)
        try:
            # this thread may wait for long, and needs none meanwhile
            connections.close_all()
        finally:
            self.news.put(outcome)


_pump = Pump()


def send_due() -> int:
    """Send what is due in any chat. Returns how many were sent here."""
    if _pump.is_ending:
        return 0
    jobs.outbox_is_awake()
    sent = _pump.run()
    if _pump.is_ending:
        # what it has left is another worker's
        jobs.deliver()
    return sent


def stop_sending() -> None:
    """The process is about to end: what has been begun is finished, and nothing more is begun."""
    _pump.is_ending = True
