"""The tables that are in partitions by month (common/partitions.py): made ahead, begun and dropped by the clock."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from common import partitions
from common.table_locks import TableInUse, keep_asking

log = logging.getLogger(__name__)

# when a row came, and the setting that says for how many days it is kept
TABLES = {
    "origins_body": ("received_at", "BODIES_KEPT_DAYS"),
    "wittybots_event": ("created_at", "EVENTS_KEPT_DAYS"),
}
# of the clock's turn, which comes again tomorrow
PAUSES_SECONDS = (1, 2, 4)
# rows a night that go one by one, before all of their month is old enough; where more come, they go with it
MAX_SINGLE_ROWS = 1_000_000


@dataclass(frozen=True)
class Odd:
    """What is not as it should be with a table. `is_wrong`: the clock should have seen to it, and did not."""

    table: str
    is_wrong: bool
    words: str


def tend_months(now: datetime) -> None:
    """See to the months of each table, and drop those in which all is old. Safe to run twice and at once."""
    for table in filter(partitions.is_partitioned, TABLES):
        try:
            keep_asking(partial(_tend, table, now), log.warning, PAUSES_SECONDS)
        except TableInUse:
            log.warning("the months of %s were not seen to: it was in use all the time", table)
        partitions.analyze(table)


def _tend(table: str, now: datetime) -> None:
    column, days = TABLES[table]
    if made := partitions.make_ahead(table, now):
        log.info("made %s", ", ".join(made))
    partitions.begin_month(table, now)
    before = now - timedelta(days=getattr(settings, days))
    if dropped := partitions.drop_past(table, column, before):
        log.info("dropped %s: all in it was older than %s days", ", ".join(dropped), getattr(settings, days))


def find_odd(now: datetime) -> Iterator[Odd]:
    """Tables that are not in months yet, whose next month is missing, or of which rows are in none."""
    for table in TABLES:
        if not partitions.is_partitioned(table):
            yield Odd(table, False, "is not in partitions yet")
            continue
        highest = max((one.high for one in partitions.list_partitions(table)), default=0)
        if highest < partitions.first_id(now, 2) or partitions.last_id(table) + 1 >= highest:
            yield Odd(table, True, "has no partition for next month")
        if stray := partitions.count_stray(table):
            yield Odd(table, True, f"{stray} rows or more are in no month's partition")
