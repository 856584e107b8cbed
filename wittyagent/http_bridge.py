"""HTTP in threads: a request goes to its thread once, and head and body of its answer come back together.

Every hand-over between the event loop and a thread may wait for the interpreter's lock. So the body is read before, in
the loop (http_guard.py), and only an answer that says that it streams is handed over piece by piece.
"""

import asyncio
import contextvars
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# to a client that takes no more of what streams, a thread is not lent for longer
SENT_WITHIN_SECONDS = 60.0
# for the whole of it
STREAMED_WITHIN_SECONDS = 900.0


@dataclass(frozen=True)
class RequestBody:
    """A whole body: `file` at its beginning, `length` in bytes."""

    file: IO[bytes]
    length: int


class HttpBridge:
    """Answers requests, whose bodies are here, by a WSGI application in `threads` threads."""

    def __init__(self, app: WsgiApp, threads: int) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="http")

    async def __call__(self, scope: dict[str, Any], body: RequestBody, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        call = _Call(self.app, make_environ(scope, body), loop, receive, send)
        try:
            content = await loop.run_in_executor(self.pool, contextvars.copy_context().run, call.answer)
        finally:
            call.give_up()
        if content is not None:
            for event in call.events_for(content, more=False):
                await send(event)


class _Call:
    """One call of the application, in its thread."""

    def __init__(
        self, app: WsgiApp, environ: Environ, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send
    ) -> None:
        self.app, self.environ, self.loop, self.receive, self.send = app, environ, loop, receive, send
        self.head: dict[str, Any] | None = None
        self.is_head_sent = False
        self.begun = time.monotonic()
        # nobody waits for what streams any more
        self.is_over = False
        self.watching: asyncio.Task[None] | None = None
        self.written: list[bytes] = []

    def answer(self) -> bytes | None:
        """The body of the answer; None when it has been streamed."""
        result = self.app(self.environ, self._start)
        try:
            if self.environ["REQUEST_METHOD"] == "HEAD":
                return b""
            # Django's responses say it; of others only a list is whole
            if getattr(result, "streaming", not isinstance(result, list | tuple)):
                try:
                    self._stream(result)
                except ConnectionAbortedError:
                    if not self.is_over:
                        raise
                return None
            return b"".join([*self.written, *result])
        finally:
            # also tells Django that the request is over, which looks after this thread's connection
            if hasattr(result, "close"):
                result.close()

    def events_for(self, content: bytes, *, more: bool) -> list[dict[str, Any]]:
        """What to send: the content, and before the first the head."""
        events = [{"type": "http.response.body", "body": content, "more_body": more}]
        if not self.is_head_sent:
            if self.head is None:
                raise RuntimeError("the application has answered without calling start_response")
            events.insert(0, self.head)
        self.is_head_sent = True
        return events

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info and self.is_head_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        pairs = [(name.strip().lower().encode("latin1"), value.strip().encode("latin1")) for name, value in headers]
        self.head = {"type": "http.response.start", "status": int(status[:3]), "headers": pairs}
        return self.written.append

    def _stream(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            if piece or self.written:
                self._push(b"".join([*self.written, piece]), more=True)
                self.written.clear()
        self._push(b"".join(self.written), more=False)

    def _push(self, content: bytes, *, more: bool) -> None:
        if self.is_over:
            raise ConnectionAbortedError("the request has been given up")
        left = self.begun + STREAMED_WITHIN_SECONDS - time.monotonic()
        sending = asyncio.run_coroutine_threadsafe(self._send_all(self.events_for(content, more=more)), self.loop)
        try:
            sending.result(min(SENT_WITHIN_SECONDS, max(left, 0)))
        except TimeoutError:
            sending.cancel()
            raise

    async def _send_all(self, events: list[dict[str, Any]]) -> None:
        self.watching = self.watching or asyncio.create_task(self._watch())
        for event in events:
            await self.send(event)

    async def _watch(self) -> None:
        """Servers let one send to a client that has gone, without a word."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.is_over = True

    def give_up(self) -> None:
        self.is_over = True
        if self.watching:
            self.watching.cancel()


def make_environ(scope: dict[str, Any], body: RequestBody) -> Environ:
    """A request as WSGI has it (PEP 3333): text is bytes read as latin-1."""
    server_name, server_port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", "").encode().decode("latin1"),
        "PATH_INFO": scope["path"].removeprefix(scope.get("root_path", "")).encode().decode("latin1"),
        "QUERY_STRING": scope["query_string"].decode("latin1"),
        "SERVER_NAME": server_name,
        "SERVER_PORT": str(server_port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body.file,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin1").upper().replace("-", "_")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = f"HTTP_{name}"
        value = raw_value.decode("latin1")
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    if body.length or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(body.length)
    return environ
