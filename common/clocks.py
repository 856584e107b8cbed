"""The database's clock, which all processes share, against this machine's."""

import functools
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

from django.db import connection
from django.utils import timezone

log = logging.getLogger(__name__)
T = TypeVar("T")
P = ParamSpec("P")

# further apart, one of them is wrong
MAX_APART_SECONDS = 60.0


def read_database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def _seconds_from(database_now: datetime) -> float:
    return (timezone.now() - database_now).total_seconds()


def where_clocks_agree(act: Callable[P, T]) -> Callable[P, T | None]:
    """For what is done because a time has come and cannot be undone: while the two clocks are apart nothing of it is
    done, since nobody knows which one is wrong. The alarms say so to people (gateway/alarms/checks.py)."""

    @functools.wraps(act)
    def acting(*args: P.args, **more: P.kwargs) -> T | None:
        apart = _seconds_from(read_database_time())
        if abs(apart) > MAX_APART_SECONDS:
            log.error("%s waits: the clock here and that of the database are %.0f s apart", act.__name__, abs(apart))
            return None
        return act(*args, **more)

    return acting


class Watched:
    """What this process last saw of the two clocks. Where its own jumps, it looks again at once."""

    def __init__(self) -> None:
        self.apart = 0.0
        # this machine's clock by one that never jumps; None: nobody has looked yet, and it counts as right
        self.offset: float | None = None

    def note(self, database_now: datetime) -> None:
        """What has just been read."""
        self.apart = _seconds_from(database_now)
        self.offset = time.time() - time.monotonic()

    def are_apart(self) -> bool:
        """Asks the database only where this clock has jumped since the last look."""
        if self.offset is None:
            return False
        if abs(time.time() - time.monotonic() - self.offset) > MAX_APART_SECONDS / 2:
            self.note(read_database_time())
        return abs(self.apart) > MAX_APART_SECONDS


watched = Watched()
