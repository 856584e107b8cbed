"""The way through a bot's menu, by the hour in which somebody came to a place of it, with what became of that.

A visit is a turn that came to a place: the greeting, an option, or a way back. What became of it: on (to an option),
back, way (the option itself leads to people), person (one was asked for), misfit (two messages in a row that fit
nothing), pace (too many messages), failed (the bot could not answer, or a supervisor moved the chat), left (nothing
more until the session was over), here (it is not over).
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db import connection

from reports.hourly import Kind
from reports.periods import Period

GIVEN = ("way", "person", "misfit", "pace", "failed")

_COUNTED = """
SELECT bot_id, node, came, outcome, CASE WHEN outcome IN ('way', 'person', 'misfit', 'pace', 'failed')
                                         THEN coalesce(tray_id, 0) ELSE 0 END AS tray_id, count(*) AS n
FROM (
    SELECT s.bot_id, s.node, s.how AS came, ended.tray_id,
           CASE WHEN following.how = 'greeted' THEN 'on'
                WHEN following.how = 'option' THEN 'on'
                WHEN following.how IS NOT NULL THEN following.how
                WHEN ended.cause IS NULL THEN 'here'
                WHEN ended.cause = 'handed_over' THEN 'way'
                WHEN ended.cause = 'expired' THEN 'left'
                ELSE 'failed' END AS outcome
    FROM chats_menustep s
    JOIN contacts_statechange c ON c.id = s.change_id
    LEFT JOIN LATERAL (
        SELECT n.how FROM chats_menustep n WHERE n.change_id = s.change_id AND n.id > s.id ORDER BY n.id LIMIT 1
    ) following ON true
    LEFT JOIN LATERAL (
        SELECT e.cause, e.tray_id FROM contacts_statechange e
        WHERE e.contact_id = c.contact_id AND e.id > c.id ORDER BY e.id LIMIT 1
    ) ended ON true
    WHERE s.at >= %(begin)s AND s.at < %(end)s AND s.how IN ('greeted', 'option', 'back')
) visit GROUP BY 1, 2, 3, 4, 5
"""
# a step touches the visit before it, and what ends a session the last one of it
_OF_STEPS = """
SELECT s.at FROM chats_menustep s WHERE s.id > %(low)s AND s.id <= %(high)s
UNION ALL
SELECT before.at FROM chats_menustep s CROSS JOIN LATERAL (
    SELECT p.at FROM chats_menustep p WHERE p.change_id = s.change_id AND p.id < s.id ORDER BY p.id DESC LIMIT 1
) before WHERE s.id > %(low)s AND s.id <= %(high)s
"""
_OF_ENDS = """
SELECT visit.at FROM contacts_statechange c CROSS JOIN LATERAL (
    SELECT p.id FROM contacts_statechange p
    WHERE p.contact_id = c.contact_id AND p.id < c.id ORDER BY p.id DESC LIMIT 1
) was CROSS JOIN LATERAL (
    SELECT s.at FROM chats_menustep s WHERE s.change_id = was.id ORDER BY s.id DESC LIMIT 2
) visit WHERE c.id > %(low)s AND c.id <= %(high)s
"""
KIND = Kind(
    name="menus",
    table="reports_menufigure",
    keys=("bot_id", "node", "came", "outcome", "tray_id"),
    counted=_COUNTED,
    news={"chats_menustep": _OF_STEPS, "contacts_statechange": _OF_ENDS},
)
_SUMS = """
SELECT node, came, outcome, tray_id, sum(n) FROM reports_menufigure
WHERE bot_id = %(bot)s AND hour >= %(begin)s AND hour < %(end)s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


@dataclass
class Visits:
    """To a place of the menu. `sessions`: how many began here; `trays`: where chats went from here, by tray."""

    number: int = 0
    sessions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    trays: Counter[int] = field(default_factory=Counter)

    def add(self, came: str, outcome: str, tray_id: int, n: int) -> None:
        self.number += n
        self.outcomes[outcome] += n
        if came == "greeted":
            self.sessions += n
        if outcome in GIVEN:
            self.trays[tray_id] += n

    @property
    def given(self) -> int:
        """How often people got the chat from here."""
        return sum(self.outcomes[one] for one in GIVEN)


_DAYS = """
SELECT (hour AT TIME ZONE %(zone)s)::date, coalesce(sum(n) FILTER (WHERE came = 'greeted'), 0),
       coalesce(sum(n) FILTER (WHERE outcome IN ('way', 'person', 'misfit', 'pace', 'failed')), 0)
FROM reports_menufigure WHERE bot_id = %(bot)s AND hour >= %(begin)s AND hour < %(end)s GROUP BY 1
"""


def read_days(period: Period, bot_id: int) -> dict[date, tuple[int, int]]:
    """How many began, and how many of those visits people got the chat from, by day."""
    with connection.cursor() as cursor:
        asked = {"bot": bot_id, "begin": period.begin, "end": period.end, "zone": settings.TIME_ZONE}
        cursor.execute(_DAYS, asked)
        return {day: (int(began), int(given)) for day, began, given in cursor.fetchall()}


def read_visits(period: Period, bot_id: int) -> dict[str, Visits]:
    """By the option's id; "" is the main menu."""
    found: dict[str, Visits] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"bot": bot_id, "begin": period.begin, "end": period.end})
        for node, came, outcome, tray, n in cursor.fetchall():
            found.setdefault(node, Visits()).add(came, outcome, tray, int(n))
    return found
