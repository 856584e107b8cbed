"""A bot that answers every event at once, or after a while, over connections kept alive; in a process of its own.

Not the one of the tests: what is measured must not pay for threads and for what those remember.
"""

import asyncio
import json
import threading
import time
from typing import Any

from bench.stage import read_orders, send_answer

SAID = json.dumps({"messages": ["Sí, tenemos turno mañana a las 16."]}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(SAID), SAID)


class BenchBot:
    """Answers after `delay` seconds and keeps how long each answer took it."""

    def __init__(self) -> None:
        self.delay, self.took = 0.0, []  # type: float, list[float]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                began = time.perf_counter()
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(ANSWER)
                self.took.append(time.perf_counter() - began)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def run_server() -> None:
    bot, loop = BenchBot(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(bot.serve, "127.0.0.1", 0))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    send_answer(port=server.sockets[0].getsockname()[1])
    for order in read_orders():
        took: list[Any] = bot.took
        bot.delay, bot.took = order["delay"], []
        send_answer(took=took)


if __name__ == "__main__":
    run_server()
