"""HTTP/1.1 as a client: what posts the webhooks, one kept line a lane."""

import asyncio
import ssl
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30.0
MAX_ANSWER_BYTES = 30 * 1024 * 1024


class WebhookCaller:
    """One kept line to one server at a time. A call raises OSError (or TimeoutError) where there is no answer."""

    def __init__(self) -> None:
        self.where: tuple[str, int, bool] | None = None
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def send_request(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"", *, hang_up: bool = False
    ) -> tuple[int, bytes]:
        """Status and body. `hang_up`: close the line once the body is out, and raise ConnectionAbortedError."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        where = (parts.hostname or "", parts.port or (443 if secure else 80), secure)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
        async with asyncio.timeout(TIMEOUT_SECONDS):
            for attempt in (1, 2):
                was_open = self.writer is not None and self.where == where
                try:
                    return await self._send_once(where, request, hang_up)
                except (OSError, EOFError) as error:
                    self.close_line()
                    # a kept line may have been closed meanwhile: that says nothing about the server
                    if not was_open or attempt == 2 or hang_up:
                        raise ConnectionError(str(error) or type(error).__name__) from error
        raise ConnectionError("no answer")

    async def _send_once(self, where: tuple[str, int, bool], request: bytes, hang_up: bool) -> tuple[int, bytes]:
        if self.writer is None or self.where != where or self.writer.is_closing():
            self.close_line()
            host, port, secure = where
            context = ssl.create_default_context() if secure else None
            self.reader, self.writer = await asyncio.open_connection(host, port, ssl=context, limit=256 * 1024)
            self.where = where
        assert self.reader is not None  # noqa: S101
        self.writer.write(request)
        await self.writer.drain()
        if hang_up:
            self.close_line()
            raise ConnectionAbortedError("hung up")
        return await self._read_answer(self.reader)

    async def _read_answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        headers = dict(line.partition(": ")[::2] for line in head.split("\r\n")[1:])
        if "chunked" in headers.get("transfer-encoding", ""):
            body = b""
            while size := int((await reader.readline()).split(b";")[0], 16):
                body += (await reader.readexactly(size + 2))[:-2]
                if len(body) > MAX_ANSWER_BYTES:
                    raise ConnectionError("too long an answer")
            await reader.readline()
        elif "content-length" in headers:
            if int(headers["content-length"]) > MAX_ANSWER_BYTES:
                raise ConnectionError("too long an answer")
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = await reader.read(MAX_ANSWER_BYTES) if status not in (204, 304) else b""
            self.close_line()
        if headers.get("connection") == "close":
            self.close_line()
        return status, body

    def close_line(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None
