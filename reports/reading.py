"""Figures of a period: sums of the hours' figures, by day, hour, tray, agent, line or tag. No chat is in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.replica import fetch_from_replica
from contacts.models import Tag
from origins.models import Origin
from reports.events import BOUNDS, SCORED
from reports.models import HourFigure
from reports.periods import Period
from trays.models import Agent, Tray

Axis = HourFigure.Axis
PERSONAL = "personales"
# of who had no tag
UNTAGGED = "0"
# what rows may be, with the axis of their figures and what tells one from another
_DAY = "(hour AT TIME ZONE %(zone)s)::date::text"
_HOUR = "extract(hour FROM hour AT TIME ZONE %(zone)s)::int::text"
GROUPS: dict[str, tuple[str, str]] = {
    "hora": (Axis.ALL, _HOUR),
    "dia": (Axis.ALL, _DAY),
    "bandeja": (Axis.TRAY, "ref::text"),
    "agente": (Axis.AGENT, "ref::text"),
    "linea": (Axis.LINE, "ref::text"),
    "etiqueta": (Axis.TAG, "ref::text"),
}
GROUP_WORDS = {
    "hora": gettext_lazy("Hora"),
    "dia": gettext_lazy("Día"),
    "bandeja": gettext_lazy("Bandeja"),
    "agente": gettext_lazy("Agente"),
    "linea": gettext_lazy("Línea"),
    "etiqueta": gettext_lazy("Etiqueta"),
}
_SUMS = """
SELECT {key}, measure, bucket, sum(n), sum(seconds) FROM reports_hourfigure
WHERE axis = %(axis)s AND hour >= %(begin)s AND hour < %(end)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass
class Figures:
    """What happened: how often each thing, and how long it took."""

    numbers: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)
    classes: dict[str, dict[int, int]] = field(default_factory=dict)

    def add(self, measure: str, bucket: int, n: int, seconds: int) -> None:
        self.numbers[measure] = self.numbers.get(measure, 0) + n
        self.seconds[measure] = self.seconds.get(measure, 0) + seconds
        counted = self.classes.setdefault(measure, {})
        counted[bucket] = counted.get(bucket, 0) + n

    def number(self, measure: str) -> int:
        return self.numbers.get(measure, 0)

    def quantile(self, measure: str, share: float) -> timedelta | None:
        """In how long this share of them was done; within its class of duration as if they were spread evenly."""
        counted = self.classes.get(measure, {})
        wanted, passed = share * sum(counted.values()), 0
        if not counted:
            return None
        for bucket, n in sorted(counted.items()):
            if passed + n >= wanted:
                low, high = class_ends(bucket)
                return timedelta(seconds=low + (high - low) * (wanted - passed) / n)
            passed += n
        return timedelta(seconds=BOUNDS[-1])

    def half(self, measure: str) -> timedelta | None:
        return self.quantile(measure, 0.5)

    def nine_of_ten(self, measure: str) -> timedelta | None:
        return self.quantile(measure, 0.9)

    @property
    def score(self) -> float | None:
        """From 1 to 5, as customers said; None where nobody did."""
        said = self.number(SCORED)
        return self.seconds[SCORED] / said if said else None

    @property
    def answered_share(self) -> int | None:
        """Of a hundred that were handed over, how many were answered by an agent."""
        asked = self.number("handed_over")
        return min(100, round(100 * self.number("answered") / asked)) if asked else None


def class_ends(bucket: int) -> tuple[int, int]:
    """From and to how many seconds a class of duration goes; the last one is taken for its beginning."""
    low = BOUNDS[bucket - 1] if bucket else 0
    return low, BOUNDS[min(bucket, len(BOUNDS) - 1)]


@dataclass
class Row:
    """A line of the table. `key`: what its cells say that they are of; `""` is all."""

    key: str
    label: str
    figures: Figures
    icon: str = ""
    person: Agent | None = None
    line: Origin | None = None
    tag: Tag | None = None


def read_sums(period: Period, axis: str, key: str, **more: object) -> dict[str, Figures]:
    """By the key's text. `more`: what the key's SQL is asked with."""
    asked = more | {"axis": axis, "begin": period.begin, "end": period.end, "zone": settings.TIME_ZONE}
    found: dict[str, Figures] = {}
    for name, measure, bucket, n, seconds in fetch_from_replica(_SUMS.format(key=key), asked):
        found.setdefault(name, Figures()).add(measure, bucket, int(n), int(seconds))
    return found


