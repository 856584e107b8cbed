"""The database's clock, which all processes share, against this machine's."""

import functools
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone

log = logging.getLogger(__name__)
T = TypeVar("T")

# further apart, one of them is wrong
MAX_APART_SECONDS = 60.0


def read_database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def where_clocks_agree(act: Callable[[], T]) -> Callable[[], T | None]:
    """For what is done because a time has come and cannot be undone: while the two clocks are apart nothing of it is
    done, since nobody knows which one is wrong. The alarms say so to people (gateway/alarms/checks.py)."""

    @functools.wraps(act)
    def acting(*args: Any, **more: Any) -> T | None:
        apart = (timezone.now() - read_database_time()).total_seconds()
        if abs(apart) > MAX_APART_SECONDS:
            log.error("%s waits: the clock here and that of the database are %.0f s apart", act.__name__, abs(apart))
            return None
        return act(*args, **more)

    return acting
