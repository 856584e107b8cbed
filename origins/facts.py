"""What an origin tells us, as facts: the only shape that the core knows of the outside."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class OriginError(Exception):
    """A surprise from outside, in words. `permanent`: another try cannot help. `after`: not before so many seconds."""

    def __init__(self, reason: str, *, permanent: bool = True, after: float = 0) -> None:
        super().__init__(reason)
        self.permanent, self.after = permanent, after


@dataclass(frozen=True)
class Incoming:
    """A message of a customer. `at` is the origin's time (None: not given); `files` are uuids of kept uploads."""

    external_id: str
    sender: str
    kind: str
    text: str = ""
    name: str = ""
    at: datetime | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    reply_to: str = ""
    files: tuple[str, ...] = ()
    address_kind: str = "http"


@dataclass(frozen=True)
class Reaction:
    """A customer's reaction to a message; an empty emoji takes it back."""

    sender: str
    target: str
    emoji: str = ""
    address_kind: str = "http"


@dataclass(frozen=True)
class Receipt:
    """What became of a message of ours. `ref` is our uuid or the id that the origin gave it."""

    ref: str
    status: str
    reason: str = ""
    sender: str = ""


Fact = Incoming | Reaction | Receipt


@dataclass(frozen=True)
class Broken:
    """A part of a body that makes no sense, with the reason in words."""

    index: int
    reason: str
