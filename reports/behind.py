"""The chats behind a figure: those of its events whose chat the supervisor may see now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.models import Chat
from common.paging import read_key, write_key
from common.parsing import parse_id
from common.replica import fetch_from_replica
from reports.durations import exact_duration
from reports.events import EVENTS, MEASURES, SCORED, TAGS_OF, period
from reports.periods import BadPeriod, Period
from reports.reading import GROUPS, PERSONAL, Axis, tray_ids
from reports.rollup import HOUR
from trays.models import Agent, Tray

PAGE = 50
# read at once, about; and how often for a page, where the reader may see next to nothing: then it goes on by hand
MAX_READ, MAX_ROUNDS = 150, 5
MAX_HOURS = 24 * 800
# what a figure counts, in words
EXPLAINED = {
    "arrived": gettext_lazy("El cliente escribió y empezó una sesión, con el bot o, sin bot, en una bandeja."),
    "bot_only": gettext_lazy("La sesión terminó con el bot: no pasó a ninguna bandeja."),
    "handed_over": gettext_lazy("El bot los pasó a una bandeja, o llegaron a ella porque la línea no tiene bot."),
    "taken": gettext_lazy(
        "Un agente los tomó, o se le asignaron. La espera es el tiempo que estuvieron en la bandeja."
    ),
    "answered": gettext_lazy("La primera respuesta de un agente desde que llegaron a una bandeja."),
    "attended": gettext_lazy(
        "Dejaron de estar con su agente: cerrados, devueltos, enviados o expirados. Se mide desde que los tomó."
    ),
    "closed": gettext_lazy("El agente los cerró. Lo que se deshizo enseguida no cuenta."),
    "returned": gettext_lazy(
        "El agente los devolvió o los envió a otra bandeja, o volvieron solos por quedar sin respuesta."
    ),
    "expired": gettext_lazy(
        "Pasaron 24 h sin mensajes del cliente mientras el chat estaba en la bandeja o con alguien que lo tomó de ahí."
    ),
    "reopened": gettext_lazy("El cliente volvió a escribir después de que se cerraran."),
    "scored": gettext_lazy("El cliente dijo, del 1 al 5, cómo lo atendieron. Cuenta cuando respondió."),
}

_HOURS = """
SELECT hour, sum(n) FROM reports_hourfigure
WHERE axis = %(axis)s AND hour >= %(begin)s AND hour < %(end)s AND measure = %(measure)s
  AND (%(refs)s::bigint[] IS NULL OR ref = ANY(%(refs)s::bigint[]))
  AND (%(clock)s::int IS NULL OR extract(hour FROM hour AT TIME ZONE %(zone)s) = %(clock)s)
GROUP BY hour ORDER BY hour DESC LIMIT %(most)s
"""
_FOUND = (
    EVENTS
    + """
SELECT event.id, event.at, event.contact_id, event.tray_id, event.agent_id, event.seconds
FROM event JOIN contacts_contact c ON c.id = event.contact_id
WHERE event.measure = %(measure)s AND (%(before_at)s::timestamptz IS NULL
       OR (event.at, event.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint))
  AND (%(refs)s::bigint[] IS NULL OR CASE %(axis)s
       WHEN 'tray' THEN event.tray_id = ANY(%(refs)s::bigint[])
       WHEN 'agent' THEN event.agent_id = ANY(%(refs)s::bigint[])
       WHEN 'line' THEN c.origin_id = ANY(%(refs)s::bigint[])
       WHEN 'tag' THEN coalesce((SELECT array_agg(had.tag_id) FROM (TAGS_OF) had), '{0}') && %(refs)s::bigint[] END)
  AND (%(clock)s::int IS NULL OR extract(hour FROM event.at AT TIME ZONE %(zone)s) = %(clock)s)
