"""Tables in partitions by month, so that what is old goes by the table and not by the row.

PostgreSQL wants the partition's key in every unique key. So it is the id, and the id tells its month: the first of
December 2026 is 202612000000001. Months follow each other without a gap, the sequence moves to the next one when its
month begins (`begin_month`), and ids, primary key, foreign keys and order by id stay what they are:

    <table>           PARTITION BY RANGE (id): its indexes are those of all
      <table>_first     what was there before, up to the first month's id
      <table>_2026_12   202612000000000 to 202701000000000
      <table>_default   what fits nowhere, so that it is kept; nothing, as long as partitions are made ahead

Other unique keys hold within a partition. Between two of them a writer looks itself (WHERE NOT EXISTS): `begin_month`
lets all who write end before the next id is given, so that who writes in a month sees all that was written before it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common.table_locks import SET_LIMIT

# more than ever come in a month; what does not fit goes on into the next month's
ROOM = 1_000_000_000
# beside the one that is written
MONTHS_AHEAD = 2
_BOUNDS = re.compile(r"FOR VALUES FROM \((MINVALUE|'?\d+'?)\) TO \('?(\d+)'?\)")
_PARTITIONS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits
JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = to_regclass(%s)
"""


@dataclass(frozen=True, order=True)
class Partition:
    """Of ids from `low`, below `high`."""

    low: int
    high: int
    name: str


def first_id(at: datetime, months: int = 0) -> int:
    """The id that the month of this time (UTC), or so many months later, begins with; nothing has it."""
    months += at.year * 12 + at.month - 1
    return (months // 12 * 100 + months % 12 + 1) * ROOM


def is_partitioned(table: str) -> bool:
    return bool(read_value("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)", table))


def list_partitions(table: str) -> list[Partition]:
    """In their order, without the default one."""
    found = []
    for name, words in read_rows(_PARTITIONS, table):
        # NULL for one that is being dropped
        if bounds := _BOUNDS.fullmatch(words or ""):
            low, high = (0 if one == "MINVALUE" else int(one.strip("'")) for one in bounds.groups())
            found.append(Partition(low, high, name))
    return sorted(found)


@contextmanager
def _alone(table: str) -> Iterator[CursorWrapper]:
    """A transaction in which nobody else makes or drops partitions; who reads and writes does not wait for it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SET_LIMIT)
        cursor.execute(f'LOCK TABLE ONLY "{table}" IN SHARE UPDATE EXCLUSIVE MODE')
        yield cursor


def make_ahead(table: str, now: datetime) -> list[str]:
    """Make the partitions of this month and of the next ones that are missing, with what the default one has of them.
    Returns their names."""
    made = (_make_partition(table, now, months) for months in range(MONTHS_AHEAD + 1))
    return [name for name in made if name]


def _make_partition(table: str, now: datetime, months: int) -> str:
    """'': it is there."""
    low, high, default = first_id(now, months), first_id(now, months + 1), f"{table}_default"
    name = f"{table}_{low // ROOM // 100}_{low // ROOM % 100:02}"
    with _alone(table) as cursor:
        if any(one.low < high and low < one.high for one in list_partitions(table)):
            return ""
        # who reads all partitions waits a moment; attached, not created as one, which would stop everybody
        cursor.execute(f'LOCK TABLE "{default}" IN ACCESS EXCLUSIVE MODE')
        copy_shape(default, name)
        cursor.execute(
            f'WITH kept AS (DELETE FROM "{default}" WHERE id >= {low} AND id < {high} RETURNING *)'  # noqa: S608 - ours
            f' INSERT INTO "{name}" SELECT * FROM kept'
        )
        cursor.execute(f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES FROM ({low}) TO ({high})')
    return name


def begin_month(table: str, now: datetime) -> bool:
    """From here on ids are of this month. False: they are already, or its partition is missing."""
    low = first_id(now)
    if low not in {one.low for one in list_partitions(table)} or last_id(table) >= low:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SET_LIMIT)
        # who has begun to write ends first, who comes waits: see above
        cursor.execute(f'LOCK TABLE ONLY "{table}" IN SHARE ROW EXCLUSIVE MODE')
        if last_id(table) >= low:
            return False
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, low])
    return True


def last_id(table: str) -> int:
    """The last that was given."""
    return int(
        read_value("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass), 0)", table)
    )


def drop_past(table: str, column: str, before: datetime) -> list[str]:
    """Drop the partitions in which all is older than this and nothing is written any more. Returns their names."""
    past = [one.name for one in list_partitions(table) if one.high <= last_id(table)]
    return [name for name in past if _drop_old(table, name, column, before)]


def _drop_old(table: str, name: str, column: str, before: datetime) -> bool:
    with _alone(table) as cursor:
        is_there = name in {one.name for one in list_partitions(table)}
        young = f'SELECT EXISTS (SELECT FROM "{name}" WHERE "{column}" >= %s)'  # noqa: S608 - names of ours
        if not is_there or read_value(young, before):
            return False
        cursor.execute(f'DROP TABLE "{name}"')
    return True


def count_stray(table: str, most: int = 1000) -> int:
    """Rows, up to so many, that no month's partition has."""
    return int(read_value(f'SELECT count(*) FROM (SELECT FROM "{table}_default" LIMIT {most}) AS head'))  # noqa: S608


def analyze(table: str) -> None:
    """What autovacuum does not do: how much there is in all partitions together."""
    is_18 = read_value("SELECT current_setting('server_version_num')::int >= 180000")
    with connection.cursor() as cursor:
        # before, its partitions are looked through once more with it
        cursor.execute(f'ANALYZE {"ONLY " if is_18 else ""}"{table}"')


def copy_shape(table: str, name: str) -> None:
    """Make an empty table with this one's columns, indexes, checks and settings; foreign keys come with the parent."""
    options = read_value("SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = to_regclass(%s)", table)
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING ALL EXCLUDING IDENTITY)')
        if options:
            cursor.execute(f'ALTER TABLE "{name}" SET ({options})')


def read_rows(query: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def read_value(query: str, *params: Any) -> Any:
    return next((row[0] for row in read_rows(query, *params)), None)
