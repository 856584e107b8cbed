"""Who is there: agents who are active, whose switch is on, and a socket of whom was heard in the last minute.

Kept in the database, so it is one answer for all processes, and whoever a killed one had is gone after that minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

SEEN_SECONDS = 60
# an agent's row is not written again before; sockets are heard from every ten seconds
NOTED_EVERY_SECONDS = 20


@dataclass(frozen=True)
class Availability:
    """How many agents are there: in all, and of those who were given each created tray."""

    everyone: int
    by_tray: dict[int, int]


def note_seen(agent_ids: Iterable[int]) -> None:
    """Sockets of these agents have just been heard from."""
    with connection.cursor() as cursor:
        # in order: two processes that note the same agents must not wait for each other
        cursor.execute(
            """INSERT INTO trays_lastseen AS seen (agent_id, at)
               SELECT id, clock_timestamp() FROM trays_agent WHERE id = ANY(%s) ORDER BY id
               ON CONFLICT (agent_id) DO UPDATE SET at = EXCLUDED.at
               WHERE seen.at < EXCLUDED.at - make_interval(secs => %s)""",
            [sorted(agent_ids), NOTED_EVERY_SECONDS / 2],
        )


def count_available() -> Availability:
    """One query, whatever the number of trays."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT grouping(given.tray_id), given.tray_id, count(DISTINCT agent.id)
               FROM trays_agent AS agent
               JOIN trays_lastseen AS seen ON seen.agent_id = agent.id
               LEFT JOIN trays_membership AS given ON given.agent_id = agent.id
               WHERE agent.is_active AND agent.is_available
                 AND seen.at > clock_timestamp() - make_interval(secs => %s)
               GROUP BY GROUPING SETS ((), (given.tray_id))""",
            [SEEN_SECONDS],
        )
        rows = cursor.fetchall()
    everyone = next((number for is_total, _tray, number in rows if is_total), 0)
    return Availability(everyone, {tray: number for is_total, tray, number in rows if not is_total and tray})
