"""The bounds of a call to the outside: when all of it ends, and how much of its answer there is at once."""

import math
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import httpcore
import httpx
from django.utils.translation import gettext as _

from common.errors import OriginError

TIMEOUT = httpx.Timeout(20, connect=5, pool=10)
# bytes written or decompressed at once: a server that takes them drop by drop must not win time either
PIECE_BYTES = 65_536
# other encodings are refused: a few bytes may stand for gigabytes, and httpx decompresses before we can count
PLAIN, GZIP = ("", "identity"), ("gzip", "x-gzip")

Found = TypeVar("Found")

# when the whole of this thread's call must have ended, by time.monotonic()
_ends: ContextVar[float | None] = ContextVar("ends", default=None)


def time_left(timeout: float | None, late: type[Exception]) -> float | None:
    """How long a single wait may take: its own timeout, and never past the end of the whole call."""
    ends = _ends.get()
    if ends is None:
        return timeout
    left = ends - time.monotonic()
    if left <= 0:
        raise late("the whole call took too long")
    return left if timeout is None else min(timeout, left)


class Packed(httpx.DecodingError):
    """An answer that is packed in a way that we have not asked for."""


class Timed(httpcore.NetworkStream):
    """A line on which a byte now and then does not win time."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE_BYTES):
            self._stream.write(buffer[start : start + PIECE_BYTES], time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Timed(self._stream.start_tls(ssl_context, server_hostname, time_left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def in_time(look: Callable[[], Found]) -> Found:
    """What the guard finds. Name servers know no timeouts: where the whole call has an end, nobody waits longer."""
    ends = _ends.get()
    if ends is None:
        return look()
    found: list[Found] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.append(look())
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(0.0, ends - time.monotonic()))
    if failed:
        raise failed[0]
    if not found:
        raise OriginError(_("El servidor no responde"), permanent=False, code="ConnectTimeout")
    return found[0]


@contextmanager
def end_within(within: float | None, what: dict[str, Any]) -> Iterator[None]:
    """All that is done inside ends within so many seconds; `what`: the call, whose wait for a line does, too."""
    if within is not None:
        timeout = httpx.Timeout(what.get("timeout", TIMEOUT))
        timeout.pool = within if timeout.pool is None else min(timeout.pool, within)
        what["timeout"] = timeout
    with all_within(within):
        yield


@contextmanager
def all_within(seconds: float | None) -> Iterator[None]:
    """The same of several calls, each of which has what those before it leave. None: no end but that around it."""
    around = _ends.get()
    ends = around if seconds is None else min(around or math.inf, time.monotonic() + seconds)
    token = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(token)


def read_pieces(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of bounded size, some of them empty: whoever reads may stop at any of them.

    Raises Packed, and for gzip, which some send although nobody asked, httpx.DecodingError where it is cut or odd.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in PLAIN:
        yield from response.iter_raw()
        return
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for raw in response.iter_raw():
        if raw and encoding not in GZIP:
            raise Packed(f"Content-Encoding: {encoding[:40]}")
        yield b""
        while raw and not unpacker.eof:
            try:
                piece = unpacker.decompress(raw, PIECE_BYTES)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from error
            raw = unpacker.unconsumed_tail
            yield piece
    if encoding in GZIP and not unpacker.eof:
        raise httpx.DecodingError("cut")
