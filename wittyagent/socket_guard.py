"""The guard of every socket before Channels: its page is ours, nobody opens too many, and few frames wait."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from common.client_address import socket_block
from live.closings import TOO_SLOW
from live.consumers import MAX_FRAME_CHARS
from origins import public_address

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DEFAULT_PORTS = {"http": 80, "https": 443}
# a page says a few words in ten seconds
MAX_WAITING_FRAMES = 64
# of one agent in one process: far above any desk's pages
MAX_SOCKETS_OF_AN_AGENT = 1000


async def _refuse(receive: Receive, send: Send) -> None:
    """Answer the handshake with 403."""
    await receive()
    await send({"type": "websocket.close"})


# --- whose page it is ----------------------------------------------------------------------------


def require_own_origin(app: App) -> App:
    """Let in only pages of ours: a browser sends its cookies with the sockets of every other page, too."""

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        public: str | None = settings.PUBLIC_URL or public_address.kept_url()
        if public is None:
            public = await database_sync_to_async(public_address.stored_url)()
        await (app(scope, receive, send) if _is_own_page(scope, public) else _refuse(receive, send))

    return enter


def _is_own_page(scope: Scope, public: str) -> bool:
    """Whether Origin names what the page itself was asked at: scheme, host and port."""
    origin, host = _only_header(scope, b"origin"), _only_header(scope, b"host")
    hosts = [*settings.ALLOWED_HOSTS, urlsplit(public).hostname or ""]
    if not validate_host(split_domain_port(host.lower())[0], hosts):
        return False
    # a proxy may pass on a host without its port: then the public address has it
    ours = (f"{_page_scheme(scope, host, public)}://{host}", public)
    came_from = _read_origin(origin)
    return came_from is not None and came_from in [_read_origin(one) for one in ours]


def _page_scheme(scope: Scope, host: str, public_url: str) -> str:
    """As Django's request.scheme is found; and no page of the public https address is in the clear."""
    public = _read_origin(public_url)
    is_https = scope.get("scheme") in ("wss", "https")
    is_https = is_https or (public is not None and public[:2] == ("https", split_domain_port(host.lower())[0]))
    if settings.SECURE_PROXY_SSL_HEADER:
        is_https = is_https or _only_header(scope, b"x-forwarded-proto") == "https"
    return "https" if is_https else "http"


def _only_header(scope: Scope, name: bytes) -> str:
    """The value of a header; nothing for one that comes twice."""
    found = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return found[0] if len(found) == 1 else ""


def _read_origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no http address."""
    try:
        parts = urlsplit(text)
        port = DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    if port is None or parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port


# --- how many there are --------------------------------------------------------------------------

# of this process: it is its memory that they take, and there is no other count that a killed process leaves true
_open_sockets: Counter[str] = Counter()


def limit_sockets(app: App) -> App:
    """Bound how many sockets one agent, or all the nobodies of one address, have open in this process."""

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        caller, most = f"address {socket_block(scope)}", settings.SOCKETS_PER_ADDRESS
        if scope["user"].is_authenticated:
            caller, most = f"agent {scope['user'].pk}", MAX_SOCKETS_OF_AN_AGENT
        if _open_sockets[caller] >= most:
            await _refuse(receive, send)
            return
        _open_sockets[caller] += 1
        try:
            await app(scope, receive, send)
        finally:
            _open_sockets[caller] -= 1
            if not _open_sockets[caller]:
                del _open_sockets[caller]

    return enter


# --- how much they say ---------------------------------------------------------------------------


def bound_frames(app: App) -> App:
    """Bound what waits for the consumer. Daphne reads as fast as a browser sends, and keeps all of it."""

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        reader = asyncio.create_task(_read_frames(receive, waiting, send))
        try:
            await app(scope, waiting.get, send)
        except BaseException:  # raised again: the reader ends with whatever ends the consumer
            reader.cancel()
            raise
        # what still comes until the browser has hung up is read, and forgotten
        await reader

    return enter


async def _read_frames(receive: Receive, waiting: asyncio.Queue[dict[str, Any]], send: Send) -> None:
    """Hand over what comes, until the line ends; who says too much at once is cut off."""
    is_cut_off = False
    while True:
        event = await receive()
        ends = event["type"] == "websocket.disconnect"
        if not is_cut_off:
            if waiting.qsize() >= MAX_WAITING_FRAMES and not ends:
                is_cut_off = True
                while not waiting.empty():
                    waiting.get_nowait()
                event = {"type": "websocket.disconnect", "code": TOO_SLOW}
                await send({"type": "websocket.close", "code": TOO_SLOW})
            elif len(event.get("text") or event.get("bytes") or "") > MAX_FRAME_CHARS:
                # no frame, and the consumer says so; its size is not kept
                event = {"type": "websocket.receive", "text": ""}
            waiting.put_nowait(event)
        if ends:
            return
