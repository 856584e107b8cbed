"""Reading from a replica what may be some seconds old: the figures of reports, what is searched, what is exported.

DATABASE_REPLICA_URL names it. It is asked while it is near: all that was committed MAX_LAG_SECONDS ago has arrived
there. Where it lags, is gone, or was made a primary, the primary is asked, which costs time and nothing else. Rights
are never read here: what was found is asked again of the primary by whoever shows it.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from psycopg.errors import QueryCanceled

log = logging.getLogger(__name__)
T = TypeVar("T")

REPLICA = "replica"
MAX_LAG_SECONDS = 5.0
# how long a look holds in this process
LOOK_SECONDS = 1.0
# for how long one that failed is left alone
LEFT_SECONDS = 15.0
# both times are the primary's: it stamped the commit that the replica has replayed last
_NOW = "SELECT clock_timestamp(), pg_current_wal_flush_lsn()::text"
_REPLAYED = """
SELECT pg_is_in_recovery() AND coalesce(
    pg_last_wal_replay_lsn() >= %(written)s::pg_lsn
    OR %(now)s::timestamptz - pg_last_xact_replay_timestamp() <= make_interval(secs => %(lag)s), false)
"""


class _Look:
    """What this process last saw of the replica. One thread looks, the others go by what was seen before."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.again_at = 0.0
        self.is_near = False

    def is_usable(self) -> bool:
        if time.monotonic() >= self.again_at and self.lock.acquire(blocking=False):
            try:
                self._note(_is_near(), LOOK_SECONDS)
            except DatabaseError as error:
                self.leave(error)
            finally:
                self.lock.release()
        return self.is_near

    def leave(self, error: Exception) -> None:
        log.warning("the replica is left alone for %d s: %s", LEFT_SECONDS, type(error).__name__)
        self._note(False, LEFT_SECONDS)

    def _note(self, is_near: bool, seconds: float) -> None:
        self.is_near, self.again_at = is_near, time.monotonic() + seconds


_look = _Look()


def _is_near() -> bool:
    now, written = _read_row(DEFAULT_DB_ALIAS, _NOW, {})
    return bool(_read_row(REPLICA, _REPLAYED, {"now": now, "written": written, "lag": MAX_LAG_SECONDS})[0])


def _read_row(alias: str, sql: str, params: dict[str, Any]) -> Any:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def ask_replica(ask: Callable[[str], T]) -> T:
    """What `ask(alias)` answers of a database that is near enough. It only reads, and may be called twice: where the
    replica fails it, the primary is asked. A statement that takes too long (QueryCanceled) does so on both."""
    if REPLICA not in settings.DATABASES or not _look.is_usable():
        return ask(DEFAULT_DB_ALIAS)
    try:
        return ask(REPLICA)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise
        _look.leave(error)
        return ask(DEFAULT_DB_ALIAS)


def fetch_from_replica(sql: str, params: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement that only reads."""

    def ask(alias: str) -> list[tuple[Any, ...]]:
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    return ask_replica(ask)
