"""Kinds of figures by the hour, each made of one statement: swept for what is new, made anew, and compared.

As reports/rollup.py does it for the history of states: what is new is found by its number, the hours that it touches
are made anew as a whole, and the mark before the last is read from again, since what is committed late has a lower
number than what was already seen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from reports.models import Mark
from reports.rollup import AGAIN, HOUR, MAX_ROWS, Difference, begin_of_hour

_WRITE = """WITH counted AS (COUNTED), gone AS (
    DELETE FROM TABLE f WHERE f.hour = %(begin)s AND NOT EXISTS (SELECT 1 FROM counted c WHERE (C_KEYS) = (F_KEYS))
)
INSERT INTO TABLE AS f (hour, KEYS, n) SELECT %(begin)s::timestamptz, KEYS, n FROM counted ORDER BY KEYS
ON CONFLICT (hour, KEYS) DO UPDATE SET n = excluded.n WHERE f.n <> excluded.n
"""
_DIFFERENT = """WITH counted AS (COUNTED), made AS (SELECT KEYS, n FROM counted), kept AS (
    SELECT KEYS, n FROM TABLE WHERE hour = %(begin)s
)
SELECT (SELECT count(*) FROM (SELECT * FROM made EXCEPT SELECT * FROM kept) one),
       (SELECT count(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM made) one)
"""
_NEWS = "SELECT max(id), count(*) FROM (SELECT id FROM TABLE WHERE id > %(low)s ORDER BY id LIMIT %(most)s) one"


@dataclass(frozen=True)
class Kind:
    """`counted`: selects the keys and `n` of %(begin)s to before %(end)s. `news`: by table, what selects the times
    that its rows touch, of numbers above %(low)s and up to %(high)s."""

    name: str
    table: str
    keys: tuple[str, ...]
    counted: str
    news: Mapping[str, str]

    def fill(self, statement: str) -> str:
        parts = {
            "COUNTED": self.counted,
            "C_KEYS": ", ".join(f"c.{key}" for key in self.keys),
            "F_KEYS": ", ".join(f"f.{key}" for key in self.keys),
            "KEYS": ", ".join(self.keys),
            "TABLE": self.table,
        }
        for name, sql in parts.items():
            statement = statement.replace(name, sql)
        return statement


def roll_up(kind: Kind, hour: datetime) -> None:
    """Make the figures of this hour anew. One after the other for the same hour, safe to repeat."""
    with transaction.atomic(), connection.cursor() as cursor:
        lock: list[str | int] = [f"reports.{kind.name}", int(hour.timestamp() // 3600)]
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", lock)
        cursor.execute(kind.fill(_WRITE), {"begin": hour, "end": hour + HOUR})


@transaction.atomic
def sweep(kind: Kind) -> int:
    """Roll up what is new. Returns how many hours that touched."""
    names = [f"{kind.name}.{table}" for table in sorted(kind.news)]
    Mark.objects.bulk_create([Mark(name=name) for name in names], ignore_conflicts=True)
    marks = Mark.objects.select_for_update(skip_locked=True).filter(name__in=names).order_by("name")
    by_name = {mark.name: mark for mark in marks}
    if len(by_name) < len(names):
        return 0  # another worker is at it
    hours: set[datetime] = set()
    for table in kind.news:
        hours |= _read_news(kind, table, by_name[f"{kind.name}.{table}"])
    for hour in sorted(hours):
        roll_up(kind, hour)
    return len(hours)


def _read_news(kind: Kind, table: str, mark: Mark) -> set[datetime]:
    """The hours that this table's news touch; the mark moves on. Far behind all is committed: no need to look twice."""
    asked: dict[str, Any] = {"low": mark.earlier_row_id, "most": MAX_ROWS, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(_NEWS.replace("TABLE", table), asked)
        high, rows = cursor.fetchone()
        hours: set[datetime] = set()
        if rows:
            touched = "SELECT DISTINCT date_trunc('hour', at, %(zone)s) FROM (NEWS) news".replace(
                "NEWS", kind.news[table]
            )
            cursor.execute(touched, asked | {"high": high})
            hours = {hour for (hour,) in cursor.fetchall()}
    mark.earlier_row_id = high if rows == MAX_ROWS else mark.row_id
    mark.row_id = max(mark.row_id, high or 0)
    mark.save()
    return hours


def find_differences(kind: Kind, begin: datetime, end: datetime) -> Iterator[Difference]:
    """The hours from `begin` to before `end` whose figures differ from what they are made of."""
    hour = begin_of_hour(begin)
    while hour < end:
        with connection.cursor() as cursor:
            cursor.execute(kind.fill(_DIFFERENT), {"begin": hour, "end": hour + HOUR})
            missing, too_much = cursor.fetchone()
        if missing or too_much:
            yield Difference(hour, missing, too_much)
        hour += HOUR


def roll_up_lately(kind: Kind, now: datetime | None = None) -> int:
    """The last days anew, whatever was seen of them. Returns how many hours differed."""
    now = now or timezone.now()
    different = [one.hour for one in find_differences(kind, now - AGAIN, now)]
    for hour in different:
        roll_up(kind, hour)
    return len(different)
