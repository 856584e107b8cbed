"""One agent's socket and a customer who posts: how long each text takes from the post to the socket."""

import asyncio
import json
import sys
import time
from typing import Any

from bench.figures import find_percentile
from bench.poster import build_request, is_whole
from bench.stage import send_answer
from bench.websocket import Ear, connect_ear

POSTERS = 8
MAX_WAIT_SECONDS = 10.0


class SocketWatcher:
    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.sent: dict[bytes, float] = {}
        self.waits: list[float] = []
        self.bad: list[str] = []
        self.idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
        self.prefix = order["prefix"].encode()

    def note_heard(self, _ear: Ear, payload: bytes) -> None:
        if not payload.startswith(self.prefix):
            return
        start = payload.find(b"nota-")
        began = self.sent.pop(payload[start : start + 12], None) if start >= 0 else None
        if began is not None:
            self.waits.append(time.monotonic() - began)

    async def post_message(self, number: int) -> None:
        reader, writer = await self.idle.get()
        text = f"nota-{number:07d}"
        sender = self.order["senders"][number % len(self.order["senders"])]
        order = {**self.order, "text": text + " Hola, ¿hay alguien?"}
        data = build_request(order, [sender], [f"{self.order['mark']}-{number}"])
        self.sent[text.encode()] = time.monotonic()
        writer.write(data)
        answered = b""
        while not is_whole(answered):
            answered += await reader.read(65536)
        if b'"accepted": 1' not in answered:
            self.bad.append(answered.decode(errors="replace")[:300])
        self.idle.put_nowait((reader, writer))

    async def run_order(self) -> dict[str, Any]:
        order = self.order
        ear = await connect_ear(
            Ear(order["ws_port"], order["cookie"], self.note_heard), waits_for_marks=order["has_marks"]
        )
        if order["chats"]:
            ear.marks = asyncio.get_running_loop().create_future()
            ear.send_frame(chats=order["chats"])
            await asyncio.wait_for(ear.marks, 10)
        lines = [await asyncio.open_connection("127.0.0.1", order["port"]) for _ in range(POSTERS)]
        for line in lines:
            self.idle.put_nowait(line)
        await self.at_a_rate() if order["rate"] else await self.one_by_one()
        ear.transport.close()
        for _, writer in lines:
            writer.close()
        return {
            "p50": find_percentile(self.waits, 0.5),
            "p99": find_percentile(self.waits, 0.99),
            "heard": len(self.waits),
            "lost": len(self.sent),
            "bad": self.bad[:3],
        }

    async def one_by_one(self) -> None:
        """Idle: the next one some time after the last one was heard."""
        for number in range(self.order["count"]):
            await self.post_message(number)
            await self.all_heard()
            await asyncio.sleep(0.03)

    async def at_a_rate(self) -> None:
        """So many a second, whether the last one has arrived or not."""
        began, tasks = time.monotonic(), []
        for number in range(self.order["count"]):
            await asyncio.sleep(began + number / self.order["rate"] - time.monotonic())
            tasks.append(asyncio.create_task(self.post_message(number)))
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        await self.all_heard()

    async def all_heard(self) -> None:
        end = time.monotonic() + MAX_WAIT_SECONDS
        while self.sent and time.monotonic() < end:
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    for given in sys.stdin:
        try:
            send_answer(**asyncio.run(SocketWatcher(json.loads(given)).run_order()))
        except Exception as error:  # noqa: BLE001 - said by the one who asked
            send_answer(failed=repr(error))
