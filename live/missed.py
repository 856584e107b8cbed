"""The groups that missed events while Redis was away (live/models.py)."""

from collections.abc import Mapping

from django.db import connection

# more than that missed at once: the others see the gap with their next event
MAX_MISSED_GROUPS = 10_000


def keep_missed(orders: Mapping[str, str]) -> None:
    """These groups get these orders when Redis is back; to close says more than to ask again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO live_missedgroup AS kept ("group", "order")
               SELECT * FROM unnest(%s::text[], %s::text[]) AS new(name, said) ORDER BY name
               ON CONFLICT ("group") DO UPDATE SET "order" = EXCLUDED."order"
               WHERE kept."order" NOT LIKE '!close%%'""",
            [list(orders), list(orders.values())],
        )


def take_missed() -> dict[str, str]:
    """All of them, which are then nobody's any more; of several that ask each gets others."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM live_missedgroup WHERE "group" IN (
                   SELECT "group" FROM live_missedgroup ORDER BY "group" LIMIT %s FOR UPDATE SKIP LOCKED
               ) RETURNING "group", "order" """,
            [MAX_MISSED_GROUPS],
        )
        return dict(cursor.fetchall())
