"""An HTTP/1.1 server with as little as the networks' clients need: keep-alive, quick, bounded."""

import asyncio
import json
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.multipart import FilePart, read_multipart

MAX_BODY_BYTES = 110 * 1024 * 1024
MAX_HEAD_BYTES = 64 * 1024
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


@dataclass(slots=True)
class HttpRequest:
    """Header names in lower case; the last of several equal query names counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def read_object(self) -> dict[str, Any]:
        """The object in the body. Raises ValueError."""
        found = json.loads(self.body or b"{}")
        if not isinstance(found, dict):
            raise ValueError("a JSON object is expected")
        return found

    def read_form(self) -> tuple[dict[str, str], dict[str, FilePart]]:
        """Fields and files of a multipart or urlencoded body. Raises ValueError."""
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            return read_multipart(kind, self.body)
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True)), {}


@dataclass(slots=True)
class HttpAnswer:
    """What is answered. `status` 0: the line is closed without a word."""

    status: int = 200
    body: bytes = b""
    mime: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


CUT_ANSWER = HttpAnswer(status=0)
Handle = Callable[[HttpRequest], HttpAnswer | Awaitable[HttpAnswer]]


def answer_json(data: Any, status: int = 200) -> HttpAnswer:
    """An answer in JSON."""
    return HttpAnswer(status, json.dumps(data, ensure_ascii=False).encode())


class HttpConnection(asyncio.Protocol):
    """One line to a client; its requests are answered one after the other."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.buffer = bytearray()
        # of the request that is being read: its head, and of a body in chunks what has come of it
        self.head: tuple[str, str, dict[str, str]] | None = None
        self.chunks = bytearray()
        self.need = 0
        self.task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) >= self.need:
            self._answer_waiting()

    def _answer_waiting(self) -> None:
        while self.transport and not self.task:
            try:
                request = self._take_request()
            except ValueError as error:
                self._write_answer(answer_json({"error": str(error)}, 400), False)
                return
            if request is None:
                return
            self._answer_request(request)

    def _take_request(self) -> HttpRequest | None:
        """The next whole request out of the buffer, None while it is not whole."""
        self.need = 0
        if self.head is None:
            self.head = self._take_head()
        if self.head is None:
            return None
        method, target, headers = self.head
        is_chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        body = self._take_chunks() if is_chunked else self._take_bytes(int(headers.get("content-length") or 0))
        if body is None:
            return None
        self.head, self.chunks = None, bytearray()
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True)) if parts.query else {}
        return HttpRequest(method, unquote(parts.path), query, headers, body)

    def _take_head(self) -> tuple[str, str, dict[str, str]] | None:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD_BYTES:
                raise ValueError("too long a head")
            return None
        first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        del self.buffer[: end + 4]
        method, target, _version = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return method, target, headers

    def _take_bytes(self, length: int) -> bytes | None:
        if length > MAX_BODY_BYTES:
            raise ValueError("too long a body")
        if len(self.buffer) < length:
            self.need = length
            return None
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        return body

    def _take_chunks(self) -> bytes | None:
        """Takes what has come of a body in chunks; all of it once the last one is here."""
        while (end := self.buffer.find(b"\r\n")) >= 0:
            size = int(self.buffer[:end].split(b";")[0], 16)
            if len(self.chunks) + size > MAX_BODY_BYTES:
                raise ValueError("too long a body")
            if len(self.buffer) < end + 2 + size + 2:
                self.need = end + 2 + size + 2
                return None
            self.chunks += self.buffer[end + 2 : end + 2 + size]
            del self.buffer[: end + 2 + size + 2]
            if not size:
                return bytes(self.chunks)
        return None

    def _answer_request(self, request: HttpRequest) -> None:
        stays = request.headers.get("connection", "").lower() != "close"
        try:
            found = self.handle(request)
        except Exception:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            found = answer_json({"error": "the sandbox has failed"}, 500)
        if isinstance(found, HttpAnswer):
            self._write_answer(found, stays)
        else:
            self.task = asyncio.ensure_future(self._await_answer(found, stays))

    async def _await_answer(self, found: Awaitable[HttpAnswer], stays: bool) -> None:
        try:
            answer = await found
        except Exception:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            answer = answer_json({"error": "the sandbox has failed"}, 500)
        self.task = None
        self._write_answer(answer, stays)
        self._answer_waiting()

    def _write_answer(self, answer: HttpAnswer, stays: bool) -> None:
        if self.transport is None:
            return
        if not answer.status:
            self.transport.abort()
            self.transport = None
            return
        more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        more += "" if stays else "Connection: close\r\n"
        head = (
            f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Answer')}\r\nContent-Type: {answer.mime}\r\n"
            f"Content-Length: {len(answer.body)}\r\n{more}\r\n"
        )
        self.transport.write(head.encode("latin-1") + answer.body)
        if not stays:
            self.transport.close()


async def start_server(handle: Handle, port: int) -> asyncio.Server:
    """Listens on this machine only; port 0 takes a free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: HttpConnection(handle), "127.0.0.1", port, backlog=1024)
