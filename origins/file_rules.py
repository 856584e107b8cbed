"""How a file leaves by a line: as which kind of message, as which type, and what it is turned into before.

Pure, over origins/capabilities.py: the composer says it before anything is sent, agents' and bots' files are held
to it, the worker carries it out, and the networks' modules send what comes of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.errors import OriginError
from origins.capabilities import MB, Capabilities, FileRule
from origins.facts import File

JPEG, MP4 = "image/jpeg", "video/mp4"
# what a picture with frames that follow each other has among its traits
MOVING = "moving"
# the pictures that may be turned into another; so the other kinds
PICTURES = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/avif", "image/bmp", "image/tiff",
}  # fmt: skip
SOUNDS = {
    "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/webm", "audio/amr", "audio/flac",
}  # fmt: skip
FILMS = {MP4, "video/webm", "video/quicktime", "video/3gpp", "video/x-msvideo", "video/x-matroska", "video/ogg"}


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file: its type, the codecs and such in it, its bytes, whether it was spoken for this."""

    mime: str
    traits: frozenset[str] = frozenset()
    size: int = 0
    is_voice: bool = False


@dataclass(frozen=True)
class FilePlan:
    """`kind` of message; the `mime` that it is said to have; `becomes`: the type that its bytes are turned into."""

    kind: str
    mime: str
    becomes: str = ""
    # most bytes of what it is turned into; 0: no limit
    most: int = 0


def plan_file(can: Capabilities, network: str, seen: FileFacts) -> FilePlan:
    """Raises OriginError in words where the network takes it in no way."""
    for plan in _ways(can, seen):
        return plan
    raise OriginError(_refuse(can, network, seen))


def plan_outgoing(can: Capabilities, network: str, kind: str, file: File) -> FilePlan:
    """How the file of a message leaves now that all that was to be done to it is done. Raises OriginError in words."""
    mime = file.mime.split(";")[0].strip().lower() or "application/octet-stream"
    if kind == "sticker" and can.file_rule(kind).takes(mime, frozenset(), file.size) and "sticker" in can.files:
        return FilePlan(kind, mime)
    seen = FileFacts(mime, file.traits, file.size, file.is_voice)
    ready = [plan for plan in _ways(can, seen) if not plan.becomes]
    if not ready:
        raise OriginError(_refuse(can, network, seen))
    return ready[0]


def _ways(can: Capabilities, seen: FileFacts) -> Iterator[FilePlan]:
    """In order: the first one is taken."""
    major = seen.mime.split("/")[0]
    if seen.is_voice and seen.mime in SOUNDS | FILMS:
        yield from _as_it_is(can.file_rule("voice"), "audio", seen)
        yield from _as_sound(can.file_rule("voice"), seen)
    if major == "image":
        yield from _as_it_is(can.file_rule("image"), "image", seen)
        yield from _as_picture(can, seen)
        yield from _as_document(can, seen)
    elif major == "audio":
        yield from _as_it_is(can.file_rule("audio"), "audio", seen)
        yield from _as_document(can, seen)
        yield from _as_sound(can.file_rule("audio"), seen)
    elif major == "video":
        yield from _as_it_is(can.file_rule("video"), "video", seen)
        # the same film in another box costs nothing; a new one does
        if seen.traits and _takes_codecs(can.file_rule("video"), seen):
            yield from _as_film(can, seen)
        yield from _as_document(can, seen)
        yield from _as_film(can, seen)
    else:
        yield from _as_document(can, seen)


def _as_it_is(rule: FileRule, kind: str, seen: FileFacts) -> Iterator[FilePlan]:
    # what no rule is about is shown as what it is only where it is one of the known
    known = rule.types is not None or seen.mime in PICTURES | SOUNDS | FILMS
    if known and rule.takes(seen.mime, seen.traits, seen.size):
        yield FilePlan(kind, seen.mime)


def _as_document(can: Capabilities, seen: FileFacts) -> Iterator[FilePlan]:
    rule = can.file_rule("document")
    if rule.takes(seen.mime, seen.traits, seen.size):
        yield FilePlan("document", seen.mime)
    elif seen.mime.startswith("text/") and rule.takes("text/plain", frozenset(), seen.size):
        yield FilePlan("document", "text/plain")


def _as_picture(can: Capabilities, seen: FileFacts) -> Iterator[FilePlan]:
    """A picture that moves goes on moving, as a film; any other is shrunk until it fits."""
    if seen.mime not in PICTURES:
        return
    if MOVING in seen.traits:
        yield from _as_film(can, seen)
    if can.file_rule("image").takes_type(JPEG):
        yield FilePlan("image", JPEG, JPEG, can.file_rule("image").most)


def _as_film(can: Capabilities, seen: FileFacts) -> Iterator[FilePlan]:
    rule = can.file_rule("video")
    if rule.takes_type(MP4) and (seen.mime in FILMS or MOVING in seen.traits):
        yield FilePlan("video", MP4, MP4, rule.most)


def _takes_codecs(rule: FileRule, seen: FileFacts) -> bool:
    wanted = (rule.types or {}).get(MP4) or frozenset({"h264", "aac", "stereo"})
    return seen.traits <= wanted


def _as_sound(rule: FileRule, seen: FileFacts) -> Iterator[FilePlan]:
    target = next(iter(rule.types or ()), "audio/mp4")
    if seen.mime in SOUNDS | FILMS:
        yield FilePlan("audio", target, target, rule.most)


# --- in words ----------------------------------------------------------------------------------


def _refuse(can: Capabilities, network: str, seen: FileFacts) -> str:
    major = seen.mime.split("/")[0]
    rules = [can.file_rule(kind) for kind in (major, "document")]
    if most := max((rule.most for rule in rules if rule.takes_type(seen.mime, seen.traits)), default=0):
        return _("%(network)s acepta archivos de hasta %(most)s MB") % {"network": network, "most": most // MB}
    named = describe_type(seen.mime)
    words = _("%(network)s no toma %(type)s. ") % {"network": network, "type": named}
    return words + (_advise(can) if major not in ("image", "audio", "video") else _("Mandá otro."))


def _advise(can: Capabilities) -> str:
    if can.file_rule("document").takes_type("application/msword"):
        return _("Mandalo como PDF, Word, Excel, PowerPoint o texto, o mandá un enlace.")
    return _("Mandalo como PDF, o mandá un enlace.")


def describe_type(mime: str) -> str:
    """A kind of files, in the plural."""
    names = {
        "application/zip": _("archivos comprimidos (ZIP)"), "image/heic": _("fotos HEIC"), "image/gif": _("GIF"),
        "application/pdf": _("PDF"), "text/csv": _("archivos CSV"), "text/plain": _("archivos de texto"),
    }  # fmt: skip
    majors = {"image": _("ese tipo de foto"), "audio": _("ese tipo de audio"), "video": _("ese tipo de video")}
    return names.get(mime) or majors.get(mime.split("/")[0]) or _("este tipo de archivo")
