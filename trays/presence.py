"""Who is there: agents who are active, whose switch is on, and a socket of whom was heard in the last minute.

Kept in the database, so it is one answer for all processes, and whoever a killed one had is gone after that minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from common.lease import prune_rows
from trays.models import Agent, LastSeen, Presence, PresenceChange

SEEN_SECONDS = 60
# an agent's row is not written again before; sockets are heard from every ten seconds
NOTED_EVERY_SECONDS = 20
# who is available now, for statements written by hand: over trays_agent AS agent and its trays_lastseen AS seen
AVAILABLE_SQL = f"""agent.is_active AND agent.is_available
    AND seen.at > clock_timestamp() - make_interval(secs => {SEEN_SECONDS})"""


@dataclass(frozen=True)
class Availability:
    """How many agents are there: in all, and of those who were given each created tray."""

    everyone: int
    by_tray: dict[int, int]


def heard_q(prefix: str = "") -> Q:
    """A socket was heard from in the last minute; over agents, or what has one (behind `prefix`, as in "owner__")."""
    # no join: rows that are asked for with it can be locked
    lately = LastSeen.objects.filter(at__gt=Now() - timedelta(seconds=SEEN_SECONDS))
    return Q(Exists(lately.filter(agent=OuterRef(f"{prefix}pk"))))


def presence_of(prefix: str = "") -> Case:
    """How an agent is there, as what a query can be annotated with."""
    return Case(
        When(~heard_q(prefix), then=Value(Presence.OFF.value)),
        When(**{f"{prefix}is_available": True}, then=Value(Presence.AVAILABLE.value)),
        default=Value(Presence.AWAY.value),
        output_field=CharField(),
    )


@transaction.atomic
def set_presence(agent: Agent, *, is_available: bool, reason: str = "", at: datetime | None = None) -> bool:
    """The agent's switch, and why it is off. False: it stood like that already, and nothing was logged."""
    held = Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
    reason = "" if is_available else reason
    if (held.is_available, held.away_reason) == (is_available, reason):
        return False
    now = at or timezone.now()
    words = {True: Presence.AVAILABLE, False: Presence.AWAY}
    was, became = words[held.is_available], words[is_available]
    since = now if was != became else held.available_since
    Agent.objects.filter(pk=held.pk).update(is_available=is_available, away_reason=reason, available_since=since)
    PresenceChange.objects.create(agent=held, was=was, became=became, at=now, reason=reason)
    return True


def log_comings() -> int:
    """Log who came and whose browsers have gone since it was asked last. Safe to run twice and at once."""
    with connection.cursor() as cursor:
        # rows that are being noted are left to the next time: who waited for them could wait crosswise
        cursor.execute(
            """WITH due AS (
                   SELECT agent_id FROM trays_lastseen
                   WHERE is_here <> (at > statement_timestamp() - make_interval(secs => %s))
                   FOR NO KEY UPDATE SKIP LOCKED
               ), moved AS (
                   UPDATE trays_lastseen AS seen SET is_here = NOT seen.is_here
                   FROM due WHERE seen.agent_id = due.agent_id
                   RETURNING seen.agent_id, seen.at, seen.is_here
               )
               INSERT INTO trays_presencechange (agent_id, at, was, became, reason)
               SELECT agent.id, moved.at,
                      CASE WHEN moved.is_here THEN 'off' ELSE word.said END,
                      CASE WHEN moved.is_here THEN word.said ELSE 'off' END,
                      CASE WHEN moved.is_here THEN agent.away_reason ELSE '' END
               FROM moved
               JOIN trays_agent AS agent ON agent.id = moved.agent_id
               CROSS JOIN LATERAL (
                   SELECT CASE WHEN agent.is_available THEN 'available' ELSE 'away' END AS said
               ) AS word""",
            [SEEN_SECONDS],
        )
        return cursor.rowcount


def prune_log(now: datetime) -> int:
    """Forget what was logged so many days ago (settings). Rows are added in the order of time, but for a minute: no
    index is kept for this, which reads what it deletes and one row more."""
    kept = PresenceChange.objects.filter(at__gte=now - timedelta(days=settings.PRESENCE_KEPT_DAYS))
    young = kept.order_by("pk").values_list("pk", flat=True).first()
    rows = PresenceChange.objects.filter(Q() if young is None else Q(pk__lt=young))
    return prune_rows(rows.order_by("pk"), 1000)


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
            f"""SELECT grouping(given.tray_id), given.tray_id, count(DISTINCT agent.id)
               FROM trays_agent AS agent
               JOIN trays_lastseen AS seen ON seen.agent_id = agent.id
               LEFT JOIN trays_membership AS given ON given.agent_id = agent.id
               WHERE {AVAILABLE_SQL}
               GROUP BY GROUPING SETS ((), (given.tray_id))"""  # noqa: S608 - a constant of ours
        )
        rows = cursor.fetchall()
    everyone = next((number for is_total, _tray, number in rows if is_total), 0)
    return Availability(everyone, {tray: number for is_total, tray, number in rows if not is_total and tray})
