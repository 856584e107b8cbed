"""Reading what others send: JSON that may be anything, and times in any form."""

import json
from datetime import UTC, datetime
from typing import Any

from origins.facts import OriginError


def read_json(raw: bytes) -> Any:
    """The value of a JSON body. Raises OriginError for whatever is not one, however it is broken."""
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise OriginError("not UTF-8") from error
    except (ValueError, RecursionError) as error:  # cut, too deep, or an integer of thousands of digits
        raise OriginError("not JSON") from error


def _no_constant(name: str) -> None:
    raise ValueError(name)


def read_time(value: Any) -> datetime | None:
    """A time in ISO 8601, seconds or milliseconds since 1970. None where it is none of them."""
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            value = float(value) if value.strip().lstrip("-").isdecimal() and len(value) < 16 else None
        else:
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    seconds = value / 1000 if value > 100_000_000_000 else value
    if not 0 < seconds < 100_000_000_000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def read_text(value: Any, most: int) -> str:
    """A text of at most `most` characters, '' for nothing. Raises OriginError for another type."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise OriginError("a text was expected")
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:most]
