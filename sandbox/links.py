"""Files that a message names by their address: the network fetches them itself."""

import asyncio
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.web import MAX_BODY_BYTES

FETCH_SECONDS = 10
# as many at once as a network would let one line have
_TURNS = asyncio.Semaphore(8)
# what stands on this machine is fetched from it, whatever proxy there is
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class FetchedFile:
    """What stood at an address. `status` of HTTP; 0: nothing answered there."""

    status: int = 0
    data: bytes = b""
    mime: str = ""

    @property
    def is_there(self) -> bool:
        return self.status == 200 and bool(self.data)


def is_link(text: object) -> bool:
    """Whether a network would try to fetch this."""
    parts = urlsplit(text) if isinstance(text, str) else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


async def fetch_file(url: str) -> FetchedFile:
    """The file at an address, up to the size that any network takes."""
    async with _TURNS:
        return await asyncio.to_thread(_fetch, url)


def _fetch(url: str) -> FetchedFile:
    request = urllib.request.Request(url, headers={"User-Agent": "facebookexternalua"})  # noqa: S310 - http(s) only
    try:
        with _OPENER.open(request, timeout=FETCH_SECONDS) as answer:
            kind = answer.headers.get("Content-Type", "")
            return FetchedFile(answer.status, answer.read(MAX_BODY_BYTES), kind)
    except urllib.error.HTTPError as error:
        with error:
            return FetchedFile(error.code)
    except (OSError, ValueError, http.client.HTTPException):
        return FetchedFile()
