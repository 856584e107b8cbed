"""What a check finds: one trouble of the installation, in words, with what to do and where to look."""

from dataclasses import dataclass, field
from datetime import timedelta

# seconds that something waits for a worker before that is an alarm
LATE = timedelta(minutes=1)


@dataclass(frozen=True)
class Trouble:
    """`name` stays the same while it lasts ("worker", "line:12"). `page`: a path of ours, `label` what leads there."""

    name: str
    words: str
    advice: str
    icon: str = "alert-circle"
    page: str = ""
    label: str = ""


@dataclass
class Found:
    """`unknown`: names of which it could not be said now whether they are in trouble."""

    troubles: list[Trouble] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
