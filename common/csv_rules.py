"""Files of CSV: written for spreadsheets without a formula in them, and read with either separator, mark or not."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import IO

from django.utils.text import slugify
from django.utils.translation import gettext as _

# what tells a spreadsheet that it is UTF-8
MARK = "\ufeff"
CHUNK_BYTES = 64 * 1024
# where a cell begins, also for who reads it with another separator (there our quotes hold nothing together), and what
# stands there would be taken for a formula; the apostrophes are those that are there already
FORMULA = re.compile(r"""(?P<before>(?:\A|[,;\t\r\n])[ "]*+)(?P<marks>'*+)(?=[=+\-@])""")


class Unreadable(Exception):
    """Why the file as a whole is none of ours, in words."""


def write_rows(rows: Iterable[Sequence[str]]) -> str:
    """Lines of cells, each safe for a spreadsheet. The first lines of a file need MARK before them."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([_defuse(cell) for cell in row] for row in rows)
    return out.getvalue()


def _defuse(cell: str) -> str:
    """With one apostrophe more before each formula, so that one less is as it was."""
    return FORMULA.sub(r"\g<before>'\g<marks>", cell)


def _as_written(cell: str) -> str:
    return FORMULA.sub(lambda found: found["before"] + found["marks"][1:], cell)


def _find_encoding(file: IO[bytes]) -> str:
    """What is no UTF-8 is as a spreadsheet of some years ago writes it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while part := file.read(CHUNK_BYTES):
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _read_lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        for line in text:
            yield line.replace("\x00", "")
    finally:
        # else the file would be closed with it
        text.detach()


def read_rows(data: bytes | IO[bytes], needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of each row that says anything; of an open file one row after the other, which stays
    its caller's to close. Raises Unreadable, csv.Error."""
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    lines = _read_lines(file, _find_encoding(file))
    first = next(lines, "")
    rows = csv.reader(chain([first], lines), delimiter=";" if first.count(";") >= first.count(",") else ",")
    names = [slugify(name) for name in next(rows, [])]
    if missing := [name for name in needed if name not in names]:
        raise Unreadable(_("A la primera línea le falta: %(names)s") % {"names": ", ".join(missing)})
    begins = rows.line_num + 1
    for cells in rows:
        if any(cell.strip() for cell in cells):
            yield begins, dict(zip(names, map(_as_written, cells), strict=False))
        begins = rows.line_num + 1
