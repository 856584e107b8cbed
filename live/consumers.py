"""The base of every websocket consumer: a line that never waits, and the hub's orders."""

import json
from abc import ABC, abstractmethod
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from live import metric_sums, metrics
from live.closings import NO_SUCH_SOCKET
from live.hub import current_hub
from live.socket import SocketLine

MAX_FRAME_CHARS = 32_768


class LiveConsumer(AsyncConsumer, ABC):
    """What both sockets share: a line that never waits, and the hub's orders."""

    line: SocketLine

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # also of one that failed, or that the server cut off in the middle of its opening
            if hasattr(self, "line"):
                await self.end()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without Channels' look at old connections of the database, for which each frame would wait for its thread:
        whatever asks the database here looks for itself."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, event: dict[str, Any]) -> None:
        self.line = SocketLine(self.base_send)
        metric_sums.count_socket(1)
        await self.base_send({"type": "websocket.accept"})
        await self.enter_groups()

    @abstractmethod
    async def enter_groups(self) -> None:
        """Join what this socket may hear, and tell its marks."""

    @abstractmethod
    async def receive_frame(self, frame: dict[str, Any]) -> None:
        """What the page has said."""

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        text = event.get("text") or ""
        self.line.note_answer()
        try:
            frame = json.loads(text) if len(text) <= MAX_FRAME_CHARS else None
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            self.offer(json.dumps({"error": "not a frame: a JSON object of 32 kB at most is expected"}) + "\n")
            return
        await self.receive_frame(frame)

    async def websocket_disconnect(self, event: dict[str, Any]) -> None:
        raise StopConsumer

    async def end(self) -> None:
        """The connection is over, however it ended."""
        self.line.stop_sending()
        metric_sums.count_socket(-1)
        await current_hub().leave_groups(self)

    def offer(self, frame: str) -> None:
        self.line.offer_frame(frame)

    def control(self, order: str) -> None:
        """An order for the socket itself: close with a code, or tell the page to ask again."""
        if order.startswith("close "):
            self.line.close_with(int(order.removeprefix("close ")))
        else:
            if order == "resync":
                metrics.add("witty_resyncs")
            wait = current_hub().turns.seconds_to_wait()
            self.line.offer_frame(json.dumps({order: 1, "wait": wait}) + "\n")

    async def tell_marks(self, groups: list[str]) -> None:
        """The number of the last event of each group just joined: the page compares with what it shows."""
        hub = current_hub()
        marks = await hub.read_marks(groups)
        self.offer(json.dumps({"marks": marks, "wait": hub.turns.seconds_to_wait()}) + "\n")


class NobodyConsumer(LiveConsumer):
    """Any other address."""

    async def enter_groups(self) -> None:
        self.line.close_with(NO_SUCH_SOCKET)

    async def receive_frame(self, frame: dict[str, Any]) -> None:
        """Nothing is heard: the socket is closed."""
