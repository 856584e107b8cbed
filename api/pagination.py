"""Pages by key: what a query gives from a cursor on, and the cursor to go on with."""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Query

from api.problems import Problem
from common.paging import read_key, write_key

Limit = Annotated[int, Query(50, ge=1, le=100, description="The size of a page.")]
Cursor = Annotated[str, Query("", max_length=200, description="The next of the page before.")]
ID = re.compile(r"[0-9]{1,18}")


def page(found: QuerySet[Any], limit: int) -> tuple[list[Any], bool]:
    """The first ones, and whether there are more. One query."""
    items = list(found[: limit + 1])
    return items[:limit], len(items) > limit


def listed(
    found: QuerySet[Any], limit: int, show: Callable[[Any], dict[str, Any]], key: Callable[[Any], str]
) -> dict[str, Any]:
    """{items, has_more, next}: next is None on the last page."""
    items, has_more = page(found, limit)
    return {"items": [show(one) for one in items], "has_more": has_more, "next": key(items[-1]) if has_more else None}


def read_id(cursor: str) -> int:
    """The id after which a list by id goes on; 0 from the start. Raises Problem 422."""
    if not cursor:
        return 0
    if not ID.fullmatch(cursor):
        raise _odd()
    return int(cursor)


def write_cursor(at: datetime, pk: int) -> str:
    return base64.urlsafe_b64encode(write_key(at, pk).encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, int] | None:
    """The place that it names in a list by time; None for none. Raises Problem 422."""
    if not cursor:
        return None
    try:
        key = read_key(base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii"))
    except ValueError:
        key = None
    if key is None:
        raise _odd()
    return key


def _odd() -> Problem:
    errors = [{"location": "query.cursor", "message": "not a cursor of this list"}]
    return Problem("invalid", "query.cursor: not a cursor of this list", errors=errors)
