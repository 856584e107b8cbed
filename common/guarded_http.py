"""Calls to the outside: one pooled client a process, every call with a timeout, no redirects, no address inside.

The address that was checked is the one that is connected to: a name that resolves to something else a
moment later gains nothing.
"""

import socket
import threading
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.utils.translation import gettext as _

from common import address_guard, http_bounds, httpx_adapter, traces
from common.errors import Failure, OriginError

# seconds; most servers keep an idle connection for 5 or more: past that, it may be cut just when we write
MAX_IDLE_SECONDS = 4.0
MAX_CONNECTIONS, MAX_IDLE_CONNECTIONS = 100, 50
# limits of an answer that is read whole
MAX_ANSWER_BYTES, MAX_ANSWER_SECONDS = 2_000_000, 10.0


class _Guarded(httpcore.SyncBackend):
    """Connects to what the guard has seen, by number."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = http_bounds.in_time(lambda: address_guard.resolve_addresses(host, port))
        except OriginError as error:
            raise httpcore.ConnectError(str(error)) from error
        for number, address in enumerate(addresses, 1):
            try:
                left = http_bounds.time_left(timeout, httpcore.ConnectTimeout)
                return http_bounds.Timed(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore.ConnectError(f"{host}: no address")


def _make_transport() -> httpx.HTTPTransport:
    return httpx_adapter.transport_over(
        httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE_CONNECTIONS,
            keepalive_expiry=MAX_IDLE_SECONDS,
            network_backend=_Guarded(),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
    )


_lock = threading.Lock()
_client: httpx.Client | None = None


def shared_client() -> httpx.Client:
    """The process's client; threads share it."""
    global _client
    with _lock:
        if _client is None or _client.is_closed:
            _client = httpx.Client(
                transport=_make_transport(),
                timeout=http_bounds.TIMEOUT,
                follow_redirects=False,
                trust_env=False,
                headers={"Accept-Encoding": "identity"},
            )
        return _client


def send_request(
    method: str,
    url: str,
    *,
    unsure: bool = False,
    most: int = MAX_ANSWER_BYTES,
    within: float | None = None,
    whole: bool = False,
    **what: Any,
) -> httpx.Response:
    """One call, its answer read whole (cut off at `most` bytes). Raises OriginError where there is no answer.

    `unsure`: a call that must not be made twice; a line that was cut after the body is Failure.UNSURE then.
    `within`: seconds for all of it, from looking up the name to the last byte. `whole`: an answer of which not all
    came is none.
    """
    if within is not None:
        what.setdefault("timeout", within)
    with http_bounds.end_within(within, what), _traced(method, url) as span:
        answer = _request(method, url, unsure, most, whole, what)
        span.note(**{"http.response.status_code": answer.status_code})
        return answer


def _traced(method: str, url: str) -> AbstractContextManager[traces.Span]:
    """By the host alone: paths and queries of networks and bots hold tokens."""
    if not traces.is_on():
        return nullcontext(traces.Span())
    try:
        host = urlsplit(url).hostname or "?"
    except ValueError:
        host = "?"
    return traces.span(f"{method} {host}", "client", **{"http.request.method": method, "server.address": host})


def _request(method: str, url: str, unsure: bool, most: int, whole: bool, what: dict[str, Any]) -> httpx.Response:
    try:
        http_bounds.in_time(lambda: address_guard.check_address(url))
        with shared_client().stream(method, url, **what) as response:
            httpx_adapter.set_body(response, _read_body(response, most, whole))
            return response
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.WriteError, httpx.WriteTimeout) as error:
        # the body is incomplete
        raise OriginError(
            _("No se pudo conectar con el servidor"), permanent=False, code=type(error).__name__
        ) from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise no_answer(error, unsure=unsure) from error
    except (httpx.InvalidURL, ValueError) as error:
        raise OriginError(_("La dirección no sirve"), code=type(error).__name__) from error


def _read_body(response: httpx.Response, most: int, whole: bool) -> bytes:
    """What was said, and a byte more where it is over `most`."""
    said, ends = bytearray(), time.monotonic() + MAX_ANSWER_SECONDS
    try:
        for piece in http_bounds.read_pieces(response):
            said += piece
            if len(said) > most or time.monotonic() > ends:
                break
    except httpx.HTTPError as error:
        # the status has come: that decides, whatever becomes of the body
        if whole or isinstance(error, http_bounds.Packed):
            raise
    return bytes(said[: most + 1])


def no_answer(error: Exception, *, unsure: bool) -> OriginError:
    if isinstance(error, http_bounds.Packed) and not unsure:
        return OriginError(_("El servidor responde comprimido de un modo que no se lee"), code="Packed")
    if unsure:
        return OriginError(
            _("Se cortó la conexión antes de la respuesta"), failure=Failure.UNSURE, code=type(error).__name__
        )
    return OriginError(_("El servidor no responde"), permanent=False, code=type(error).__name__)


def download_bytes(url: str, most: int, *, within: float = 120, **what: Any) -> tuple[bytes, httpx.Headers]:
    """The bytes of a 200 answer.

    Raises OriginError: another status (code = its number), more than `most`, cut, packed as we have not asked for,
    over `within` seconds from looking up the name to the last byte.
    """
    ends = time.monotonic() + within
    try:
        with http_bounds.end_within(within, what), _traced("GET", url):
            http_bounds.in_time(lambda: address_guard.check_address(url))
            return _download(url, most, ends, what)
    except (httpx.TransportError, httpx.DecodingError) as error:
        if time.monotonic() >= ends:
            raise _make_late_error() from error
        raise no_answer(error, unsure=False) from error
    except (httpx.InvalidURL, ValueError) as error:
        raise OriginError(_("la dirección no sirve")) from error


def _download(url: str, most: int, ends: float, what: dict[str, Any]) -> tuple[bytes, httpx.Headers]:
    # BytesIO gives its bytes without a copy
    data = BytesIO()
    with shared_client().stream("GET", url, **what) as response:
        if response.status_code != 200:
            raise OriginError(
                f"HTTP {response.status_code}",
                permanent=response.status_code < 500 and response.status_code != 429,
                code=str(response.status_code),
            )
        for piece in http_bounds.read_pieces(response):
            data.write(piece)
            if data.tell() > most:
                raise OriginError(_("pesa más de %(most)s MB") % {"most": most // 1024 // 1024})
            if time.monotonic() > ends:
                raise _make_late_error()
        return data.getvalue(), response.headers


def _make_late_error() -> OriginError:
    return OriginError(_("tarda demasiado"), permanent=False)


def read_object(response: httpx.Response) -> dict[str, Any]:
    """The object that an answer holds; {} for anything else."""
    from common.parsing import read_json

    try:
        found = read_json(response.content)
    except OriginError:
        return {}
    return found if isinstance(found, dict) else {}
