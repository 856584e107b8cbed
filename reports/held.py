"""What agents hold now: how much, how much of it waits for an answer, and what expires soon. Figures, no chats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from chats.tray_counts import MAX_COUNTED

# of each agent, by the tray that they were taken from; each part reads an index and stops at the most that is counted
_HELD = """
SELECT agent.id, held.* FROM trays_agent AS agent CROSS JOIN LATERAL (
    SELECT taken_from_id, count(*), count(asks), min(asks), count(*) FILTER (WHERE ends),
           count(asks) FILTER (WHERE ends)
    FROM (
        SELECT taken_from_id, session_expires_at <= %(soon)s AS ends,
               CASE WHEN snoozed_until IS NULL THEN asked_at END AS asks
        FROM chats_chat WHERE agent_id = agent.id AND state = 'AGENTE' LIMIT %(most)s
    ) AS head GROUP BY taken_from_id
) AS held
WHERE agent.is_active
"""
# of who waits in trays
_ENDING = """
SELECT coalesce(sum(ending.n), 0), coalesce(sum(ending.asking), 0)
FROM unnest(%(trays)s::bigint[]) AS t(id), LATERAL (
    SELECT count(*) AS n, count(asked_at) AS asking FROM (
        SELECT asked_at FROM chats_chat
        WHERE tray_id = t.id AND state = 'BANDEJA' AND NOT is_blocked AND session_expires_at <= %(soon)s
        ORDER BY session_expires_at LIMIT %(most)s
    ) AS head
) AS ending
"""
_WITH_BOTS = "SELECT count(*) FROM (SELECT 1 FROM chats_chat WHERE state = 'BOT' LIMIT %s) AS head"


@dataclass
class Load:
    """What somebody holds, or was taken from a tray. `asking`: whose customer waits, the first of them `since`;
    `ending`: whose session expires soon."""

    number: int = 0
    asking: int = 0
    since: datetime | None = None
    ending: int = 0
    ending_asking: int = 0

    def add(self, other: "Load") -> None:
        self.number += other.number
        self.asking += other.asking
        self.ending += other.ending
        self.ending_asking += other.ending_asking
        self.since = min((at for at in (self.since, other.since) if at), default=None)


@dataclass(frozen=True)
class Held:
    all: Load
    by_agent: Mapping[int, Load]
    by_tray: Mapping[int, Load]


def read_held(soon: datetime) -> Held:
    everything, by_agent, by_tray = Load(), dict[int, Load](), dict[int, Load]()
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"soon": soon, "most": MAX_COUNTED})
        for agent, tray, *figures in cursor.fetchall():
            load = Load(*figures)
            everything.add(load)
            by_agent.setdefault(agent, Load()).add(load)
            by_tray.setdefault(tray or 0, Load()).add(load)
    return Held(everything, by_agent, by_tray)


def count_ending(tray_ids: Sequence[int], soon: datetime) -> tuple[int, int]:
    """How many that wait in these trays expire until then, and to how many of them nobody has answered."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDING, {"trays": list(tray_ids), "soon": soon, "most": MAX_COUNTED})
        number, asking = cursor.fetchone()
        return int(number), int(asking)


def count_with_bots() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WITH_BOTS, [MAX_COUNTED])
        number: int = cursor.fetchone()[0]
        return number
