"""One HTTP call to a bot: 5 seconds for all of it, 1 MB, no redirects, no address inside."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
from django.utils.translation import gettext as _

from common import guarded_http
from common.errors import OriginError
from common.parsing import read_json

WITHIN = 5.0
MAX_ANSWER_BYTES = 1_000_000
# what another try cannot mend: a wrong token, a wrong address
HOPELESS = frozenset({401, 403, 404, 410})
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "WittyAgent"}


class Clock:
    """What is left of a turn's time; a connector of several calls shares it among them."""

    def __init__(self, within: float | None = None) -> None:
        self.ends = time.monotonic() + (WITHIN if within is None else within)

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()


def parts_of(url: str) -> SplitResult:
    """An address in its parts. Raises OriginError for what is none."""
    try:
        return urlsplit(url.strip())
    except ValueError as error:
        raise OriginError(_("La dirección no sirve"), code="InvalidURL") from error


def as_json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def ask_bot(
    method: str, url: str, clock: Clock, *, raw: bytes | None = None, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """The answer, whatever its status. Raises OriginError where there is none in time."""
    if clock.left <= 0:
        raise OriginError(_("El servidor no responde"), permanent=False, code="ReadTimeout")
    return guarded_http.send_request(
        method,
        url,
        within=clock.left,
        whole=True,
        most=MAX_ANSWER_BYTES,
        content=raw,
        headers={**HEADERS, **(headers or {})},
    )


def check_status(response: httpx.Response) -> httpx.Response:
    """A 2xx. Raises OriginError: `code` is the status, `after` what Retry-After says."""
    if response.is_success:
        return response
    status = response.status_code
    words = _("Respondió HTTP %(status)s") % {"status": status}
    given = response.headers.get("Retry-After", "")
    after = min(float(given), 30.0) if given.isascii() and given.isdecimal() and len(given) < 6 else 0.0
    raise OriginError(words, permanent=status in HOPELESS, after=after, code=str(status))


def value_of(response: httpx.Response) -> Any:
    """What the answer holds; None for an empty one. Raises OriginError: too long, or not JSON."""
    raw = response.content
    if len(raw) > MAX_ANSWER_BYTES:
        raise OriginError(_("La respuesta pasa de 1 MB"), permanent=False, code=str(response.status_code))
    if not raw.strip():
        return None
    try:
        return read_json(raw)
    except OriginError as error:
        words = _("La respuesta no es JSON")
        raise OriginError(words, permanent=False, code=str(response.status_code)) from error
