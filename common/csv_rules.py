"""Files of CSV: written for spreadsheets without a formula in them, and read with either separator, mark or not."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from django.utils.text import slugify
from django.utils.translation import gettext as _

# what tells a spreadsheet that it is UTF-8
MARK = "\ufeff"
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


def read_rows(data: bytes, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of each row that says anything. Raises Unreadable, csv.Error."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # as a spreadsheet of some years ago writes it
        text = data.decode("cp1252", "replace")
    lines = io.StringIO(text.replace("\x00", ""), newline="")
    first = lines.readline()
    lines.seek(0)
    rows = csv.reader(lines, delimiter=";" if first.count(";") >= first.count(",") else ",")
    names = [slugify(name) for name in next(rows, [])]
    if missing := [name for name in needed if name not in names]:
        raise Unreadable(_("A la primera línea le falta: %(names)s") % {"names": ", ".join(missing)})
    begins = rows.line_num + 1
    for cells in rows:
        if any(cell.strip() for cell in cells):
            yield begins, dict(zip(names, map(_as_written, cells), strict=False))
        begins = rows.line_num + 1
