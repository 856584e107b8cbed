"""Which part of the sandbox answers what, and the loop that runs it."""

import asyncio
import contextlib
import re
import signal
import time
from collections.abc import Awaitable, Callable

from sandbox import bot_api, bot_calls, control, files, graph
from sandbox.web import HttpAnswer, HttpRequest, answer_json, start_server
from sandbox.world import SandboxWorld

VERSION = re.compile(r"v\d+\.\d+$")


def make_handler(world: SandboxWorld) -> Callable[[HttpRequest], HttpAnswer | Awaitable[HttpAnswer]]:
    """Answers every request of a sandbox."""

    def handle(request: HttpRequest) -> HttpAnswer | Awaitable[HttpAnswer]:
        path = [part for part in request.path.split("/") if part]
        first = path[0] if path else ""
        if VERSION.match(first):
            return graph.answer_call(world, request, path[1:])
        if first.startswith("bot") and len(path) == 2:
            return bot_api.answer_call(world, request, first[3:], path[1])
        if first == "file" and len(path) > 2:
            return bot_calls.download_file(world, path[1].removeprefix("bot"), "/".join(path[2:]))
        if first == "whatsapp_business":
            return files.download_attachment(world, request)
        if first == "cdn" and len(path) > 1:
            return _download_media(world, path[1])
        if first in ("", "sandbox", "static", "favicon.ico"):
            return control.answer_request(world, request, path)
        return graph.answer_call(world, request, path)

    return handle


def _download_media(world: SandboxWorld, media_id: str) -> HttpAnswer:
    media = world.media.get(media_id)
    found = world.bytes_of(media) if media else None
    return HttpAnswer(200, found[0], found[1]) if found else answer_json({"error": "not found"}, 404)


async def serve_sandbox(
    world: SandboxWorld,
    port: int,
    ready: Callable[[int], None],
    beside: Callable[[SandboxWorld], Awaitable[None]] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM. `ready` is told the port; `beside` runs along with it."""
    server = await start_server(make_handler(world), port)
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
