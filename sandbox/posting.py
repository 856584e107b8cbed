"""What customers and receipts cause: webhooks, signed, batched, repeated until they are answered with 200."""

import asyncio
import hashlib
import hmac
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox import bodies
from sandbox.caller import Caller
from sandbox.conditions import Conditions
from sandbox.records import Line

MOST_WAITING, MOST_RETRIES = 200_000, 2_000
# of those that come again at the same time: what was down is not run over when it is back
AT_ONCE = 32
# a lane waits so long for more, where bodies hold several messages or leave shuffled
GATHER = 0.03


@dataclass(slots=True)
class Event:
    """One thing that a line is told. `about`: the customer's id, which keeps the order. `done`: told how it went."""

    line: Line
    what: dict[str, Any]
    about: str = ""
    done: Callable[[int], None] | None = None
    again: int = 0


@dataclass(slots=True)
class Body:
    """What is posted, byte for byte the same each time."""

    line: Line
    raw: bytes
    headers: dict[str, str]
    events: list[Event]
    attempts: int = 0


@dataclass
class Lane:
    """A kept line to a webhook, and what waits for it."""

    queue: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    caller: Caller = field(default_factory=Caller)
    repeat: Caller = field(default_factory=Caller)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None


class Post:
    """Takes events and posts them."""

    def __init__(self, world: Conditions) -> None:
        self.world = world
        self.lanes: dict[tuple[str, int], Lane] = {}
        self.retries: set[asyncio.Task[None]] = set()
        self.log: deque[dict[str, Any]] = deque(maxlen=20_000)
        self.busy = 0
        self.slots = asyncio.Semaphore(AT_ONCE)

    def put(self, event: Event) -> None:
        """Queues an event; what finds no room is counted as dropped."""
        try:
            self._lane(event).queue.put_nowait(event)
        except asyncio.QueueFull:
            self.world.counts["events_dropped"] += 1

    def later(self, seconds: float, event: Event) -> None:
        asyncio.get_running_loop().call_later(seconds, self.put, event)

    async def now(self, events: list[Event]) -> None:
        """Posts events before anything else, each in a body of its own, and waits for the answers."""
        lane = Lane()
        try:
            for event in events:
                await self._first(lane, self._body([event]))
        finally:
            lane.caller.close()
            lane.repeat.close()

    def stop(self) -> None:
        """Posts nothing more."""
        for lane in self.lanes.values():
            if lane.task:
                lane.task.cancel()
            lane.caller.close()
            lane.repeat.close()
        for task in self.retries:
            task.cancel()

    def waiting(self) -> int:
        return sum(lane.queue.qsize() for lane in self.lanes.values()) + len(self.retries) + self.busy

    def _lane(self, event: Event) -> Lane:
        number = zlib.crc32((event.about or "").encode()) % self.world.faults.parallel
        lane = self.lanes.setdefault((event.line.key, number), Lane())
        if lane.task is None:
            lane.task = asyncio.create_task(self._pump(lane))
        return lane

    async def _pump(self, lane: Lane) -> None:
        while True:
            events = await self._gather(lane)
            self.busy += 1
            try:
                made = self._bodies(events)
                if self.world.faults.shuffle > 1:
                    self.world.chance("shuffle").shuffle(made)
                for body in made:
                    if self.world.faults.delay:
                        await asyncio.sleep(self.world.chance("delay").random() * self.world.faults.delay)
                    while len(self.retries) >= MOST_RETRIES:
                        await asyncio.sleep(0.05)
                    await self._first(lane, body)
            finally:
                self.busy -= 1

    async def _gather(self, lane: Lane) -> list[Event]:
        """What leaves together: a body's worth, or a window of bodies where they are shuffled."""
        events = [await lane.queue.get()]
        # not before: they may have been changed while nothing came
        faults = self.world.faults
        most = min(faults.batch * max(faults.shuffle, 1), 10_000)
        if most > 1 and lane.queue.qsize() + 1 < most:
            await asyncio.sleep(GATHER)
        while len(events) < most and not lane.queue.empty():
            events.append(lane.queue.get_nowait())
        return events

    def _bodies(self, events: list[Event]) -> list[Body]:
        made, size = [], self.world.faults.batch
        for event in events:
            if not event.again and self.world.falls("rebatch"):
                event.again = 1
                again = Event(event.line, event.what, event.about, None, again=1)
                self.later(0.05 + self.world.chance("rebatch_time").random() * 0.3, again)
        # an update of Telegram is always alone
        size = 1 if events[0].line.kind == "telegram" else size
        for start in range(0, len(events), size):
            made.append(self._body(events[start : start + size]))
        return made

    def _body(self, events: list[Event]) -> Body:
        line = events[0].line
        raw = bodies.body(line, [event.what for event in events], self.world.now())
        return Body(line, raw, sign(line, raw), events)

    async def _first(self, lane: Lane, body: Body) -> None:
        again = self.world.falls("duplicates")
        if again and self.world.chance("duplicates_how").random() < 0.5:
            # at the same instant, on two lines
            first, _second = await asyncio.gather(self._once(lane.caller, body), self._once(lane.repeat, body, True))
        else:
            first = await self._once(lane.caller, body)
            if again:
                await self._once(lane.repeat, body, True)
        if first != 200:
            self._retry(body)

    async def _once(self, caller: Caller, body: Body, is_repeat: bool = False) -> int:
        """One attempt: the status, 0 where there was no answer."""
        body.attempts += 1
        hang_up = not is_repeat and self.world.falls("hang_up")
        try:
            status, _said = await caller.call("POST", body.line.webhook, body.headers, body.raw, hang_up=hang_up)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            status = 0
            caller.close()
        if body.line.kind == "telegram" and 200 <= status < 300:
            status = 200
        self._note(body, status, is_repeat)
        return status

    def _note(self, body: Body, status: int, is_repeat: bool) -> None:
        counts = self.world.counts
        counts["bodies_posted"] += 1
        counts["bodies_repeated"] += is_repeat
        counts[f"webhook_{status}"] += 1
        self.log.append(
            {
                "line": body.line.key,
                "ids": [bodies.id_of(event.what) for event in body.events[:20]],
                "events": len(body.events),
                "status": status,
                "attempt": body.attempts,
                "repeat": is_repeat,
            }
        )
        if status == 200:
            for event in body.events:
                if event.done:
                    event.done(status)
                    event.done = None

    def _retry(self, body: Body) -> None:
        task = asyncio.create_task(self._try_again(body))
        self.retries.add(task)
        task.add_done_callback(self.retries.discard)

    async def _try_again(self, body: Body) -> None:
        faults, caller = self.world.faults, Caller()
        try:
            for number in range(faults.retry_times):
                pause = min(faults.retry_first * 2 ** min(number, 12), faults.retry_most)
                await asyncio.sleep(pause * (0.75 + self.world.chance("retry").random() / 2))
                async with self.slots:
                    status = await self._once(caller, body)
                    caller.close()
                if status == 200:
                    return
        finally:
            caller.close()
        self.world.counts["bodies_given_up"] += 1
        for event in body.events:
            if event.done:
                event.done(0)


def sign(line: Line, raw: bytes) -> dict[str, str]:
    """The headers by which a line knows that a body is the network's."""
    headers = {"Content-Type": "application/json"}
    if line.kind != "telegram":
        headers["User-Agent"] = "facebookexternalua"
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(line.secret.encode(), raw, hashlib.sha256).hexdigest()
    elif line.secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = line.secret
    return headers
