"""Types of files by their content, never by their name; and names that are safe to show and to save."""

import contextlib
import re
import unicodedata
from io import BytesIO

import puremagic
from django.utils.translation import gettext as _
from PIL import Image

from chats.attachments.containers import detect_container
from chats.attachments.documents import detect_document
from chats.attachments.found_type import UNKNOWN, FileType
from common.names import is_visible

__all__ = ["ENDINGS", "MAX_PIXELS", "PICTURES", "PLAYED", "UNKNOWN", "FileType", "detect_type", "safe_name"]

MAX_PIXELS = 40_000_000
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
# a JPEG with a second picture behind it, as many phones take them
_FORMATS = PICTURES | {"MPO": "image/jpeg"}
# shown in the page as what they are; everything else is a download
PLAYED = {
    "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/webm", "video/mp4", "video/webm",
}  # fmt: skip
ENDINGS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic",
    "image/avif": ".avif", "image/bmp": ".bmp", "image/tiff": ".tif", "audio/ogg": ".ogg", "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr", "audio/wav": ".wav", "audio/flac": ".flac",
    "audio/webm": ".webm", "video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov",
    "video/3gpp": ".3gp", "application/pdf": ".pdf", "application/zip": ".zip", "text/plain": ".txt",
    "text/csv": ".csv",
}  # fmt: skip
# what only its first bytes tell, by the library that knows them
_BY_MAGIC = {"image/bmp", "image/tiff"}
_ALIASES = {"image/x-ms-bmp": "image/bmp", "image/x-bmp": "image/bmp"}
_HEAD = 65_536
_BLANKS = re.compile(rb"\s*")
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)
_ORIENTATION, _TURNED = 0x0112, {5, 6, 7, 8}


def detect_type(data: bytes) -> FileType:
    picture = _detect_picture(data)
    if picture:
        return picture
    head = data[:_HEAD]
    if _is_page(head):
        return FileType(is_page=True)
    return detect_container(head, data) or FileType(detect_document(data) or _detect_by_magic(head))


def _is_page(head: bytes) -> bool:
    """Whether it begins as HTML does. Comments are stepped over: one pattern of all of them takes time without end."""
    at = _after_blanks(head, 3 if head.startswith(b"\xef\xbb\xbf") else 0)
    while head.startswith(b"<!--", at):
        end = head.find(b"-->", at + 4)
        if end < 0:
            return False
        at = _after_blanks(head, end + 3)
    return bool(_PAGE.match(head, at))


def _after_blanks(head: bytes, at: int) -> int:
    blanks = _BLANKS.match(head, at)
    return blanks.end() if blanks else at


def _detect_picture(data: bytes) -> FileType | None:
    try:
        with Image.open(BytesIO(data), formats=list(PICTURES)) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                return FileType(is_bomb=True)
            mime = _FORMATS[picture.format or ""]
            if mime == "image/jpeg" and _is_turned(picture):
                width, height = height, width
            traits = (
                ("moving",) if mime in ("image/gif", "image/webp") and getattr(picture, "is_animated", False) else ()
            )
            picture.verify()
            return FileType(mime, width, height, traits)
    except Image.DecompressionBombError:
        return FileType(is_bomb=True)
    except Exception:  # noqa: BLE001 - Pillow raises whatever a broken picture makes it raise
        return None


def _is_turned(picture: Image.Image) -> bool:
    """Whether it is shown on its side. Of JPEG only: to say it of a PNG, Pillow decodes it whole."""
    with contextlib.suppress(Exception):
        return picture.getexif().get(_ORIENTATION) in _TURNED
    return False


def _detect_by_magic(head: bytes) -> str:
    try:
        found = str(puremagic.from_string(head, mime=True))
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    found = _ALIASES.get(found, found)
    return found if found in _BY_MAGIC else UNKNOWN


def safe_name(name: str) -> str:
    """A file's name without paths, control characters or overrides of direction; at most 120 characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    name = re.sub(r'[<>:"|?*%]', "_", name).strip(" .")
    if len(name) > 120:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: 119 - len(ending)]}{dot}{ending}" if dot and len(ending) <= 10 else name[:120]
    return name if is_visible(name) else _("archivo")
