"""A table's lock, for a moment, beside a product that runs: who asks for it gives way to who has it, as all others
would wait behind, and asks again."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from psycopg import errors

from common.durations import format_duration

Result = TypeVar("Result")

# what comes behind waits as long; a request waits 2 s for a statement (wittyagent/postgres/limits.py)
LOCK_SECONDS = 1.0
SET_LIMIT = f"SET LOCAL lock_timeout = {int(LOCK_SECONDS * 1000)}"
# the last for as long as it takes: some five minutes in all
PAUSES_SECONDS = (1, 2, 4, *[10] * 30)
_OLDEST = """
SELECT pid, COALESCE(NULLIF(application_name, ''), usename, '?'), state, now() - xact_start FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
ORDER BY xact_start LIMIT 1
"""


class TableInUse(Exception):
    """Somebody had the table whenever it was asked for."""


def keep_asking(
    work: Callable[[], Result],
    say: Callable[[str], object],
    pauses: Iterable[float] = PAUSES_SECONDS,
    using: str = DEFAULT_DB_ALIAS,
) -> Result:
    """What `work` returns, whose transactions begin with SET_LIMIT; `say` hears of each pause. Raises TableInUse."""
    for pause in pauses:
        try:
            return work()
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
        say(f"a table is in use: gave way after {LOCK_SECONDS:.0f} s{_who_may_hold_it(using)}; again in {pause} s")
        time.sleep(pause)
    raise TableInUse


def _who_may_hold_it(using: str) -> str:
    """The longest transaction there is, which is the likeliest; what was in the way may be gone by now."""
    with connections[using].cursor() as cursor:
        cursor.execute(_OLDEST)
        found = cursor.fetchone()
    if found is None:
        return ""
    pid, name, state, age = found
    return f" (the longest transaction: {name}, process {pid}, {state}, for {format_duration(age)})"
