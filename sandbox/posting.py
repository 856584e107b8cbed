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
from sandbox.caller import WebhookCaller
from sandbox.conditions import Conditions
from sandbox.records import OurLine

MAX_WAITING_EVENTS, MAX_RETRIES = 200_000, 2_000
# of those that come again at the same time: what was down is not run over when it is back
MAX_RETRIES_AT_ONCE = 32
# a lane waits so long for more, where bodies hold several messages or leave shuffled
GATHER_SECONDS = 0.03


@dataclass(slots=True)
class WebhookEvent:
    """One thing that a line is told. `about`: the customer's id, which keeps the order. `done`: told how it went."""

    line: OurLine
    what: dict[str, Any]
    about: str = ""
    done: Callable[[int], None] | None = None
    again: int = 0


@dataclass(slots=True)
class WebhookBody:
    """What is posted, byte for byte the same each time."""

    line: OurLine
    raw: bytes
    headers: dict[str, str]
    events: list[WebhookEvent]
    attempts: int = 0


@dataclass
class WebhookLane:
    """A kept line to a webhook, and what waits for it."""

    queue: asyncio.Queue[WebhookEvent] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING_EVENTS))
    caller: WebhookCaller = field(default_factory=WebhookCaller)
    repeat: WebhookCaller = field(default_factory=WebhookCaller)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None


