"""Files: their type from their content, safe names, and what the worker fetches or clears away."""

import contextlib
import logging
import re
import unicodedata
from datetime import datetime
from io import BytesIO
from typing import Any

import httpx
import puremagic
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from chats import news
from chats.models import Attachment, Message
from chats.moves import Refused
from origins import guard
from origins.facts import OriginError

log = logging.getLogger(__name__)

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
# shown in the page as what they are; everything else is a download without a type of its own
PLAYED = {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/wav", "video/mp4", "video/webm"}
KNOWN = PLAYED | {"application/pdf", "application/zip", "text/plain", "text/csv"}
UNKNOWN = "application/octet-stream"


def keep(upload: UploadedFile, **owner: Any) -> Attachment:
    """Store an upload that no message has yet. Raises Refused: 413 too large, 422 empty."""
    if (upload.size or 0) > MOST_BYTES:
        raise Refused(_("El archivo pesa más de 10 MB. Mandalo por partes"), status=413)
    if not upload.size:
        raise Refused(_("El archivo está vacío"), status=422)
    return keep_bytes(upload.read(), upload.name or "", **owner)


def keep_bytes(data: bytes, name: str, **owner: Any) -> Attachment:
    mime, width, height = look(data)
    attachment = Attachment(name=safe_name(name), mime=mime, size=len(data), width=width, height=height, **owner)
    # the name on disk says nothing and cannot collide
    attachment.file.save(f"{attachment.uuid.hex}.bin", ContentFile(data), save=False)
    try:
        attachment.save()
    except BaseException:
        attachment.file.delete(save=False)
        raise
    return attachment


def look(data: bytes) -> tuple[str, int | None, int | None]:
    """(type, width, height) by content; a size only for a picture that really is one and not a bomb."""
    with contextlib.suppress(Exception):  # Pillow raises whatever a broken picture makes it raise
        with Image.open(BytesIO(data), formats=list(PICTURES)) as picture:
            width, height = picture.size
            if width * height <= MOST_PIXELS:
                picture.verify()
                return PICTURES[picture.format or ""], width, height
        return UNKNOWN, None, None
    try:
        found = puremagic.from_string(data[:65536], mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if found in ("audio/x-wav", "audio/wave"):
        found = "audio/wav"
    return (found if found in KNOWN else UNKNOWN), None, None


def safe_name(name: str) -> str:
    """A file's name without paths, control characters or overrides of direction; at most 120 characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    name = re.sub(r'[<>:"|?*%]', "_", name).strip(" .")
    if len(name) > 120:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: 119 - len(ending)]}{dot}{ending}" if dot and len(ending) <= 10 else name[:120]
    return name or _("archivo")


def fetch(message_pk: int) -> None:
    """Fetch the media that an HTTP message names, into an attachment; a placeholder says why where it cannot."""
    message = Message.objects.select_related("chat__contact__origin").get(pk=message_pk)
    media = message.payload.get("media") or {}
    if not media.get("url") or message.attachments.exists():
        return
    try:
        data = _download(media["url"])
        reason = "" if data else _("está vacío")
    except OriginError as error:
        data, reason = b"", str(error)
    with transaction.atomic():
        row = Message.objects.select_for_update().get(pk=message_pk)
        if row.attachments.exists():
            return
        if data:
            keep_bytes(data, media.get("filename") or "", message=row, chat_id=row.chat_id)
        row.payload = {**row.payload, "media": {**media, "reason": reason[:200]}}
        row.save(update_fields=("payload",))
        news.changed(row)


def _download(url: str) -> bytes:
    guard.check(url)
    data = bytearray()
    try:
        with httpx.stream("GET", url, timeout=httpx.Timeout(20, connect=5), follow_redirects=False) as response:
            if response.status_code != 200:
                raise OriginError(f"HTTP {response.status_code}", permanent=response.status_code < 500)
            for piece in response.iter_bytes():
                data += piece
                if len(data) > MOST_BYTES:
                    raise OriginError(_("pesa más de 10 MB"))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise OriginError(type(error).__name__, permanent=False) from error
    return bytes(data)


def drop_loose(before: datetime, most: int = 500) -> int:
    """Delete uploads that no message took. Returns how many."""
    loose = list(Attachment.objects.filter(message=None, created_at__lt=before).order_by("created_at")[:most])
    for attachment in loose:
        # compare and set: a message may take it at this very moment
        gone, _rows = Attachment.objects.filter(pk=attachment.pk, message=None).delete()
        if gone:
            attachment.file.delete(save=False)
    return len(loose)
