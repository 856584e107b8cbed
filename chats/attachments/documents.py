"""Documents by their content: office files by their parts and streams, texts by decoding."""

import re
import zipfile
from io import BytesIO

_OOXML = "application/vnd.openxmlformats-officedocument."
# the main part of a file as its list of content types calls it → the type of the whole file
_MAIN_PARTS = {
    f"{_OOXML}wordprocessingml.document.main+xml": f"{_OOXML}wordprocessingml.document",
    f"{_OOXML}spreadsheetml.sheet.main+xml": f"{_OOXML}spreadsheetml.sheet",
    f"{_OOXML}presentationml.presentation.main+xml": f"{_OOXML}presentationml.presentation",
    f"{_OOXML}presentationml.slideshow.main+xml": f"{_OOXML}presentationml.slideshow",
    f"{_OOXML}wordprocessingml.template.main+xml": f"{_OOXML}wordprocessingml.template",
    f"{_OOXML}spreadsheetml.template.main+xml": f"{_OOXML}spreadsheetml.template",
    f"{_OOXML}presentationml.template.main+xml": f"{_OOXML}presentationml.template",
    "application/vnd.ms-word.document.macroEnabled.main+xml": "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml": "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-excel.sheet.binary.macroEnabled.main": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml": (
        "application/vnd.ms-powerpoint.presentation.macroenabled.12"
    ),
}
_NAMED_INSIDE = re.compile(r"application/(?:vnd\.oasis\.opendocument\.[a-z-]+|epub\+zip)")
# a directory of more entries takes memory that no real document needs; a list of types is a few kB
_MAX_ENTRIES, _MAX_LIST_BYTES = 20_000, 1_000_000
# names of streams in the directory of an old office file
_OLE_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "__properties_version1.0": "application/vnd.ms-outlook",
}
_OLE_ENTRY_BYTES, _OLE_NAME_BYTES = 128, 64
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_WIDE_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SAMPLE_BYTES = 65_536
# of a text in an old encoding, at most so many bytes in a hundred are none of ASCII's
_MAX_HIGH_PERCENT = 40
_RUNNABLE = re.compile(r"<(?:!doctype\s+html|(?:[a-z]+:)?(?:svg|html|script))\b", re.I)
_RUNNABLE_CHARS = 4096


def detect_document(data: bytes) -> str:
    """The type of an office file, an archive or a text; '' for anything else."""
    if data[:4] == b"PK\x03\x04" or data[:4] == b"PK\x05\x06":
        return _detect_zip(data)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _detect_ole(data)
    if b"%PDF-" in data[:1024]:
        return "application/pdf"
    if data[:5] == b"{\\rtf":
        return "application/rtf"
    return _detect_text(data)


def _detect_zip(data: bytes) -> str:
    """By its parts; what holds none that we know is a ZIP."""
    if data.count(b"PK\x01\x02") > _MAX_ENTRIES:
        return "application/zip"
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names:
                with archive.open("[Content_Types].xml") as listed:
                    return _read_main_part(listed.read(_MAX_LIST_BYTES), names)
            if "mimetype" in names:
                with archive.open("mimetype") as said:
                    named = said.read(200).decode("ascii", "replace").strip()
                return named if _NAMED_INSIDE.fullmatch(named) else "application/zip"
    except Exception:  # noqa: BLE001 - zipfile raises whatever a broken archive makes it raise
        return "application/zip"
    return "application/zip"


def _read_main_part(listed: bytes, names: set[str]) -> str:
    said = listed.decode("utf-8", "replace")
    found = next((whole for main, whole in _MAIN_PARTS.items() if f'"{main}"' in said), "")
    if found:
        return found
    folders = {"word": "wordprocessingml.document", "xl": "spreadsheetml.sheet", "ppt": "presentationml.presentation"}
    tops = {name.split("/")[0] for name in names}
    return next((_OOXML + kind for top, kind in folders.items() if top in tops), "application/zip")


def _detect_ole(data: bytes) -> str:
    """By the streams in its directory, whose entries stand at every 128th byte."""
    for name, mime in _OLE_STREAMS.items():
        wide = name.encode("utf-16-le") + b"\0\0"
        at = data.find(wide)
        while at >= 0:
            length = int.from_bytes(data[at + _OLE_NAME_BYTES : at + _OLE_NAME_BYTES + 2], "little")
            if at % _OLE_ENTRY_BYTES == 0 and length == len(wide):
                return mime
            at = data.find(wide, at + 2)
    return ""


def _detect_text(data: bytes) -> str:
    text = _decode_text(data)
    begins = text.lstrip()[:_RUNNABLE_CHARS]
    # what a browser would run is no text to us, whatever stands before it
    if not begins or (begins.startswith("<") and _RUNNABLE.search(begins)):
        return ""
    if begins[:11].upper() == "BEGIN:VCARD":
        return "text/vcard"
    if begins[:15].upper() == "BEGIN:VCALENDAR":
        return "text/calendar"
    return "text/csv" if _is_table(text) else "text/plain"


def _decode_text(data: bytes) -> str:
    """The beginning of a text, whatever it is written in; '' for what is none."""
    # an even number of bytes; half a character at the end is no reason to take it for none
    sample, is_whole = data[:_SAMPLE_BYTES], len(data) <= _SAMPLE_BYTES
    named = next((name for mark, name in _MARKS.items() if sample.startswith(mark)), "")
    for encoding in (named,) if named else ("utf-8", *_guess_wide(sample)):
        for cut in range(1 if is_whole else 4):
            try:
                text = sample[: len(sample) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            if not _WIDE_CONTROLS.search(text):
                return text
            break
    if named or _CONTROLS.search(sample):
        return ""
    high = sum(byte >= 0x80 for byte in sample)
    return sample.decode("latin-1") if high * 100 <= len(sample) * _MAX_HIGH_PERCENT else ""


def _guess_wide(sample: bytes) -> tuple[str, ...]:
    """UTF-16 without a mark has a NUL in every other place."""
    if len(sample) >= 4 and not len(sample) % 2 and sample[1::2].count(0) * 2 > len(sample) // 2:
        return ("utf-16-le",)
    return ("utf-16-be",) if len(sample) >= 4 and sample[::2].count(0) * 2 > len(sample) // 2 else ()


def _is_table(text: str) -> bool:
    """Rows of as many cells each; a comma before a blank divides words, not cells."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    if len(text) >= _SAMPLE_BYTES // 4 and len(lines) > 1:
        lines = lines[:-1]
    if len(lines) < 2:
        return False
    for mark in (";", "\t", "|", ","):
        counts = {_count_cells(line, mark) for line in lines}
        if len(counts) == 1 and counts != {0}:
            return True
    return False


def _count_cells(line: str, mark: str) -> int:
    """How often the mark divides cells, outside of quotes."""
    bare = re.sub(r'"[^"]*"', '""', line)
    return bare.count(mark) - (bare.count(", ") if mark == "," else 0)
