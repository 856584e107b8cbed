"""Types of files by their content, never by their name; and names that are safe to show and to save."""

import contextlib
import re
import unicodedata
from dataclasses import dataclass
from io import BytesIO

import puremagic
from django.utils.translation import gettext as _
from PIL import Image

MAX_PIXELS = 40_000_000
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
# a JPEG with a second picture behind it, as many phones take them
_FORMATS = PICTURES | {"MPO": "image/jpeg"}
# shown in the page as what they are; everything else is a download
PLAYED = {
    "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/webm", "video/mp4", "video/webm",
}  # fmt: skip
KNOWN = PLAYED | {"audio/amr", "application/pdf", "application/zip", "text/plain", "text/csv"}
UNKNOWN = "application/octet-stream"
ENDINGS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr", "audio/wav": ".wav",
    "audio/webm": ".webm", "video/mp4": ".mp4", "video/webm": ".webm", "application/pdf": ".pdf",
    "application/zip": ".zip", "text/plain": ".txt", "text/csv": ".csv",
}  # fmt: skip
_ALIASES = {"audio/x-wav": "audio/wav", "audio/wave": "audio/wav"}
_HEAD = 65_536
_BLANKS = re.compile(rb"\s*")
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)
_TRACK = re.compile(rb"hdlr.{8}(vide|soun)", re.S)
_ORIENTATION, _TURNED = 0x0112, {5, 6, 7, 8}


@dataclass(frozen=True)
class FileType:
    """What was seen. A size only of a picture that really is one and not a bomb."""

    mime: str = UNKNOWN
    width: int | None = None
    height: int | None = None
    # a picture that would take far more memory than it is worth
    is_bomb: bool = False
    # a web page, which servers answer where they have no file
    is_page: bool = False

    @property
    def is_picture(self) -> bool:
        return self.width is not None


def detect_type(data: bytes) -> FileType:
    picture = _detect_picture(data)
    if picture:
        return picture
    head = data[:_HEAD]
    if _is_page(head):
        return FileType(is_page=True)
    mime = _detect_container(head, data) or _detect_by_magic(head)
    return FileType(mime if mime in KNOWN else UNKNOWN)


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
            picture.verify()
            return FileType(mime, width, height)
    except Image.DecompressionBombError:
        return FileType(is_bomb=True)
    except Exception:  # noqa: BLE001 - Pillow raises whatever a broken picture makes it raise
        return None


def _is_turned(picture: Image.Image) -> bool:
    """Whether it is shown on its side. Of JPEG only: to say it of a PNG, Pillow decodes it whole."""
    with contextlib.suppress(Exception):
        return picture.getexif().get(_ORIENTATION) in _TURNED
    return False


def _detect_container(head: bytes, data: bytes) -> str:
    """What puremagic takes for another, or does not tell from its neighbour: sound or film in the same box."""
    if head[:4] == b"OggS":
        return "audio/ogg" if b"OpusHead" in head[:200] or b"\x01vorbis" in head[:200] else UNKNOWN
    if head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64]:
        only_sound = b"A_OPUS" in head or b"A_VORBIS" in head
        return "audio/webm" if only_sound and b"V_VP" not in head and b"V_AV1" not in head else "video/webm"
    if head[4:8] == b"ftyp":
        return _detect_mp4(head[8:12], data)
    if head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2") or head[:3] == b"ID3":
        return "audio/mpeg"
    if head[:2] in (b"\xff\xf1", b"\xff\xf9"):
        return "audio/aac"
    return "audio/amr" if head[:5] == b"#!AMR" else ""


def _detect_mp4(brand: bytes, data: bytes) -> str:
    if brand in (b"heic", b"heix", b"mif1", b"avif", b"avis", b"qt  "):
        return UNKNOWN
    tracks = set(_TRACK.findall(data))
    return "audio/mp4" if brand in (b"M4A ", b"M4B ") or tracks == {b"soun"} else "video/mp4"


def _detect_by_magic(head: bytes) -> str:
    try:
        found = str(puremagic.from_string(head, mime=True))
    except (puremagic.PureError, ValueError):
        return ""
    return _ALIASES.get(found, found)


def safe_name(name: str) -> str:
    """A file's name without paths, control characters or overrides of direction; at most 120 characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    name = re.sub(r'[<>:"|?*%]', "_", name).strip(" .")
    if len(name) > 120:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: 119 - len(ending)]}{dot}{ending}" if dot and len(ending) <= 10 else name[:120]
    return name or _("archivo")
