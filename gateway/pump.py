"""A pump: one thread that claims what is due in a queue of rows, threads that wait for others, and one that writes.

Keys (a chat, a chat of an endpoint) are worked at side by side, each in its order. Those of a lane (an endpoint) get no
more threads than it has room for. One pump of a queue runs in a process.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from threading import Event, Lock, Thread, main_thread
from typing import Any, Generic, Protocol, TypeVar

from django.db import close_old_connections, connections
from django.utils import timezone

from common.clocks import watched
from live import wakes

log = logging.getLogger(__name__)

# keys of one look at the table
MOST_KEYS = 500
# seconds until keys that somebody else holds are asked about again, and at the most
HELD_PAUSE, MAX_HELD_PAUSE = 0.02, 0.1
# seconds after which a pump without a free thread sees whether it has one
FULL_PAUSE = 0.05
# seconds between two calls for the help of other workers, which we may hear ourselves
CALL_OTHERS_EVERY = 1.0
# of a pump that finds what it may not begin
MAX_VAIN_LOOKS = 3
# looks for a wake after which a connection that nobody needs is closed
MAX_QUIET_LOOKS = 20

Key = TypeVar("Key", bound=Hashable)
Lane = TypeVar("Lane", bound=Hashable)
Job = TypeVar("Job")


class Outcome(Protocol):
    """What became of a job. `is_sent`: it went well, and counts."""

    @property
    def key(self) -> Any: ...
    @property
    def is_sent(self) -> bool: ...


Out = TypeVar("Out", bound=Outcome)


@dataclass
class Claimed(Generic[Key, Job]):
    """`sending`: ours. `again`: keys that are to be asked about again; `is_held`: since others hold them for now."""

    sending: list[Job] = field(default_factory=list)
    again: list[Key] = field(default_factory=list)
    is_held: bool = False


class BasePump(ABC, Generic[Key, Lane, Job, Out]):
    """Works at what is due for any key, up to `threads` side by side, until nothing is."""

    # of its wakes (live/wakes.py) and its threads
    name: str
    threads: int

    def __init__(self) -> None:
        self.is_running = Lock()
        # outcomes; None: something may be due by now
        self.news: SimpleQueue[Out | None] = SimpleQueue()
        self.lanes: defaultdict[Lane, deque[Key]] = defaultdict(deque)
        self.busy: Counter[Lane] = Counter()
        # whether the last look may have left something out, and another one would find it
        self.was_full = self.is_more_due = False
        self.pause = HELD_PAUSE
        # lanes that the last look left out: there may be more of them than was found
        self.left_out: set[Lane] = set()
        self.called_others_at = -CALL_OTHERS_EVERY
        self.is_ending = False
        self.listeners: list[Thread] = []
        self.awake = Event()
        # its threads begin with the first job
        self.pool = ThreadPoolExecutor(self.threads, thread_name_prefix=self.name)

    # --- what it works at ------------------------------------------------------------------------

    @abstractmethod
    def find_due(self, now: datetime, most: int) -> Sequence[Key]:
        """Keys with something due that is nobody's, longest waiting first."""

    @abstractmethod
    def claim_first(self, keys: Sequence[Key], now: datetime) -> Claimed[Key, Job]:
        """The first of each of these keys, where it is due and may begin."""

    @abstractmethod
    def key_of(self, job: Job) -> Key: ...

    @abstractmethod
    def prepare(self, job: Job) -> Callable[[], Out]:
        """What its thread is to do. Neither raises; here there is a connection to the database."""

    @abstractmethod
    def write(self, outcomes: Sequence[Out]) -> list[Out]:
        """Write what became of them; returns those that somebody else holds up: not written yet. Never raises."""

    @abstractmethod
    def lane_of(self, key: Key) -> Lane: ...

    def count_room(self, lane: Lane) -> int:
        """How many more of a lane may begin."""
        return self.threads - self.busy[lane]

    # --- the run ---------------------------------------------------------------------------------

    def listen(self) -> None:
        """Run whenever it is woken, until the process ends; on threads of its own. Whoever forks does so before."""
        acts = {f"{self.name}-wakes": self._hear_wakes, self.name: self._run_when_woken}
        self.listeners = [Thread(target=act, name=name) for name, act in acts.items()]
        for listener in self.listeners:
            listener.start()

    def stop(self) -> None:
        """The process is about to end: what has been begun is finished, and nothing more is begun."""
        self.is_ending = True

    def _goes_on(self) -> bool:
        return not self.is_ending and main_thread().is_alive()

    def _hear_wakes(self) -> None:
        """Also while it runs: a thread may be free for what is due by now, whatever the others wait for."""
        while self._goes_on():
            if self.busy.total() >= self.threads:
                # whoever has threads free hears it
                time.sleep(FULL_PAUSE)
            elif wakes.hear_wake(self.name):
                self.news.put(None)
                self.awake.set()

    def _run_when_woken(self) -> None:
        quiet = 0
        while self._goes_on():
            quiet = 0 if self.awake.wait(wakes.LISTEN_SECONDS) else quiet + 1
            self.awake.clear()
            try:
                if not quiet:
                    # one that has broken or is too old; else it is kept from run to run
                    close_old_connections()
                    self.run()
                elif quiet == MAX_QUIET_LOOKS:
                    connections.close_all()
            except Exception:  # the next wake or sweep finds what is left
                log.exception("%s: what is due could not be worked at", self.name)

    def send_due(self) -> int:
        """Work at what is due for any key. Returns how many were sent here."""
        if self.is_ending:
            wakes.give_wake(self.name)
            return 0
        wakes.forget_wake(self.name)
        return self.run()

    def run(self) -> int:
        """Returns how many were sent; where it runs already, it hears that there is more, and this is over at once."""
        if watched.are_apart():
            # what it took would be its own until an hour that is not; others take it, or the sweep finds it later
            log.error("%s: nothing is sent here, the clock and that of the database are apart", self.name)
            return 0
        sent = 0
        self.news.put(None)
        # what comes between the end of a run and the release is found by who has put it there, or by us
        while not self.news.empty() and self.is_running.acquire(blocking=False):
            try:
                sent += self._send_all()
            finally:
                self.is_running.release()
        if self.is_ending:
            # what it has left is another worker's
            wakes.give_wake(self.name)
        return sent

    def _send_all(self) -> int:
        sent = in_vain = 0
        while True:
            outcomes, is_woken = self._read_news()
            sent += self._write(outcomes)
            try:
                if self.is_ending:
                    self.lanes.clear()
                    self.is_more_due = False
                elif is_woken or (not self._can_begin() and (not self.busy or self.is_more_due)):
                    self._look()
                if not self.busy and self.news.empty() and (not self.lanes or in_vain > MAX_VAIN_LOOKS):
                    self.lanes.clear()
                    return sent
                self._begin()
            except Exception:  # what is under way is written before this ends; the sweep comes for the rest
                self.lanes.clear()
                close_old_connections()
                if not self.busy:
                    raise
                log.exception("%s: what is due could not be claimed", self.name)
            in_vain = 0 if self.busy or self.lanes else in_vain + 1

    def _can_begin(self) -> bool:
        return self.busy.total() < self.threads and any(self.count_room(lane) > 0 for lane in self.lanes)

    def _read_news(self) -> tuple[list[Out], bool]:
        """What has come; waits for it where nothing else is to be done."""
        news = []
        is_full = self.busy.total() >= self.threads
        if self.busy and (is_full or not (self._can_begin() or self.is_more_due)):
            news.append(self.news.get())
        while not self.news.empty():
            news.append(self.news.get())
        return [one for one in news if one], None in news

    def _write(self, outcomes: list[Out]) -> int:
        if not outcomes:
            return 0
        try:
            held = self.write(outcomes)
        except Exception:  # their claims run out
            log.exception("%s: what became of what was begun could not be written", self.name)
            held = []
        for outcome in held:
            self.news.put(outcome)
        written = [one for one in outcomes if one not in held]
        for one in written:
            lane = self.lane_of(one.key)
            self._count_out(lane)
            self._look_again_for(lane)
        # the next ones of these keys
        self._add(one.key for one in written)
        self._rest(is_held=bool(held and not written))
        return sum(one.is_sent for one in written)

    def _count_out(self, lane: Lane) -> None:
        self.busy[lane] -= 1
        if not self.busy[lane]:
            del self.busy[lane]

    def _look_again_for(self, lane: Lane) -> None:
        """It has room again: what the last look left out of it is looked for."""
        if lane in self.left_out and lane not in self.lanes:
            self.left_out.discard(lane)
            self.is_more_due = True

    def _add(self, keys: Iterable[Key]) -> bool:
        """False: none."""
        is_any = False
        for key in keys:
            self.lanes[self.lane_of(key)].append(key)
            is_any = True
        return is_any

    def _look(self) -> None:
        found, known = self.find_due(timezone.now(), MOST_KEYS), {key for lane in self.lanes.values() for key in lane}
        self.was_full = len(found) == MOST_KEYS
        is_any = self._add(key for key in found if key not in known)
        self.is_more_due = self.was_full and is_any
        if len(found) > self.threads - self.busy.total():
            self._call_others()

    def _call_others(self) -> None:
        """There is more than we can begin at once: other workers may have threads free."""
        now = time.monotonic()
        if now - self.called_others_at >= CALL_OTHERS_EVERY:
            self.called_others_at = now
            wakes.give_wake(self.name)

    def _take_keys(self) -> list[Key]:
        """The next ones that there are threads for, of each lane in its turn: none with much to do starves the rest."""
        taken: list[Key] = []
        began: Counter[Lane] = Counter()
        free = self.threads - self.busy.total()
        while len(taken) < free and (ready := [lane for lane in self.lanes if self.count_room(lane) > began[lane]]):
            for lane in ready[: free - len(taken)]:
                keys = self.lanes.pop(lane)
                taken.append(keys.popleft())
                began[lane] += 1
                if keys:
                    self.lanes[lane] = keys
                else:
                    self.is_more_due |= self.was_full
                    self._look_again_for(lane)
        return taken

    def _begin(self) -> None:
        if not (keys := self._take_keys()):
            return
        claimed = self.claim_first(keys, timezone.now())
        self._add(claimed.again)
        for job in claimed.sending:
            lane = self.lane_of(self.key_of(job))
            self.busy[lane] += 1
            try:
                self.pool.submit(self._work, self.prepare(job))
            except RuntimeError:  # no thread is to be had, or the process ends: its claim runs out, and the others'
                self._count_out(lane)
                raise
        self._rest(is_held=claimed.is_held and not claimed.sending)

    def _work(self, act: Callable[[], Out]) -> None:
        outcome = act()
        try:
            # this thread may wait for long, and needs none meanwhile
            connections.close_all()
        finally:
            self.news.put(outcome)

    def _rest(self, *, is_held: bool) -> None:
        """Wait where somebody else holds all keys that are left, longer each time."""
        self.pause = min(self.pause * 2, MAX_HELD_PAUSE) if is_held else HELD_PAUSE
        if is_held:
            time.sleep(self.pause)
