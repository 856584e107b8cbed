"""Keys of pages: where a list went on, as "<ISO time>,<id>"; and walks through a table by its ids."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet


def write_key(at: datetime, pk: int) -> str:
    return f"{at.isoformat()},{pk}"


def read_key(text: str) -> tuple[datetime, int] | None:
    """The place that a key names; None for whatever is not a key."""
    at, _, pk = text.partition(",")
    try:
        found = datetime.fromisoformat(at)
        # converted to UTC: Python accepts offsets that PostgreSQL refuses
        return (found.astimezone(UTC), int(pk)) if found.tzinfo and 0 <= int(pk) < 2**63 else None
    except (ValueError, OverflowError):
        return None


def walk_ids(rows: QuerySet[Any], most: int) -> Iterator[tuple[int, int]]:
    """The first and the last id of each so many of these rows, from the lowest on; gaps between ids cost nothing."""
    last = 0
    while pks := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:most]):
        last = pks[-1]
        yield pks[0], last
