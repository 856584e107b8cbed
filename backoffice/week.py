"""The week of a tray as its form shows it: a row a day, with its stretches, two of which are always offered."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time

from django import forms
from django.utils.translation import gettext as _

from trays.models import Opening

STRETCHES_OFFERED = 2
MIDNIGHT = 24 * 60


@dataclass(frozen=True)
class Bar:
    """From which minute of the day on, and how many."""

    begin: int
    minutes: int


@dataclass(frozen=True)
class Day:
    """`rows`: its stretches as forms, the empty ones last; `bars`: those that are kept, to be drawn."""

    number: int
    label: str
    rows: tuple[forms.ModelForm, ...]
    bars: tuple[Bar, ...]
    words: str


def minutes_of(opens: time, closes: time) -> tuple[int, int]:
    """From which to which minute of its day; 00:00 closes it at the end."""
    end = MIDNIGHT if closes == time(0) else closes.hour * 60 + closes.minute
    return opens.hour * 60 + opens.minute, end


def list_offered(openings: Iterable[Opening]) -> list[int]:
    """The weekdays of the empty stretches that are offered beside these."""
    taken = Counter(opening.weekday for opening in openings)
    return [day for day in Opening.Weekday.values for _more in range(STRETCHES_OFFERED - taken[day])]


def list_days(rows: Sequence[forms.ModelForm]) -> list[Day]:
    """A stretch of no weekday, which is an error, stands in the first one."""
    of_days: dict[int, list[forms.ModelForm]] = {day: [] for day in Opening.Weekday.values}
    for row in rows:
        said = str(row["weekday"].value())
        of_days[int(said) if said in map(str, of_days) else 0].append(row)
    return [_make_day(Opening.Weekday(number), found) for number, found in of_days.items()]


def _make_day(day: Opening.Weekday, rows: list[forms.ModelForm]) -> Day:
    label = str(day.label)
    for number, row in enumerate(rows, 1):
        said = {"day": label.capitalize(), "n": number}
        row.fields["opens"].widget.attrs["aria-label"] = _("%(day)s, tramo %(n)s: abre") % said
        row.fields["closes"].widget.attrs["aria-label"] = _("%(day)s, tramo %(n)s: cierra") % said
    kept = [row.instance for row in rows if row.instance.pk]
    bars = []
    for one in kept:
        begin, end = minutes_of(one.opens, one.closes)
        bars.append(Bar(begin, end - begin))
    return Day(day.value, label.capitalize(), tuple(rows), tuple(bars), _say_hours(kept))


def _say_hours(kept: list[Opening]) -> str:
    if not kept:
        return _("cerrada")
    return ", ".join(_("de %(a)s a %(b)s") % {"a": f"{one.opens:%H:%M}", "b": f"{one.closes:%H:%M}"} for one in kept)
