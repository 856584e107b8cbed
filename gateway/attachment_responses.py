"""Attachments over HTTP: whole, in parts or not at all, and never anything that a browser would run."""

import logging
import re
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from chats.attachments.file_types import PLAYED
from chats.models import Attachment
from common.names import show_name

log = logging.getLogger(__name__)
# more digits than any file has bytes make no sense
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def serve_attachment(
    attachment: Attachment, *, request: HttpRequest | None = None, download: bool = False
) -> HttpResponseBase:
    """The bytes with the type that they were found to have; never anything that a browser would run.

    With its request: a part of them where one is asked for (players seek), nothing where the browser has them
    (304), and with ?mini the small copy, or the file itself where it has none. Raises Http404.
    """
    if request and "mini" in request.GET and not download and attachment.thumb:
        try:
            return _serve_stored(attachment, attachment.thumb, request, mime="image/webp", mark="-mini")
        except Http404:
            log.warning("the small copy of file %s is gone", attachment.pk)
    return _serve_stored(attachment, attachment.file, request, mime=attachment.mime, download=download)


def _serve_stored(
    attachment: Attachment, stored: FieldFile, request: HttpRequest | None, *, mime: str, mark: str = "",
    download: bool = False,
) -> HttpResponseBase:  # fmt: skip
    # What is stored under a name never changes, but who may see it does: browsers keep it and ask each time.
    tag = f'"{PurePath(str(stored.name)).stem}{mark}"'
    kept = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request and (had := get_conditional_response(request, etag=tag)):
        return _with_headers(had, kept)
    try:
        # not FieldFile.open, which gives the same file, where it stood, to all who have the instance
        opened = stored.storage.open(str(stored.name), "rb")
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError:
        log.exception("file %s cannot be read", attachment.pk)
        words = _("Ahora no se puede traer el archivo. Probá en un rato")
        return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")
    response = _serve_bytes(opened, request, mime, tag)
    shown = (attachment.is_picture or attachment.mime in PLAYED) and not download
    response["Content-Disposition"] = content_disposition_header(not shown, show_name(attachment.name)) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Accept-Ranges"] = "bytes"
    return _with_headers(response, kept)


def _with_headers(response: HttpResponseBase, headers: dict[str, str]) -> HttpResponseBase:
    for name, value in headers.items():
        response[name] = value
    return response


def _serve_bytes(opened: File, request: HttpRequest | None, mime: str, tag: str) -> HttpResponseBase:
    """The whole file (200), a part (206), or none where the part lies behind its end (416)."""
    size = opened.size
    part = parse_range(request.headers.get("Range", ""), size) if request else None
    if request and request.headers.get("If-Range", tag) != tag:
        # a part of another file than they have begun with
        part = None
    if part is None:
        return _Streamed(opened, content_type=mime, headers={"Content-Length": str(size)})
    if not part:
        opened.close()
        return HttpResponse(status=416, content_type=mime, headers={"Content-Range": f"bytes */{size}"})
    opened.seek(part.start)
    said = {"Content-Length": str(len(part)), "Content-Range": f"bytes {part.start}-{part.stop - 1}/{size}"}
    return _Streamed(_Part(opened, len(part)), status=206, content_type=mime, headers=said)


def parse_range(header: str, size: int) -> range | None:
    """The part that a Range header asks for; empty: it lies behind the end; None: the whole file.

    Several parts at once may be answered with the whole (RFC 9110, 14.2), and so is what makes no sense.
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if not last:
        return range(int(first), size)
    return range(int(first), min(int(last) + 1, size)) if int(first) <= int(last) else None


class _Streamed(FileResponse):
    # a worker of the web process gives this much at a time; 4096 is Django's
    block_size = 65_536

    def set_headers(self, filelike: Any) -> None:
        """Said already, and only we know how long a part is."""


class _Part:
    """So many bytes of an open file, from where it stands."""

    def __init__(self, file: File, left: int) -> None:
        self.file, self.left = file, left

    def read(self, most: int = -1) -> bytes:
        data: bytes = self.file.read(self.left if most < 0 else min(most, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        self.file.close()
