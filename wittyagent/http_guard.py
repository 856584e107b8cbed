"""The guard of every HTTP request before WSGI: what that cannot carry is mended, dropped or refused here."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

App = Callable[[Any, Any, Any], Awaitable[None]]

CHATWOOT_TOKEN = b"api_access_token"
# the largest legal request is an upload of 10 MB in its form
MAX_BODY_BYTES = 12 * 1024 * 1024
# what is longer still, or slower, is cut off
MAX_DISCARDED_BYTES, MAX_DISCARD_SECONDS = 64 * 1024 * 1024, 60.0


def guard_http(app: App) -> App:
    """Wrap a WSGI bridge.

    Raw bytes in the query are quoted, headers that could pass for others are dropped, a body without a length gets
    one, too large is 413.
    """

    async def enter(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        scope = {**scope, "headers": [one for one in scope["headers"] if _is_clear(one[0])]}
        headers = dict(scope["headers"])
        scope = {**scope, "query_string": quote(scope["query_string"], safe="".join(map(chr, range(33, 127)))).encode()}
        length = headers.get(b"content-length")
        if length is not None and not (length.isdigit() and int(length) <= MAX_BODY_BYTES):
            await _discard_body(receive)
            await _reject_large(scope, send)
            return
        if length is None and b"transfer-encoding" in headers:
            body = await _read_body(receive)
            if body is None:
                await _discard_body(receive)
                await _reject_large(scope, send)
                return
            scope["headers"] = [*scope["headers"], (b"content-length", str(len(body)).encode())]
            receive = _replay_body(body, receive)
        await app(scope, receive, send)

    return enter


def _is_clear(name: bytes) -> bool:
    """Whether WSGI takes this header for no other: there, x_forwarded_for and x-forwarded-for are one.

    Daphne drops such headers itself, other servers do not.
    """
    return b"_" not in name or name.lower() == CHATWOOT_TOKEN


async def _read_body(receive: Callable[..., Any]) -> bytes | None:
    """A body of unknown length; None when it is too long."""
    body = bytearray()
    while True:
        event = await receive()
        body += event.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if event["type"] != "http.request" or not event.get("more_body"):
            return bytes(body)


def _replay_body(body: bytes, receive: Callable[..., Any]) -> Callable[..., Any]:
    """A `receive` that gives this body first."""
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return given.pop() if given else await receive()

    return again


async def _discard_body(receive: Callable[..., Any]) -> None:
    """Let a body arrive that nobody wants, if it is not much too long: a browser that still sends reads no answer."""
    left = MAX_DISCARDED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(MAX_DISCARD_SECONDS):
            while left > 0:
                event = await receive()
                left -= len(event.get("body", b""))
                if event["type"] != "http.request" or not event.get("more_body"):
                    return


async def _reject_large(scope: dict[str, Any], send: Callable[..., Any]) -> None:
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
