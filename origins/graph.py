"""The Graph API, for all networks of Meta: signatures, the verification request, calls, errors and media links."""

import hmac
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
from django.utils.translation import gettext as _

from common import guarded_http
from common.errors import Failure, OriginError
from common.signature import is_signed
from origins.graph_errors import find_failure, make_error
from origins.http import read_retry_after

if TYPE_CHECKING:
    from origins.models import Origin

__all__ = [
    "BASE",
    "HEADER",
    "VERSION",
    "answer_challenge",
    "base_url",
    "call_graph",
    "fetch_url",
    "find_failure",
    "make_error",
    "may_have_token",
    "verify",
]  # fmt: skip

log = logging.getLogger(__name__)

HEADER = "x-hub-signature-256"
VERSION = "v25.0"
BASE = "https://graph.facebook.com"
# Meta's own, with all that is below them
OWN_HOSTS = ("fbsbx.com", "facebook.com", "fbcdn.net", "whatsapp.net")
MAX_SIGNATURE_CHARS = 200
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")


def verify(origin: "Origin", headers: Mapping[str, str], raw: bytes) -> bool:
    """Whether these bytes were signed with the app's secret, or with the one before it while it is changed."""
    given = headers.get(HEADER, "")
    if not given or len(given) > MAX_SIGNATURE_CHARS:
        return False
    return any(is_signed(secret, raw, given) for secret in (origin.secret, origin.previous_secret) if secret)


def answer_challenge(origin: "Origin", query: Mapping[str, list[str]]) -> str | None:
    """What the verification request (GET) is to be answered, as text/plain; None: refuse it."""
    try:
        ((mode,), (token,), (echoed,)) = (
            query.get(f"hub.{name}", []) for name in ("mode", "verify_token", "challenge")
        )
    except ValueError:
        return None
    if mode != "subscribe" or not origin.verify_token:
        return None
    same = hmac.compare_digest(token.encode("utf-8", "replace"), origin.verify_token.encode("utf-8", "replace"))
    return echoed if same else None


def base_url(origin: "Origin", default: str = BASE) -> str:
    return (origin.api_url or default).rstrip("/")


def call_graph(
    origin: "Origin", method: str, path: str, *, unsure: bool = False, default: str = BASE, token: str = "", **what: Any
) -> dict[str, Any]:
    """One call with the line's token, or another; what it answers. Raises OriginError, its class by Meta's number.

    `unsure`: must not be made twice (Failure.UNSURE where the line is cut after the body). `what`: as in httpx.
    """
    headers = {**what.pop("headers", {}), "Authorization": _bearer_header(token or origin.access_token)}
    response = guarded_http.send_request(
        method, f"{base_url(origin, default)}/{VERSION}/{path}", unsure=unsure, headers=headers, **what
    )
    answer = guarded_http.read_object(response)
    if response.is_success and not isinstance(answer.get("error"), dict):
        return answer
    found = answer.get("error")
    error = make_error(found, response.status_code, read_retry_after(response))
    trace = found.get("fbtrace_id") if isinstance(found, dict) else None
    log.warning("%s: HTTP %s, code %s (%.60s)", origin.kind, response.status_code, error.code, trace)
    raise error


def _bearer_header(token: str) -> str:
    # as a header it would fail in other words
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise OriginError(
            _("La línea no tiene un token de acceso que sirva. Cargá uno nuevo en la línea."), failure=Failure.ACCOUNT
        )
    return f"Bearer {token}"


def may_have_token(origin: "Origin", url: str) -> bool:
    """Whether the line's token may go to this address: Meta's own over https, or the server that `api_url` names."""
    try:
        # read as the client will read it
        asked = httpx.URL(url)
        ours = httpx.URL(origin.api_url) if origin.api_url else None
    except (httpx.InvalidURL, TypeError, ValueError):
        return False
    if asked.userinfo or not asked.host:
        return False
    if ours is not None and (asked.scheme, asked.host, asked.port) == (ours.scheme, ours.host, ours.port):
        return True
    host = asked.host.lower()
    is_own = _PLAIN_HOST.fullmatch(host) and any(host == own or host.endswith(f".{own}") for own in OWN_HOSTS)
    return bool(is_own) and asked.scheme == "https" and asked.port in (None, 443)


def fetch_url(origin: "Origin", url: str, most: int) -> bytes:
    """The bytes at a link of Meta's, at most `most`. Raises OriginError; its code is the HTTP status.

    The token goes along only where it may; a page instead of a file is refused.
    """
    headers = {"Authorization": _bearer_header(origin.access_token)} if may_have_token(origin, url) else {}
    data, answered = guarded_http.download_bytes(url, most, headers=headers)
    kind = answered.get("content-type", "").split(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        words = _("Llegó una página en lugar del archivo. Pedile al cliente que lo envíe de nuevo.")
        raise OriginError(words, permanent=False)
    return data
