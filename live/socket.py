"""A socket that never holds the others: sends at once, bounded by what the client has confirmed.

Neither daphne (which buffers without end) nor uvicorn (whose send waits for a full line) may
let one stuck browser hold the hub. So each socket counts what it has sent since the client's
last word and closes itself with 4013 when that grows too much; the browser comes back and
asks for what it missed.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from live.closings import TOO_SLOW

# limits of what may be on its way to a browser that has not answered a heartbeat yet
MAX_UNCONFIRMED_CHARS = 8 * 1024 * 1024
MAX_WAITING_FRAMES = 1000


class _Rest:
    """The rest of a coroutine that has already been driven to its first wait."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self.coroutine, self.waits_for = coroutine, waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self.waits_for
        while True:
            failed: BaseException | None = None
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001 - whatever ends the wait belongs to the coroutine
                failed = error
            try:
                waits_for = self.coroutine.throw(failed) if failed else self.coroutine.send(None)
            except StopIteration:
                return


class SocketLine:
    """Sends frames down one ASGI connection, in order, without ever making its caller wait."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self.send = send
        self.unanswered = 0
        self.waiting: deque[dict[str, Any]] = deque()
        self.task: asyncio.Task[None] | None = None
        self.closed = False

    def offer_frame(self, frame: str) -> None:
        if self.closed:
            return
        self.unanswered += len(frame)
        if self.unanswered > MAX_UNCONFIRMED_CHARS or len(self.waiting) > MAX_WAITING_FRAMES:
            self.close_with(TOO_SLOW)
            return
        self._send_or_queue({"type": "websocket.send", "text": frame})

    def note_answer(self) -> None:
        """The client has said something: what was sent before is taken as arrived."""
        self.unanswered = 0

    def close_with(self, code: int) -> None:
        if not self.closed:
            self.closed = True
            if code == TOO_SLOW:
                self.waiting.clear()
            self._send_or_queue({"type": "websocket.close", "code": code})

    def stop_sending(self) -> None:
        """The connection is gone."""
        self.closed = True
        self.waiting.clear()
        if self.task:
            self.task.cancel()

    def _send_or_queue(self, event: dict[str, Any]) -> None:
        if self.task is not None:
            self.waiting.append(event)
            return
        coroutine: Any = self.send(event)
        # Driving the first step by hand saves a task for each delivery: on most it is the only step.
        try:
            waits_for = coroutine.send(None)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001 - a connection that broke; its disconnect event follows
            self.closed = True
            return
        self.task = asyncio.get_running_loop().create_task(self._finish_sending(_Rest(coroutine, waits_for)))

    async def _finish_sending(self, rest: _Rest) -> None:
        try:
            await rest
            while self.waiting:
                await self.send(self.waiting.popleft())
        except Exception:  # noqa: BLE001 - as above
            self.closed = True
        finally:
            self.task = None
