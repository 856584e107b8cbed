"""`manage.py doctor`: what is missing or odd for the use at hand, each with the line to paste."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

WRONG, ODD, GOOD = "wrong", "odd", "good"


@dataclass(frozen=True)
class Finding:
    """`wrong` will hurt, `odd` may be meant so, `good` was looked at. `paste`: what mends it, where a line does."""

    level: str
    about: str
    words: str
    paste: str = ""


Check = Callable[[], Iterable[Finding]]
