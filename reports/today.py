"""Today by the hour, as the live board shows it: two charts, and their numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports import page, reading
from reports.charts import Chart, draw_lines
from reports.durations import exact_duration
from reports.periods import Period
from reports.reading import Row

# shown at least, so that a chart of the early morning is one
MIN_HOURS = 8


@dataclass(frozen=True)
class HourLine:
    label: str
    arrived: int
    closed: int
    half: str
    nine: str
    waiting: int | None  # at its end; None of an hour that is not there yet


@dataclass(frozen=True)
class Today:
    total: reading.Figures
    charts: page.Charts
    waiting: Chart
    waiting_words: str
    hours: list[HourLine]

    @property
    def half_words(self) -> str:
        return exact_duration(self.total.half("answered"))

    @property
    def nine_words(self) -> str:
        return exact_duration(self.total.nine_of_ten("answered"))


def read_today(today: Period, hour: int, waiting: int) -> Today:
    """Until this hour of the day. `waiting`: how many wait now."""
    rows = _since_something(reading.read_rows(today, "hora")[: max(hour + 1, MIN_HOURS)])
    waited = _count_back(rows, hour, waiting)
    lines = [
        HourLine(
            row.label,
            row.figures.number("handed_over"),
            row.figures.number("closed"),
            exact_duration(row.figures.half("answered")),
            exact_duration(row.figures.nine_of_ten("answered")),
            number,
        )
        for row, number in zip(rows, waited, strict=True)
    ]
    drawn = draw_lines([row.label for row in rows], [waited])
    return Today(reading.read_total(today), page.draw_charts(rows, "hora"), drawn, _say_waiting(lines, waiting), lines)


def _count_back(rows: Sequence[Row], hour: int, waiting: int) -> list[int | None]:
    """How many waited at the end of each hour: from those of now, without who came and with who went since. The
    figures are up to a minute old, so it may be one or two beside the truth, and is never less than none."""
    found: list[int | None] = []
    for row in reversed(rows):
        if int(row.key) > hour:
            found.append(None)
            continue
        found.append(max(0, waiting))
        waiting += row.figures.number("waits_not") - row.figures.number("waits")
    return found[::-1]


def _say_waiting(lines: Sequence[HourLine], waiting: int) -> str:
    most = max(lines, key=lambda line: line.waiting or 0)
    values = {"n": most.waiting or 0, "hour": most.label, "now": waiting}
    return _("Cuántos esperaban al final de cada hora, hoy. Lo más: %(n)s, %(hour)s; ahora %(now)s.") % values


def _since_something(rows: Sequence[Row]) -> list[Row]:
    """Without the hours of the night in which nothing happened."""
    first = next((number for number, row in enumerate(rows) if row.figures.numbers), len(rows))
    return list(rows[min(first, len(rows) - MIN_HOURS) :])
