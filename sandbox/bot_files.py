"""Telegram's files: uploaded, named by address, or known by id; what each method makes of what it is given."""

from dataclasses import dataclass
from typing import Any

from sandbox import file_types
from sandbox.bot_words import BYTES_PER_MB, BotError
from sandbox.links import FetchedFile
from sandbox.multipart import FilePart
from sandbox.records import MediaFile
from sandbox.world import SandboxWorld

MAX_UPLOAD_BYTES, MAX_PHOTO_BYTES = 50 * BYTES_PER_MB, 10 * BYTES_PER_MB
MAX_LINK_BYTES, MAX_PHOTO_LINK_BYTES = 20 * BYTES_PER_MB, 5 * BYTES_PER_MB
MAX_STICKER_BYTES = 512 * 1024
# the sum of a photo's sides, and how many times one may be the other
MAX_SIDES, MAX_RATIO = 10_000, 20
# by kind: how an id of such a file begins
MARKS = {
    "image": "AgACAgEAAxkBAAI",
    "document": "BQACAgEAAxkBAAI",
    "voice": "AwACAgEAAxkBAAI",
    "audio": "CQACAgEAAxkBAAI",
    "video": "BAACAgEAAxkBAAI",
    "sticker": "CAACAgEAAxkBAAI",
}
NAMES = {
    "image": "Photo", "document": "Document", "voice": "VoiceNote", "audio": "Audio", "video": "Video",
    "sticker": "Sticker",
}  # fmt: skip
# what makes a file what its method says; with any other it becomes a document
TAKES = {
    "voice": ("audio/ogg", "audio/mpeg", "audio/mp4"),
    "audio": ("audio/mpeg", "audio/mp4"),
    "video": ("video/mp4",),
    "sticker": ("image/webp", "application/gzip", "video/webm"),
}
# by address a document is one of these
LINKED_DOCUMENTS = ("application/pdf", "application/zip", "image/gif")


@dataclass(frozen=True)
class TakenFile:
    """A file of a message, and what Telegram shows it as."""

    media: str
    kind: str


def make_file_id(kind: str, media_id: str) -> str:
    return MARKS.get(kind, MARKS["document"]) + media_id


def read_file_id(world: SandboxWorld, given: Any) -> tuple[str, MediaFile] | None:
    """The kind and the file of an id."""
    text = str(given)
    for kind, mark in MARKS.items():
        if text.startswith(mark) and (media := world.media.get(text[len(mark) :])):
            return kind, media
    return None


def take_file(
    world: SandboxWorld, kind: str, given: Any, part: FilePart | None, fetched: FetchedFile | None
) -> TakenFile:
    """The file of a message: of a form, from its address, or known. Raises BotError."""
    if part:
        return TakenFile(_keep_upload(world, kind, part), _find_kind(kind, part.data))
    if fetched:
        return TakenFile(_keep_linked(world, kind, fetched), _find_kind(kind, fetched.data))
    known = read_file_id(world, given)
    if known is None:
        raise BotError("wrong file identifier/HTTP URL specified")
    if known[0] != kind:
        raise BotError(f"can't use file of type {NAMES[known[0]]} as {NAMES[kind]}")
    return TakenFile(known[1].id, kind)


def _keep_upload(world: SandboxWorld, kind: str, part: FilePart) -> str:
    if len(part.data) > MAX_UPLOAD_BYTES:
        raise BotError("Request Entity Too Large", 413)
    if not part.data:
        raise BotError("file must be non-empty")
    if kind == "image":
        _check_photo(part.data)
    mime = part.mime if part.mime != file_types.UNKNOWN else file_types.find_type(part.data)
    return world.keep_file(part.data, mime, part.name).id


def _keep_linked(world: SandboxWorld, kind: str, fetched: FetchedFile) -> str:
    mime = fetched.mime.partition(";")[0].strip().lower()
    if not fetched.is_there or len(fetched.data) > (MAX_PHOTO_LINK_BYTES if kind == "image" else MAX_LINK_BYTES):
        raise BotError("failed to get HTTP URL content")
    if mime.startswith("text/") or (kind == "image" and not mime.startswith("image/")):
        raise BotError("wrong type of the web page content")
    if kind == "document" and mime not in LINKED_DOCUMENTS:
        raise BotError("failed to get HTTP URL content")
    if kind == "image":
        _check_photo(fetched.data)
    return world.keep_file(fetched.data, mime).id


def _check_photo(data: bytes) -> None:
    if len(data) > MAX_PHOTO_BYTES:
        raise BotError(
            f"file of size {len(data)} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    sides = file_types.measure_picture(data)
    if sides is None:
        raise BotError("IMAGE_PROCESS_FAILED")
    if sum(sides) > MAX_SIDES or max(sides) > MAX_RATIO * min(sides):
        raise BotError("PHOTO_INVALID_DIMENSIONS")


def _find_kind(kind: str, data: bytes) -> str:
    found = file_types.find_type(data)
    is_opus = found != "audio/ogg" or file_types.is_opus(data)
    if kind == "sticker" and len(data) > MAX_STICKER_BYTES:
        return "document"
    return kind if kind not in TAKES or (found in TAKES[kind] and is_opus) else "document"
