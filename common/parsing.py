"""Reading what others send: JSON that may be anything, and times in any form."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from common.errors import OriginError

# Python refuses integers of more than 4,300 digits
MAX_INTEGER_DIGITS = 4_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_json(raw: bytes) -> Any:
    """The value of a JSON body. Raises OriginError for whatever is not one, however it is broken.

    One value that no database keeps (NaN, an integer of thousands of digits) does not spoil the others.
    """
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=lambda _name: None, parse_int=_parse_integer)
    except UnicodeDecodeError as error:
        raise OriginError("not UTF-8") from error
    except (ValueError, RecursionError) as error:  # cut, or too deep
        raise OriginError("not JSON") from error


# a number of seconds or milliseconds as text; eight digits are a day
DIGITS = re.compile(r"(?!\d{8}\Z)\d{1,15}", re.ASCII)


def _parse_integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else digits


def read_time(value: Any) -> datetime | None:
    """A time in ISO 8601, seconds or milliseconds since 1970. None where it is none of them, or before 1970."""
    # before ISO 8601, for which thirteen digits are a date, whatever stands between it and the hour, and the time: the
    # milliseconds 1796070841012 would be ten past ten in July of 1796
    if isinstance(value, str) and DIGITS.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            value = None
        else:
            try:
                # converted to UTC: Python accepts offsets that PostgreSQL refuses
                found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
            except OverflowError:
                return None
            # some languages write the year 1 for "no time"; no clock of ours can show it
            return found if found > EPOCH else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 10**14:
        return None
    seconds = value / 1000 if value > 100_000_000_000 else value
    if not 0 < seconds < 100_000_000_000:
        return None
    found = datetime.fromtimestamp(seconds, UTC)
    # a fraction of a microsecond is none
    return found if found > EPOCH else None


def read_text(value: Any, most: int) -> str:
    """A text of at most `most` characters, '' for nothing. Raises OriginError for another type."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise OriginError("a text was expected")
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:most]


def read_if_text(value: Any, most: int) -> str:
    """The same for what a message can do without: '' for another type."""
    try:
        return read_text(value, most)
    except OriginError:
        return ""


def object_of(value: Any) -> dict[str, Any]:
    """The object that it is, {} where it is none."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; what is none of them is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def parse_id(text: str) -> int | None:
    """The id of a row that a form, an address or a file names; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
