"""What becomes of files on a line, in the words that the composer says before anything is sent."""

from functools import cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.errors import OriginError
from origins.capabilities import CAPABILITIES, Capabilities
from origins.file_rules import FILMS, JPEG, MOVING, MP4, PICTURES, FileFacts, FilePlan, plan_file

_UNKNOWN = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
# what the composer can tell before it has sent a file: the ending of its name, or the type that the browser says
NAMED = {
    ".heic": "image/heic", ".heif": "image/heic", "image/heic": "image/heic", "image/heif": "image/heic",
    ".avif": "image/avif", ".gif": "image/gif", "image/gif": "image/gif", ".webp": "image/webp",
    "image/webp": "image/webp", "image/avif": "image/avif", ".bmp": "image/bmp", ".tif": "image/tiff",
    ".tiff": "image/tiff", ".svg": _UNKNOWN, ".html": _UNKNOWN, ".htm": _UNKNOWN, ".exe": _UNKNOWN,
    ".apk": "application/zip", ".zip": "application/zip", ".rar": _UNKNOWN, ".7z": _UNKNOWN, ".gz": _UNKNOWN,
    ".tar": _UNKNOWN, ".csv": "text/csv", ".tsv": "text/csv", ".vcf": "text/vcard", ".ics": "text/calendar",
    ".md": "text/plain",
    ".rtf": "application/rtf", ".odt": f"{_ODF}text", ".ods": f"{_ODF}spreadsheet", ".odp": f"{_ODF}presentation",
    ".epub": "application/epub+zip", ".doc": "application/msword", ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint", ".msg": "application/vnd.ms-outlook",
    ".docx": f"{_OFFICE}wordprocessingml.document", ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation", ".txt": "text/plain", ".pdf": "application/pdf",
    ".docm": "application/vnd.ms-word.document.macroenabled.12",
    ".xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    ".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg",
    ".m4a": "audio/mp4", ".aac": "audio/aac", ".amr": "audio/amr", "audio/webm": "audio/webm",
    "video/webm": "video/webm", ".mov": "video/quicktime", ".avi": "video/x-msvideo", ".mkv": "video/x-matroska",
    ".mp4": "video/mp4", ".3gp": "video/3gpp", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
}  # fmt: skip


def describe_plan(seen: FileFacts, plan: FilePlan) -> str:
    """What it becomes, for the agent; '' where it leaves as what it is."""
    if plan.becomes == JPEG:
        return _("Sale como foto JPEG")
    if plan.becomes == MP4:
        return _("Sale como video MP4") if seen.mime in FILMS else _("Sale como video")
    if plan.becomes and not seen.is_voice:
        return _("Sale como audio")
    if plan.mime != seen.mime:
        return _("Sale como documento de texto")
    own = seen.mime.split("/")[0]
    if plan.kind == "document" and own in ("image", "audio", "video"):
        return _("Sale como documento")
    return ""


def explain_type(can: Capabilities, network: str, mime: str) -> dict[str, str]:
    """Of a file of which only the type is known: {"says": what becomes of it}, {"refused": why}, {}: as it is."""
    may_move = mime in ("image/gif", "image/webp")
    found = []
    for traits in (frozenset[str](), frozenset({MOVING})) if may_move else (frozenset[str](),):
        seen = FileFacts(mime, traits)
        try:
            found.append(describe_plan(seen, plan_file(can, network, seen)))
        except OriginError as error:
            return {"refused": str(error)}
    still, moving = found[0], found[-1]
    if still == moving:
        return {"says": still} if still else {}
    if not moving:
        return {"says": _("%(still)s, si no se mueve") % {"still": still}}
    if not still:
        return {"says": _("%(moving)s, si se mueve") % {"moving": moving}}
    still = still[:1].lower() + still[1:]
    return {"says": _("%(moving)s, si se mueve; si no, %(still)s") % {"moving": moving, "still": still}}


def _explain_weight(can: Capabilities, mime: str, said: dict[str, str]) -> dict[str, Any]:
    """With what is said of one that weighs more than is taken: a photo is made smaller until it fits."""
    rule = can.file_rule("image")
    if not rule.most or mime not in PICTURES or not rule.takes_type(mime):
        return {**said}
    return said | {"over": {"bytes": rule.most, "says": _("Se achica para que entre, como foto JPEG")}}


@cache
def _explain_all(kind: str, network: str, language: str) -> dict[str, dict[str, Any]]:
    can = CAPABILITIES[kind]
    by_ending = {ending: _explain_weight(can, mime, explain_type(can, network, mime)) for ending, mime in NAMED.items()}
    return {name: said for name, said in by_ending.items() if said}


def explain_types(kind: str, network: str) -> dict[str, dict[str, Any]]:
    """The same of all types, by the endings of names and by what browsers call them; not of what leaves as it is."""
    return _explain_all(kind, network, get_language() or "")