class WebhookPost:
    """Takes events and posts them."""

    def __init__(self, world: Conditions) -> None:
        self.world = world
        self.lanes: dict[tuple[str, int], WebhookLane] = {}
        self.retries: set[asyncio.Task[None]] = set()
        self.log: deque[dict[str, Any]] = deque(maxlen=20_000)
        self.busy = 0
        self.slots = asyncio.Semaphore(MAX_RETRIES_AT_ONCE)

    def put_event(self, event: WebhookEvent) -> None:
        """Queues an event; what finds no room is counted as dropped."""
        try:
            self._lane_of(event).queue.put_nowait(event)
        except asyncio.QueueFull:
            self.world.counts["events_dropped"] += 1

    def put_later(self, seconds: float, event: WebhookEvent) -> None:
        asyncio.get_running_loop().call_later(seconds, self.put_event, event)

    async def post_first(self, events: list[WebhookEvent]) -> None:
        """Posts events before anything else, each in a body of its own, and waits for the answers."""
        lane = WebhookLane()
        try:
            for event in events:
                await self._post_body(lane, self._make_body([event]))
        finally:
            lane.caller.close_line()
            lane.repeat.close_line()

    def stop_posting(self) -> None:
        """Posts nothing more."""
        for lane in self.lanes.values():
            if lane.task:
                lane.task.cancel()
            lane.caller.close_line()
            lane.repeat.close_line()
        for task in self.retries:
            task.cancel()

    def count_waiting(self) -> int:
        return sum(lane.queue.qsize() for lane in self.lanes.values()) + len(self.retries) + self.busy

    def _lane_of(self, event: WebhookEvent) -> WebhookLane:
        number = zlib.crc32((event.about or "").encode()) % self.world.faults.parallel
        lane = self.lanes.setdefault((event.line.key, number), WebhookLane())
        if lane.task is None:
            lane.task = asyncio.create_task(self._empty_lane(lane))
        return lane

    async def _empty_lane(self, lane: WebhookLane) -> None:
        while True:
            events = await self._gather_events(lane)
            self.busy += 1
            try:
                made = self._make_bodies(events)
                if self.world.faults.shuffle > 1:
                    self.world.dice_of("shuffle").shuffle(made)
                for body in made:
                    if self.world.faults.delay:
                        await asyncio.sleep(self.world.dice_of("delay").random() * self.world.faults.delay)
                    while len(self.retries) >= MAX_RETRIES:
                        await asyncio.sleep(0.05)
                    await self._post_body(lane, body)
            finally:
                self.busy -= 1

    async def _gather_events(self, lane: WebhookLane) -> list[WebhookEvent]:
        """What leaves together: a body's worth, or a window of bodies where they are shuffled."""
        events = [await lane.queue.get()]
        # not before: they may have been changed while nothing came
        faults = self.world.faults
        most = min(faults.batch * max(faults.shuffle, 1), 10_000)
        if most > 1 and lane.queue.qsize() + 1 < most:
            await asyncio.sleep(GATHER_SECONDS)
        while len(events) < most and not lane.queue.empty():
            events.append(lane.queue.get_nowait())
        return events

    def _make_bodies(self, events: list[WebhookEvent]) -> list[WebhookBody]:
        made, size = [], self.world.faults.batch
        for event in events:
            if not event.again and self.world.draw_fault("rebatch"):
                event.again = 1
                again = WebhookEvent(event.line, event.what, event.about, None, again=1)
                self.put_later(0.05 + self.world.dice_of("rebatch_time").random() * 0.3, again)
        # an update of Telegram is always alone
        size = 1 if events[0].line.kind == "telegram" else size
        for start in range(0, len(events), size):
            made.append(self._make_body(events[start : start + size]))
        return made

    def _make_body(self, events: list[WebhookEvent]) -> WebhookBody:
        line = events[0].line
        raw = bodies.build_body(line, [event.what for event in events], self.world.now())
        return WebhookBody(line, raw, sign_body(line, raw), events)

    async def _post_body(self, lane: WebhookLane, body: WebhookBody) -> None:
        again = self.world.draw_fault("duplicates")
        if again and self.world.dice_of("duplicates_how").random() < 0.5:
            # at the same instant, on two lines
            first, _second = await asyncio.gather(
                self._try_once(lane.caller, body), self._try_once(lane.repeat, body, True)
            )
        else:
            first = await self._try_once(lane.caller, body)
            if again:
                await self._try_once(lane.repeat, body, True)
        if first != 200:
            self._retry_later(body)

    async def _try_once(self, caller: WebhookCaller, body: WebhookBody, is_repeat: bool = False) -> int:
        """One attempt: the status, 0 where there was no answer."""
        body.attempts += 1
        hang_up = not is_repeat and self.world.draw_fault("hang_up")
        try:
            status, _said = await caller.send_request(
                "POST", body.line.webhook, body.headers, body.raw, hang_up=hang_up
            )
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            status = 0
            caller.close_line()
        if body.line.kind == "telegram" and 200 <= status < 300:
            status = 200
        self._note_attempt(body, status, is_repeat)
        return status

    def _note_attempt(self, body: WebhookBody, status: int, is_repeat: bool) -> None:
        counts = self.world.counts
        counts["bodies_posted"] += 1
        counts["bodies_repeated"] += is_repeat
        counts[f"webhook_{status}"] += 1
        self.log.append(
            {
                "line": body.line.key,
                "ids": [bodies.read_item_id(event.what) for event in body.events[:20]],
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

    def _retry_later(self, body: WebhookBody) -> None:
        task = asyncio.create_task(self._try_again(body))
        self.retries.add(task)
        task.add_done_callback(self.retries.discard)

    async def _try_again(self, body: WebhookBody) -> None:
        faults, caller = self.world.faults, WebhookCaller()
        try:
            for number in range(faults.retry_times):
                pause = min(faults.retry_first * 2 ** min(number, 12), faults.retry_most)
                await asyncio.sleep(pause * (0.75 + self.world.dice_of("retry").random() / 2))
                async with self.slots:
                    status = await self._try_once(caller, body)
                    caller.close_line()
                if status == 200:
                    return
        finally:
            caller.close_line()
        self.world.counts["bodies_given_up"] += 1
        for event in body.events:
            if event.done:
                event.done(0)


def sign_body(line: OurLine, raw: bytes) -> dict[str, str]:
    """The headers by which a line knows that a body is the network's."""
    headers = {"Content-Type": "application/json"}
    if line.kind != "telegram":
        headers["User-Agent"] = "facebookexternalua"
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(line.secret.encode(), raw, hashlib.sha256).hexdigest()
    elif line.secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = line.secret
    return headers
