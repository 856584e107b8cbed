"""Fields of one event of Messenger or Instagram: the people, the time and the ids in it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.errors import OriginError
from common.parsing import object_of, read_if_text, read_text, read_time

# an id and the number of its part must fit into the column together
MAX_ID_CHARS = 190


@dataclass(frozen=True)
class MetaEvent:
    """One event, with what was around it. `kind`: of the customer's address."""

    kind: str
    line: str
    said: dict[str, Any] = field(repr=False)

    @property
    def at(self) -> datetime | None:
        return read_time(self.said.get("timestamp"))

    def person(self, side: str) -> str:
        """The id of the `sender` or the `recipient`. Raises OriginError without one."""
        return read_needed(object_of(self.said.get(side)), "id", side)

    @property
    def is_to_itself(self) -> bool:
        """Sender and recipient are one: an account's note to itself."""
        sides = [read_if_text(object_of(self.said.get(side)).get("id"), 200) for side in ("sender", "recipient")]
        return bool(sides[0]) and sides[0] == sides[1]

    @property
    def is_ours(self) -> bool:
        """It was done by the line itself, in some app of Meta's."""
        return bool(self.line) and read_if_text(object_of(self.said.get("sender")).get("id"), 200) == self.line


def read_needed(value: dict[str, Any], name: str, shown: str = "") -> str:
    found = value.get(name)
    if isinstance(found, str) and len(found) > 200:
        raise OriginError(f"{shown or name}: at most 200 characters")
    text = read_text(found, 200).strip()
    if not text:
        raise OriginError(f"{shown or name}: missing")
    return text


def read_message_id(value: dict[str, Any], name: str = "mid") -> str:
    """The id of a message; one that is too long to be kept has a shorter name here."""
    found = value.get(name)
    text = read_text(found, 10_000).strip()
    if not text:
        raise OriginError(f"{name}: missing")
    return text if len(text) <= MAX_ID_CHARS else "long:" + hashlib.sha256(text.encode()).hexdigest()