def read_total(period: Period) -> Figures:
    return read_sums(period, Axis.ALL, "''").get("", Figures())


def read_totals(period: Period) -> tuple[Figures, Figures]:
    """Of the period, and of the one before it, in one question."""
    both = replace(period.before, last=period.last)
    found = read_sums(both, Axis.ALL, "(hour < %(since)s)::text", since=period.begin)
    return found.get("false", Figures()), found.get("true", Figures())


def read_rows(period: Period, group: str) -> list[Row]:
    """A line each, also for a day, tray, line or tag where nothing happened."""
    axis, key = GROUPS[group]
    return _ROWS[group](read_sums(period, axis, key), period)


def _of_hours(found: Mapping[str, Figures], _period: Period) -> list[Row]:
    return [Row(str(hour), _("%(hour)s h") % {"hour": hour}, found.get(str(hour), Figures())) for hour in range(24)]


def _of_days(found: Mapping[str, Figures], period: Period) -> list[Row]:
    days = (period.first + timedelta(days=number) for number in range(period.days))
    return [Row(day.isoformat(), day_words(day), found.get(day.isoformat(), Figures())) for day in days]


def day_words(day: date) -> str:
    """vie 20 nov"""
    return date_format(day, "D j M").lower()


def _of_trays(found: Mapping[str, Figures], _period: Period) -> list[Row]:
    """Personal trays are one line; archived ones stand where something happened in them."""
    trays = Tray.objects.exclude(kind=Tray.Kind.CLOSED).in_order()
    rows, personal = [], Figures()
    for tray in trays:
        figures = found.get(str(tray.pk), Figures())
        if tray.kind == Tray.Kind.PERSONAL:
            _add_all(personal, figures)
        elif tray.archived_at is None or figures.numbers:
            rows.append(Row(str(tray.pk), tray.name, figures, icon=tray.icon))
    return [*rows, Row(PERSONAL, _("Personales"), personal, icon="user")]


def _add_all(one: Figures, other: Figures) -> None:
    for measure, counted in other.classes.items():
        for bucket, n in counted.items():
            one.add(measure, bucket, n, 0)
        one.seconds[measure] += other.seconds[measure]


def _of_agents(found: Mapping[str, Figures], _period: Period) -> list[Row]:
    agents = Agent.objects.order_by("first_name", "last_name", "pk")
    return [
        Row(str(agent.pk), str(agent), found.get(str(agent.pk), Figures()), person=agent)
        for agent in agents
        if agent.is_active or str(agent.pk) in found
    ]


def _of_lines(found: Mapping[str, Figures], _period: Period) -> list[Row]:
    return [
        Row(str(line.pk), line.name, found.get(str(line.pk), Figures()), line=line)
        for line in Origin.objects.order_by("name", "pk")
        if line.is_active or str(line.pk) in found
    ]


def _of_tags(found: Mapping[str, Figures], _period: Period) -> list[Row]:
    """Archived ones stand where something happened. Who had several counts in each."""
    rows = [
        Row(str(tag.pk), tag.word, found.get(str(tag.pk), Figures()), tag=tag)
        for tag in Tag.objects.in_order()
        if tag.archived_at is None or str(tag.pk) in found
    ]
    return [*rows, Row(UNTAGGED, _("Sin etiqueta"), found.get(UNTAGGED, Figures()))]


_ROWS: dict[str, Any] = {
    "hora": _of_hours,
    "dia": _of_days,
    "bandeja": _of_trays,
    "agente": _of_agents,
    "linea": _of_lines,
    "etiqueta": _of_tags,
}


def tray_ids(key: str) -> list[int]:
    """The trays of a line of the table."""
    if key == PERSONAL:
        return list(Tray.objects.filter(kind=Tray.Kind.PERSONAL).values_list("pk", flat=True))
    return [int(key)]


def name_row(group: str, key: str) -> str:
    """What a line of the table is called; "" for all, and for what is no more."""
    if not key or (group == "bandeja" and key == PERSONAL):
        return _("Personales") if key else ""
    if group == "dia":
        return day_words(date.fromisoformat(key))
    if group == "hora":
        return _("%(hour)s h") % {"hour": key}
    if group == "etiqueta" and key == UNTAGGED:
        return _("Sin etiqueta")
    model: Any = {"bandeja": Tray, "agente": Agent, "linea": Origin, "etiqueta": Tag}[group]
    found = model.objects.filter(pk=int(key)).first()
    return str(found) if found else ""
