"""Compression of what is made for one request: brotli where the browser takes it, else gzip.

Static files were compressed when they were collected, and files of chats are streamed as they are.
"""

import gzip
import secrets
from collections.abc import Callable
from typing import Any

import brotli
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

MIN_BYTES = 200
BROTLI_QUALITY, GZIP_LEVEL = 5, 6
# an answer is longer by 0 to so many bytes, by chance: what its length says of its content (BREACH) is lost in them
MAX_RANDOM_BYTES = 100
KINDS = {
    "application/javascript", "application/json", "application/problem+json", "application/xml", "image/svg+xml",
}  # fmt: skip
# these have no body, or a piece of one
BODILESS = {204, 206, 304}


def compress_brotli(data: bytes, padding: int = 0) -> bytes:
    """A brotli stream with a block of metadata of this length in it, which decoders skip (RFC 7932, 9.2)."""
    maker = brotli.Compressor(quality=BROTLI_QUALITY)
    # flushed, the stream ends with a byte, where the block can stand
    return bytes(maker.process(data) + maker.flush() + _make_metadata(padding) + maker.finish())


def _make_metadata(length: int) -> bytes:
    if not length:
        return b""
    # from the lowest bit on: not the last block, no size (11), reserved, one byte of length, length - 1
    head = 0b010110 | (length - 1) << 6
    return head.to_bytes(2, "little") + b"a" * length


def compress_gzip(data: bytes, padding: int = 0) -> bytes:
    """A gzip file with a name of this length (RFC 1952), as Django's own middleware pads it."""
    plain = gzip.compress(data, GZIP_LEVEL, mtime=0)
    if not padding:
        return plain
    head = bytearray(plain[:10])
    head[3] |= 8  # FNAME
    return bytes(head) + b"a" * (padding - 1) + b"\0" + plain[10:]


ENCODINGS: dict[str, Callable[[bytes, int], bytes]] = {"br": compress_brotli, "gzip": compress_gzip}


def choose_encoding(accepted: str) -> str:
    """The first of ours that an Accept-Encoding takes (RFC 9110, 12.5.3); "" for none."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *rest = (one.strip() for one in part.split(";"))
        quality = next((one[2:] for one in rest if one.startswith("q=")), "1")
        try:
            weights[name] = float(quality)
        except ValueError:
            weights[name] = 0
    return next((name for name in ENCODINGS if weights.get(name, weights.get("*", 0)) > 0), "")


class CompressionMiddleware:
    """Stands outside of all that writes into an answer, and inside of the static files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: Any = self.get_response(request)
        if not _is_compressible(response):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        encoding = choose_encoding(request.headers.get("Accept-Encoding", ""))
        if not encoding or _is_foreign(request):
            return response
        packed = ENCODINGS[encoding](response.content, secrets.randbelow(MAX_RANDOM_BYTES + 1))
        if len(packed) >= len(response.content):
            return response
        response.content = packed
        response["Content-Length"] = str(len(packed))
        response["Content-Encoding"] = encoding
        tag = response.headers.get("ETag", "")
        if tag.startswith('"'):
            # the same page in other bytes (RFC 9110, 8.8.1)
            response["ETag"] = f"W/{tag}"
        return response


def _is_compressible(response: Any) -> bool:
    if response.streaming or response.status_code in BODILESS or len(response.content) < MIN_BYTES:
        return False
    if response.has_header("Content-Encoding") or "no-transform" in response.headers.get("Cache-Control", ""):
        return False
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in KINDS


def _is_foreign(request: HttpRequest) -> bool:
    """Whether another site asked for a page of somebody who is signed in.

    BREACH lives of such requests: what the other site guesses stands in the page beside what is private, and the
    length says whether it was right. A browser that does not say who asks has the random bytes alone.
    """
    foreign = request.headers.get("Sec-Fetch-Site", "") in ("cross-site", "same-site")
    return foreign and settings.SESSION_COOKIE_NAME in request.COOKIES
