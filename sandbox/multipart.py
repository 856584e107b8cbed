"""Multipart bodies as clients really write them: names with quotes or without, file names in either form."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
# a parameter of Content-Disposition: quoted (with escapes), or a bare word up to the next one
_PARAMETER = re.compile(r';\s*([A-Za-z*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\r\n]*))')


@dataclass(slots=True)
class FilePart:
    """A file of a multipart body."""

    name: str
    mime: str
    data: bytes


def read_multipart(kind: str, body: bytes) -> tuple[dict[str, str], dict[str, FilePart]]:
    """Fields and files. A part is a file when its head has a file name. Raises ValueError."""
    found = _BOUNDARY.search(kind)
    if not found:
        raise ValueError("a multipart body without a boundary")
    boundary = b"--" + (found[1] or found[2]).encode()
    fields: dict[str, str] = {}
    files: dict[str, FilePart] = {}
    for piece in body.split(boundary)[1:]:
        if piece.startswith(b"--"):
            break
        raw, _, data = piece.partition(b"\r\n\r\n")
        head = _read_head(raw.decode("utf-8", "replace"))
        given = _read_parameters(head.get("content-disposition", ""))
        if "name" not in given:
            raise ValueError("a part without a name")
        data = data.removesuffix(b"\r\n")
        if "filename" in given:
            mime = head.get("content-type") or "application/octet-stream"
            files[given["name"]] = FilePart(given["filename"], mime, data)
        else:
            fields[given["name"]] = data.decode("utf-8", "replace")
    return fields, files


def _read_head(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.split("\r\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}


def _read_parameters(disposition: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(disposition):
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip()
        if name.endswith("*"):
            # RFC 5987: charset'language'percent-encoded, which wins over the plain one
            found[name[:-1].lower()] = unquote(value.rpartition("'")[2])
        else:
            found.setdefault(name.lower(), unquote(value) if name.lower() == "filename" else value)
    return found
