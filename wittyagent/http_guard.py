"""The guard of every HTTP request before WSGI: what that cannot carry is mended, dropped or refused here."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

App = Callable[[Any, Any, Any], Awaitable[None]]

CHATWOOT_TOKEN = b"api_access_token"
# the largest legal request is an upload of 10 MB in its form
MAX_BODY_BYTES = 12 * 1024 * 1024


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
            await _reject_large(scope, send)
            return
        if length is None and b"transfer-encoding" in headers:
            body = await _read_body(receive)
            if body is None:
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


async def _reject_large(scope: dict[str, Any], send: Callable[..., Any]) -> None:
    words, kind = b"at most 12 MB", b"text/plain"
    if scope.get("path", "").startswith("/api/"):
        problem = {"type": "about:blank", "title": "The body is too large", "status": 413, "detail": "At most 1 MB"}
        words, kind = json.dumps(problem).encode(), b"application/problem+json"
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(words)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": words})
