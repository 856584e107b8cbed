"""A websocket client that costs little: hundreds of them in one process must not slow what they measure (RFC 6455)."""

import asyncio
import base64
import json
import os
import socket
from collections.abc import Callable
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
BYTES_TO_CONFIRM = 262_144  # bytes after which a page says that it got them (static/inbox/live.js)


def mask_frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame; a mask of zeros is a mask."""
    size = len(payload)
    length = bytes([128 | size]) if size < 126 else bytes([128 | 126]) + size.to_bytes(2, "big")
    return bytes([128 | opcode]) + length + bytes(4) + payload


def build_handshake(port: int, cookie: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nCookie: {cookie}\r\n\r\n"
    ).encode()


class Ear(asyncio.Protocol):
    """One socket. Answers pings and beats, as a page does; hands every other text to `heard`."""

    def __init__(self, port: int, cookie: str, heard: Callable[["Ear", bytes], None]) -> None:
        self.port, self.cookie, self.heard = port, cookie, heard
        self.open = False
        self.marks = asyncio.get_running_loop().create_future()
        self.closed_with: int | None = None
        self.gone = False
        self.rest = b""
        self.taken = 0  # bytes since our last word

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(build_handshake(self.port, self.cookie))

    def send_frame(self, **frame: Any) -> None:
        self.taken = 0
        self.transport.write(mask_frame(TEXT, json.dumps(frame).encode()))

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        if not self.open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                raise ConnectionError(head[:200].decode())
            self.open = True
        at, size = 0, len(data)
        while size - at >= 2:
            opcode, length, start = data[at] & 15, data[at + 1] & 127, at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            end = start + length
            if end > size or start > size:
                break
            self.read_frame(opcode, data[start:end])
            at = end
        self.rest = data[at:]

    def read_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.taken += len(payload)
            if payload.startswith(b'{"g"'):
                self.heard(self, payload)
                if self.taken > BYTES_TO_CONFIRM:
                    self.send_frame(got=1)
            elif payload.startswith(b'{"beat"'):
                self.send_frame(ok=1)
            elif payload.startswith(b'{"marks"') and not self.marks.done():
                self.marks.set_result(json.loads(payload)["marks"])
        elif opcode == PING:
            self.transport.write(mask_frame(PONG, payload))
        elif opcode == CLOSE:
            self.closed_with = int.from_bytes(payload[:2], "big")

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        if not self.marks.done():
            # who waits for them is told at once, and why
            said = f"closed with {self.closed_with}" if self.open else "closed before it was accepted"
            self.marks.set_exception(ConnectionError(f"a socket was {said}: {error!r}"))
            self.marks.exception()


async def connect_ear(ear: Ear, *, buffer: int = 0, waits_for_marks: bool = True) -> Ear:
    """Connects; on return the socket is in its groups (the product says so by its marks). `buffer`: SO_RCVBUF.

    ConnectionError where it was closed before that.
    """
    line = socket.socket()
    if buffer:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, ("127.0.0.1", ear.port))
    await loop.create_connection(lambda: ear, sock=line)
    if waits_for_marks:
        await asyncio.wait_for(ear.marks, 60)
    while not ear.open:
        if ear.gone:
            ear.marks.result()  # raises why
        await asyncio.sleep(0.01)
    return ear
