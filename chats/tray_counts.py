"""How many chats wait in each tray, and since when; never counting past a limit."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

# counts on badges stop here: 999+
MOST_COUNTED = 1000


def counts(tray_ids: Sequence[int | None]) -> dict[int, tuple[int, Any]]:
    """How many wait in each tray (never counting past MOST_COUNTED) and since when the longest does."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.id, c.n, c.since FROM unnest(%s::bigint[]) AS t(id), LATERAL (
                   SELECT count(*) AS n, min(waiting_since) AS since FROM (
                       SELECT waiting_since FROM chats_chat
                       WHERE tray_id = t.id AND state = 'BANDEJA' ORDER BY waiting_since LIMIT %s
                   ) AS head
               ) AS c""",
            [list(tray_ids), MOST_COUNTED],
        )
        return {pk: (number, since) for pk, number, since in cursor.fetchall()}
