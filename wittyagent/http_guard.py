"""The guard of every HTTP request before its thread: what WSGI cannot carry is mended, dropped or refused here.

The body is read here, too, whole and bounded: no thread is lent to who is slow to send.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import quote

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from wittyagent.http_bridge import Receive, RequestBody, Send

App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
# one that is given the whole body
Answer = Callable[[dict[str, Any], RequestBody, Receive, Send], Awaitable[None]]

CHATWOOT_TOKEN = b"api_access_token"
# the largest legal request is an upload of 10 MB in its form
MAX_BODY_BYTES = 12 * 1024 * 1024
# more than that stands in a temporary file
MAX_BYTES_IN_MEMORY = 512 * 1024
# what is longer still, or slower, is cut off
MAX_DISCARDED_BYTES, MAX_DISCARD_SECONDS = 64 * 1024 * 1024, 60.0


class Disconnected(Exception):
    """The client has gone before its request was whole."""


class TooLarge(Exception):
    """The body has more than MAX_BODY_BYTES."""


def guard_http(answer: Answer) -> App:
    """Wrap a bridge.

    Raw bytes in the query are quoted, headers that could pass for others are dropped, too large is 413.
    """

    async def enter(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        scope = {**scope, "headers": [one for one in scope["headers"] if _is_clear(one[0])]}
        scope["query_string"] = quote(scope["query_string"], safe="".join(map(chr, range(33, 127)))).encode()
        length = dict(scope["headers"]).get(b"content-length", b"0")
        try:
            if not (length.isdigit() and int(length) <= MAX_BODY_BYTES):
                raise TooLarge
            body = await _read_body(receive)
        except TooLarge:
            await _discard_body(receive)
            await _reject_large(scope, send)
        except Disconnected:
            return
        else:
            await answer(scope, body, receive, send)

    return enter


def _is_clear(name: bytes) -> bool:
    """Whether WSGI takes this header for no other: there, x_forwarded_for and x-forwarded-for are one.

    Daphne drops such headers itself, other servers do not.
    """
    return b"_" not in name or name.lower() == CHATWOOT_TOKEN


async def _read_body(receive: Receive) -> RequestBody:
    event = await _next_piece(receive)
    if not event.get("more_body"):
        piece = event.get("body", b"")
        if len(piece) > MAX_BODY_BYTES:
            raise TooLarge
        return RequestBody(BytesIO(piece), len(piece))
    file: IO[bytes] = SpooledTemporaryFile(MAX_BYTES_IN_MEMORY)  # noqa: SIM115 - ends with the request
    length = 0
    while True:
        piece = event.get("body", b"")
        length += len(piece)
        if length > MAX_BODY_BYTES:
            raise TooLarge
        file.write(piece)
        if not event.get("more_body"):
            file.seek(0)
            return RequestBody(file, length)
        event = await _next_piece(receive)


async def _next_piece(receive: Receive) -> dict[str, Any]:
    event = await receive()
    if event["type"] == "http.disconnect":
        raise Disconnected
    return event


async def _discard_body(receive: Receive) -> None:
    """Let a body arrive that nobody wants, if it is not much too long: a browser that still sends reads no answer."""
    left = MAX_DISCARDED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(MAX_DISCARD_SECONDS):
            while left > 0:
                event = await receive()
                left -= len(event.get("body", b""))
                if event["type"] != "http.request" or not event.get("more_body"):
                    return


async def _reject_large(scope: dict[str, Any], send: Send) -> None:
    words, kind, more = _large_words(scope)
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(words)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
        *more,
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": words})


def _large_words(scope: dict[str, Any]) -> tuple[bytes, bytes, list[tuple[bytes, bytes]]]:
    """The refusal as it was asked for: JSON to machines and the web chat, a toast to HTMX, a page to a plain form."""
    path, headers = scope.get("path", ""), dict(scope["headers"])
    if path.startswith("/api/"):
        problem = {"type": "about:blank", "title": "The body is too large", "status": 413, "detail": "At most 1 MB"}
        return json.dumps(problem).encode(), b"application/problem+json", []
    if path.startswith("/webhooks/"):
        return json.dumps({"reason": "at most 5 MB"}).encode(), b"application/json", []
    words = _("Pesa demasiado: cada archivo puede pesar hasta 10 MB. No se envió nada.")
    if path.startswith("/w/"):
        return json.dumps({"reason": words}).encode(), b"application/json", []
    if headers.get(b"hx-request") == b"true":
        toast = json.dumps({"toast": {"level": "error", "title": words, "text": ""}}).encode()
        return b"", b"text/plain", [(b"hx-trigger", toast), (b"hx-reswap", b"none")]
    return render_to_string("413.html", {"words": words}).encode(), b"text/html; charset=utf-8", []
