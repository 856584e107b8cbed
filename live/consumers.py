"""What every socket of ours shares: a line that never waits, and the hub's orders."""

import json
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from live.hub import current_hub
from live.socket import SocketLine

MAX_FRAME_CHARS = 32_768


NO_SUCH_SOCKET = 4404


class LiveConsumer(AsyncConsumer):
    """What both sockets share: a line that never waits, and the hub's orders."""

    line: SocketLine

    async def websocket_connect(self, event: dict[str, Any]) -> None:
        self.line = SocketLine(self.base_send)
        await self.base_send({"type": "websocket.accept"})
        await self.enter()

    async def enter(self) -> None:
        raise NotImplementedError

    async def heard(self, frame: dict[str, Any]) -> None:
        raise NotImplementedError

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        text = event.get("text") or ""
        self.line.answered()
        try:
            frame = json.loads(text) if len(text) <= MAX_FRAME_CHARS else None
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            self.offer(json.dumps({"error": "not a frame: a JSON object of 32 kB at most is expected"}) + "\n")
            return
        await self.heard(frame)

    async def websocket_disconnect(self, event: dict[str, Any]) -> None:
        self.line.stop()
        await current_hub().leave(self)
        raise StopConsumer

    def offer(self, frame: str) -> None:
        self.line.offer(frame)

    def control(self, order: str) -> None:
        """An order for the socket itself: close with a code, or tell the page to ask again."""
        if order.startswith("close "):
            self.line.close(int(order.removeprefix("close ")))
        else:
            self.line.offer(json.dumps({order: 1}) + "\n")

    async def tell_marks(self, groups: list[str]) -> None:
        """The number of the last event of each group just joined: the page compares with what it shows."""
        self.offer(json.dumps({"marks": await current_hub().marks(groups)}) + "\n")


class NobodyConsumer(LiveConsumer):
    """Any other address."""

    async def enter(self) -> None:
        self.line.close(NO_SUCH_SOCKET)

    async def heard(self, frame: dict[str, Any]) -> None:
        """Nothing is heard: the socket is closed."""
