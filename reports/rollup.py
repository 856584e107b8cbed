"""Figures by the hour: made by a sweep from the history, whole hours at a time, so that making them again is safe.

A sweep looks at what was written since the one before the last, and makes each hour anew that this touches. A step may
say an older time than now (a machine that slept expires chats late); its hour is found all the same, since what is new
is found by number and not by time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from reports.events import BOUNDS, EVENTS, TAGS_OF, period
from reports.models import Progress

HOUR = timedelta(hours=1)
# a sweep that finds more steps or messages goes on in the next one
MAX_ROWS = 20_000
# what is looked at again every night
AGAIN = timedelta(days=3)

_COUNTED = """EVENTS, counted AS (
    SELECT %(begin)s::timestamptz AS hour, axis, ref, measure,
           CASE WHEN seconds IS NULL THEN 0
                ELSE width_bucket(greatest(seconds, 0)::float8, %(bounds)s::float8[]) END AS bucket,
           count(*) AS n, coalesce(sum(greatest(seconds, 0)), 0)::bigint AS seconds
    FROM event JOIN contacts_contact c ON c.id = event.contact_id
    CROSS JOIN LATERAL (
        VALUES ('all', 0::bigint), ('tray', event.tray_id), ('agent', event.agent_id), ('line', c.origin_id)
        UNION ALL
        SELECT 'tag', coalesce(had.tag_id, 0) FROM (VALUES (0)) AS once LEFT JOIN (TAGS_OF) had ON true
    ) AS one (axis, ref)
    WHERE ref IS NOT NULL GROUP BY axis, ref, measure, bucket
)""".replace("EVENTS", EVENTS).replace("TAGS_OF", TAGS_OF)
_WRITE = """COUNTED, gone AS (
    DELETE FROM reports_hourfigure f WHERE f.hour = %(begin)s AND NOT EXISTS (
        SELECT 1 FROM counted WHERE (counted.axis, counted.ref, counted.measure, counted.bucket)
                                    = (f.axis, f.ref, f.measure, f.bucket))
)
INSERT INTO reports_hourfigure AS f (hour, axis, ref, measure, bucket, n, seconds)
SELECT hour, axis, ref, measure, bucket, n, seconds FROM counted ORDER BY axis, ref, measure, bucket
ON CONFLICT (axis, hour, ref, measure, bucket) DO UPDATE SET n = excluded.n, seconds = excluded.seconds
WHERE (f.n, f.seconds) <> (excluded.n, excluded.seconds)
""".replace("COUNTED", _COUNTED)
_DIFFERENT = """COUNTED, made AS (SELECT axis, ref, measure, bucket, n, seconds FROM counted), kept AS (
    SELECT axis, ref, measure, bucket, n, seconds FROM reports_hourfigure WHERE hour = %(begin)s
)
SELECT (SELECT count(*) FROM (TABLE made EXCEPT TABLE kept) one),
       (SELECT count(*) FROM (TABLE kept EXCEPT TABLE made) one)
""".replace("COUNTED", _COUNTED)
# an undone move took back what may stand in the hour before
_TOUCHED = """
SELECT DISTINCT date_trunc('hour', at - back, %(zone)s) FROM (
    SELECT at, cause FROM contacts_statechange WHERE id > %(change)s AND id <= %(last_change)s
    UNION ALL
    SELECT created_at, 'answered' FROM chats_message
    WHERE id > %(message)s AND id <= %(last_message)s AND author = 'agent' AND direction = 'out'
    UNION ALL
    SELECT answered_at, 'scored' FROM chats_survey WHERE answer_id > %(message)s AND answer_id <= %(last_message)s
) news, (VALUES (interval '0'), (interval '1 minute')) AS backs (back)
WHERE back = interval '0' OR cause = 'undone' ORDER BY 1
"""
_MARKS = """
SELECT c.*, m.* FROM (
    SELECT coalesce(max(id), %(change)s), count(*) FROM (
        SELECT id FROM contacts_statechange WHERE id > %(change)s ORDER BY id LIMIT %(most)s) c
) c, (
    SELECT coalesce(max(id), %(message)s), count(*) FROM (
        SELECT id FROM chats_message WHERE id > %(message)s ORDER BY id LIMIT %(most)s
    ) m
) m
"""


def begin_of_hour(at: datetime) -> datetime:
    """The hour of the installation's time zone in which this is."""
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(minute=0, second=0, microsecond=0)
    return local.astimezone(UTC)  # an hour later is an hour later, whatever the clocks do


def _of_hour(hour: datetime) -> dict[str, Any]:
    return period(hour, hour + HOUR) | {"bounds": list(BOUNDS)}


def roll_up(hour: datetime) -> None:
    """Make the figures of this hour anew from the history. One after the other for the same hour, safe to repeat."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('reports.rollup'), %s)", [int(hour.timestamp() // 3600)])
        cursor.execute(_WRITE, _of_hour(hour))


def sweep(now: datetime | None = None) -> int:
    """Roll up what is new. Returns how many hours that touched."""
    now = now or timezone.now()
    with transaction.atomic():
        Progress.objects.get_or_create(pk=1)
        progress = Progress.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if progress is None:
            return 0  # another worker is at it
        found = _read_marks(progress)
        hours = _touched_hours(progress, found)
        for hour in hours:
            roll_up(hour)
        _move_on(progress, found, now)
        return len(hours)


def roll_up_lately(now: datetime | None = None) -> int:
    """The last days anew, whatever was seen of them. Returns how many hours differed."""
    now = now or timezone.now()
    different = [one.hour for one in find_differences(now - AGAIN, now)]
    for hour in different:
        roll_up(hour)
    return len(different)


class Marks(NamedTuple):
    """Up to where a sweep looks, and how many rows that are."""

    change_id: int
    changes: int
    message_id: int
    messages: int


def _read_marks(progress: Progress) -> Marks:
    asked = {"change": progress.earlier_change_id, "message": progress.earlier_message_id, "most": MAX_ROWS}
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, asked)
        return Marks(*cursor.fetchone())


def _touched_hours(progress: Progress, found: Marks) -> list[datetime]:
    asked = {"change": progress.earlier_change_id, "message": progress.earlier_message_id, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, asked | {"last_change": found.change_id, "last_message": found.message_id})
        return [hour for (hour,) in cursor.fetchall()]


def _move_on(progress: Progress, found: Marks, now: datetime) -> None:
    """The last mark becomes the earlier one. Far behind all is committed: no need to look twice."""
    progress.earlier_change_id = found.change_id if found.changes == MAX_ROWS else progress.change_id
    progress.earlier_message_id = found.message_id if found.messages == MAX_ROWS else progress.message_id
    progress.change_id = max(progress.change_id, found.change_id)
    progress.message_id = max(progress.message_id, found.message_id)
    progress.swept_at = now
    progress.save()


@dataclass(frozen=True)
class Difference:
    """An hour whose figures are not what the history says, and how many rows that are."""

    hour: datetime
    missing: int
    too_much: int


def find_differences(begin: datetime, end: datetime) -> Iterator[Difference]:
    """The hours from `begin` to before `end` whose figures differ from the history."""
    hour = begin_of_hour(begin)
    while hour < end:
        with connection.cursor() as cursor:
            cursor.execute(_DIFFERENT, _of_hour(hour))
            missing, too_much = cursor.fetchone()
        if missing or too_much:
            yield Difference(hour, missing, too_much)
        hour += HOUR
