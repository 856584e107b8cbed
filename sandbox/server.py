"""Which part of the sandbox answers what, and the loop that runs it."""

import asyncio
import contextlib
import re
import signal
import time
from collections.abc import Awaitable, Callable

from sandbox import bot_api, bot_calls, control, files, graph
from sandbox.web import Answer, Request, listen, said
from sandbox.world import World

VERSION = re.compile(r"v\d+\.\d+$")


def handler(world: World) -> Callable[[Request], Answer | Awaitable[Answer]]:
    """Answers every request of a sandbox."""

    def handle(request: Request) -> Answer | Awaitable[Answer]:
        path = [part for part in request.path.split("/") if part]
        first = path[0] if path else ""
        if VERSION.match(first):
            return graph.answer(world, request, path[1:])
        if first.startswith("bot") and len(path) == 2:
            return bot_api.answer(world, request, first[3:], path[1])
        if first == "file" and len(path) > 2:
            return bot_calls.file(world, path[1].removeprefix("bot"), "/".join(path[2:]))
        if first == "whatsapp_business":
            return files.attachment(world, request)
        if first == "cdn" and len(path) > 1:
            return _cdn(world, path[1])
        if first in ("", "sandbox", "static", "favicon.ico"):
            return control.answer(world, request, path)
        return graph.answer(world, request, path)

    return handle


def _cdn(world: World, media_id: str) -> Answer:
    media = world.media.get(media_id)
    found = world.bytes_of(media) if media else None
    return Answer(200, found[0], found[1]) if found else said({"error": "not found"}, 404)


async def serve(
    world: World, port: int, ready: Callable[[int], None], beside: Callable[[World], Awaitable[None]] | None = None
) -> None:
    """Serves until SIGINT or SIGTERM. `ready` is told the port; `beside` runs along with it."""
    server = await listen(handler(world), port)
    port = server.sockets[0].getsockname()[1]
    world.base = f"http://127.0.0.1:{port}"
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # only the main thread may ask for signals
        with contextlib.suppress(RuntimeError, ValueError):
            loop.add_signal_handler(number, stop.set)
    task = asyncio.ensure_future(beside(world)) if beside else None
    world.counts["started"] = int(time.time())
    ready(port)
    await stop.wait()
    if task:
        task.cancel()
    server.close()
