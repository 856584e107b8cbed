"""Hundreds of sockets in a process of their own: count what each hears, find what is missing, time each delivery.

Every event carries the time at which it was published; all sockets hear the same bytes, so each event is read once.
"""

import asyncio
import json
import sys
import time
from typing import Any

from bench.figures import find_percentile
from bench.stage import send_answer
from bench.websocket import Ear, connect_ear

MAX_CONNECTING = 20


class Audience:
    """The sockets of one server and what they heard in this round."""

    def __init__(self, port: int, cookie: str, has_marks: bool) -> None:
        self.port, self.cookie, self.has_marks = port, cookie, has_marks
        self.ears: list[Ear] = []
        self.stuck: Ear | None = None
        self.begin_round()

    def begin_round(self, expected: int = 0) -> None:
        self.known: dict[bytes, tuple[int, float]] = {}
        self.last: dict[Ear, int] = {}
        self.delivered, self.lost, self.expected = 0, 0, expected
        self.waits: list[float] = []
        self.first = self.latest = 0.0
        self.whole = asyncio.get_running_loop().create_future()

    def note_heard(self, ear: Ear, payload: bytes) -> None:
        now = time.monotonic()
        event = self.known.get(payload)
        if event is None:
            head, _, text = payload.partition(b"\n")
            event = (json.loads(head)["n"], float(text.partition(b" ")[0]))
            self.known[payload] = event
            self.first = self.first or event[1]
        number, at = event
        before = self.last.get(ear)
        if before is not None and number != before + 1:
            self.lost += abs(number - before - 1) or 1
        self.last[ear] = number
        self.waits.append(now - at)
        self.delivered += 1
        if self.delivered == self.expected and not self.whole.done():
            self.latest = now
            self.whole.set_result(None)

    async def open_sockets(self, count: int, by: str = "") -> dict[str, Any]:
        """Until there are so many; `by`: of another agent, as one may have so many only."""
        began = time.monotonic()
        missing = count - len(self.ears)
        while missing > 0:
            some = [Ear(self.port, by or self.cookie, self.note_heard) for _ in range(min(MAX_CONNECTING, missing))]
            self.ears += await asyncio.gather(*(connect_ear(ear, waits_for_marks=self.has_marks) for ear in some))
            missing -= len(some)
        return {"sockets": len(self.ears), "seconds": time.monotonic() - began}

    async def close_above(self, count: int) -> dict[str, Any]:
        """Closes the sockets above this many."""
        for ear in self.ears[count:]:
            ear.transport.close()
        del self.ears[count:]
        await asyncio.sleep(1)
        return {"sockets": len(self.ears)}

    async def count_events(self, events: int, limit: float) -> dict[str, Any]:
        """Waits until all have heard `events` events, or for so long."""
        self.begin_round(events * len(self.ears))
        send_answer(listening=True)
        used = time.process_time()
        try:
            await asyncio.wait_for(self.whole, limit)
        except TimeoutError:
            self.latest = time.monotonic()
        # first numbers may differ between sockets: who heard fewer events has lost some
        seconds = self.latest - self.first
        return {
            "delivered": self.delivered, "lost": max(self.lost, self.expected - self.delivered), "seconds": seconds,
            "p50": find_percentile(self.waits, 0.5), "p99": find_percentile(self.waits, 0.99),
            "busy": (time.process_time() - used) / seconds, "closed": sum(ear.gone for ear in self.ears),
        }  # fmt: skip

    async def open_stuck(self) -> dict[str, Any]:
        """One more socket, that reads nothing from now on."""
        self.stuck = await connect_ear(Ear(self.port, self.cookie, lambda ear, payload: None), buffer=4096)
        self.stuck.transport.pause_reading()
        return {"stuck": True}

    async def release_stuck(self) -> dict[str, Any]:
        """What became of it: what it finds when it reads at last."""
        self.stuck.transport.resume_reading()
        for _ in range(100):
            if self.stuck.gone:
                break
            await asyncio.sleep(0.1)
        return {"gone": self.stuck.gone, "code": self.stuck.closed_with}


async def serve_orders() -> None:
    loop, audiences = asyncio.get_running_loop(), {}
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        verb, port = order.pop("verb"), order.pop("port")
        if port not in audiences:
            audiences[port] = Audience(port, order.pop("cookie"), order.pop("has_marks"))
        order.pop("cookie", None), order.pop("has_marks", None)
        try:
            send_answer(**await getattr(audiences[port], verb)(**order))
        except Exception as error:  # noqa: BLE001 - said by the one who asked
            send_answer(failed=repr(error))


if __name__ == "__main__":
    asyncio.run(serve_orders())
