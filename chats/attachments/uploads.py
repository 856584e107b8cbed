"""Uploads: bytes kept as attachments, at first without a message; what no message takes is deleted."""

import logging
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chats.attachments import peaks, thumbnails
from chats.attachments.file_types import FileType, detect_type
from chats.attachments.file_types import safe_name as safe_name
from chats.attachments.removal import delete_bytes
from chats.errors import Rejected, Rejection
from chats.models import Attachment

log = logging.getLogger(__name__)
MB = 1024 * 1024
# of an upload
MAX_UPLOAD_BYTES = 10 * MB
# loose ones that are read at once
PAGE = 500


def keep_upload(upload: UploadedFile, **owner: Any) -> Attachment:
    """Store an upload that no message has yet. Raises Rejected: TOO_LARGE, INVALID (empty), UNAVAILABLE."""
    if (upload.size or 0) > MAX_UPLOAD_BYTES:
        raise Rejected(Rejection.TOO_LARGE, _("El archivo pesa más de 10 MB. Mandalo por partes"))
    if not upload.size:
        raise Rejected(Rejection.INVALID, _("El archivo está vacío"))
    try:
        kept = keep_bytes(upload.read(), upload.name or "", **owner)
    except OSError as error:
        log.exception("an upload could not be kept")
        raise Rejected(Rejection.UNAVAILABLE, _("No se pudo guardar el archivo. Probá en un rato")) from error
    thumbnails.ask_for_thumbnail(kept)
    peaks.ask_for_peaks(kept)
    return kept


def keep_bytes(data: bytes, name: str, *, seen: FileType | None = None, **owner: Any) -> Attachment:
    """Store bytes as an attachment; `seen`: what look() said of them. Raises OSError where the storage fails."""
    seen = seen or detect_type(data)
    attachment = Attachment(
        name=safe_name(name), mime=seen.mime, size=len(data), width=seen.width, height=seen.height,
        traits=",".join(seen.traits)[:100], **owner,
    )  # fmt: skip
    # the name on disk says nothing and cannot collide
    attachment.file.save(f"{attachment.uuid.hex}.bin", ContentFile(data), save=False)
    try:
        attachment.save()
    except BaseException:  # whatever ends it: a file without its row would never be found
        attachment.file.delete(save=False)
        raise
    return attachment


def describe_borrowed(stored: str, name: str, seen: FileType, size: int) -> Attachment:
    """An attachment of bytes that stay another's, under the name of their storage; not written yet."""
    return Attachment(
        file=stored, is_borrowed=True, name=name, mime=seen.mime, size=size, width=seen.width, height=seen.height,
        traits=",".join(seen.traits)[:100],
    )  # fmt: skip


def borrow_file(described: Attachment) -> Attachment:
    """Write it, without a message yet. Whoever lends it must keep the bytes while one of `borrowed()` names them."""
    described.save()
    thumbnails.ask_for_thumbnail(described)
    peaks.ask_for_peaks(described)
    return described


def borrowed() -> "QuerySet[Attachment]":
    return Attachment.objects.filter(is_borrowed=True)


def drop_loose_uploads(before: datetime) -> int:
    """Delete uploads that no message took. Returns how many."""
    dropped = 0
    while loose := list(Attachment.objects.filter(message=None, created_at__lt=before).order_by("created_at")[:PAGE]):
        for attachment in loose:
            drop_upload(attachment)
        dropped += len(loose)
    return dropped


def drop_upload(attachment: Attachment) -> None:
    """Delete an upload, unless a message has it."""
    # compare and set: a message may take it at this very moment
    gone, _rows = Attachment.objects.filter(pk=attachment.pk, message=None).delete()
    if gone:
        delete_bytes(attachment)