ORDER BY event.at DESC, event.id DESC
""".replace("TAGS_OF", TAGS_OF)
)


@dataclass(frozen=True)
class Cell:
    """A figure of the table: which measure, of what (`key` of its row; "" is all), in which period."""

    group: str
    key: str
    measure: str
    period: Period

    @property
    def axis(self) -> str:
        return GROUPS[self.group][0] if self.key else Axis.ALL

    @property
    def refs(self) -> list[int] | None:
        if not self.key or self.axis == Axis.ALL:
            return None
        return tray_ids(self.key) if self.axis == Axis.TRAY else [int(self.key)]

    @property
    def clock(self) -> int | None:
        """Of which hour of the day."""
        return int(self.key) if self.key and self.group == "hora" else None

    @property
    def span(self) -> Period:
        """Its days."""
        if self.group != "dia" or not self.key:
            return self.period
        day = date.fromisoformat(self.key)
        return Period(day, day)


def read_cell(given: Mapping[str, str], of_period: Period) -> Cell:
    """Raises BadPeriod for what is no figure."""
    group, key, measure = given.get("por", "dia"), given.get("de", ""), given.get("que", "")
    if group not in GROUPS or measure not in MEASURES or (key and not _is_key(group, key)):
        raise BadPeriod(_("No hay una cifra así"))
    return Cell(group, key, measure, of_period)


def _is_key(group: str, key: str) -> bool:
    if group == "dia":
        try:
            return date.fromisoformat(key).isoformat() == key
        except ValueError:
            return False
    if group == "bandeja" and key == PERSONAL:
        return True
    number = parse_id(key)
    return number is not None and (group != "hora" or number < 24)


@dataclass
class Happening:
    """One event, with its chat as it stands now."""

    id: int
    at: datetime
    chat: Chat
    tray: Tray | None
    agent: Agent | None
    took: timedelta | None
    score: int | None = None

    @property
    def whose(self) -> str:
        """Its agent, else its tray, else its line."""
        return str(self.agent or self.tray or self.chat.origin)

    @property
    def took_words(self) -> str:
        if self.score:
            return _("%(n)s de 5") % {"n": self.score}
        return "" if self.took is None else exact_duration(self.took)


@dataclass(frozen=True)
class Page:
    """`more`: the key of the next page. `hidden`: some of what was looked through the reader may not see."""

    happenings: list[Happening]
    number: int
    hidden: bool
    more: str


def read_behind(cell: Cell, agent: Agent, after: str = "") -> Page:
    """The newest first. Raises BadPeriod for what is no page's key."""
    key = read_key(after) if after else None
    if after and key is None:
        raise BadPeriod(_("No hay una página así"))
    hours = _list_hours(cell)
    number = sum(n for _hour, n in hours)
    found: list[Happening] = []
    hidden, left = False, [(hour, n) for hour, n in hours if key is None or hour <= key[0]]
    for _round in range(MAX_ROUNDS):
        if not left or len(found) > PAGE:
            break
        some, left = _split(left)
        rows = _read_events(cell, some[-1], some[0] + HOUR, key)
        seen, hid = _see(cell.measure, rows, agent)
        found, hidden = found + seen, hidden or hid
        key = (rows[-1][1], rows[-1][0]) if rows else (some[-1], 0)
    if len(found) > PAGE:
        key = (found[PAGE - 1].at, found[PAGE - 1].id)
    is_more = len(found) > PAGE or bool(left)
    return Page(found[:PAGE], number, hidden, write_key(*key) if is_more and key else "")


def _split(hours: list[tuple[datetime, int]]) -> tuple[list[datetime], list[tuple[datetime, int]]]:
    """As many hours as hold about what is read at once, and the rest."""
    passed = list(accumulate(n for _hour, n in hours))
    place = 1 + sum(1 for before in passed if before < MAX_READ)
    return [hour for hour, _n in hours[:place]], hours[place:]


def _asked(cell: Cell) -> dict[str, Any]:
    return {
        "axis": cell.axis, "measure": cell.measure, "refs": cell.refs, "clock": cell.clock, "zone": settings.TIME_ZONE,
    }  # fmt: skip


def _list_hours(cell: Cell) -> list[tuple[datetime, int]]:
    """Those in which it happened, the newest first."""
    span = cell.span
    asked = _asked(cell) | {"begin": span.begin, "end": span.end, "most": MAX_HOURS}
    return [(hour, int(n)) for hour, n in fetch_from_replica(_HOURS, asked)]


def _read_events(cell: Cell, begin: datetime, end: datetime, key: tuple[datetime, int] | None) -> list[tuple[Any, ...]]:
    before_at, before_id = key or (None, None)
    asked = _asked(cell) | period(begin, end) | {"before_at": before_at, "before_id": before_id}
    return fetch_from_replica(_FOUND, asked)


def _see(measure: str, rows: Sequence[tuple[Any, ...]], agent: Agent) -> tuple[list[Happening], bool]:
    """Those whose chat this agent may see now, and whether there are others."""
    chats = Chat.objects.visible_to(agent).filter(contact__in={row[2] for row in rows})
    by_contact = {chat.contact_id: chat for chat in chats.with_people()}
    trays = Tray.objects.select_related("owner").in_bulk({row[3] for row in rows} - {None})
    agents = Agent.objects.in_bulk({row[4] for row in rows} - {None})
    seen = [
        Happening(
            pk, at, by_contact[contact], trays.get(tray), agents.get(who),
            None if seconds is None else timedelta(seconds=max(0, float(seconds))),
            int(seconds) if measure == SCORED else None,
        )
        for pk, at, contact, tray, who, seconds in rows
        if contact in by_contact
    ]  # fmt: skip
    return seen, len(seen) < len(rows)
