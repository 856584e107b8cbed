"""Today by the hour, as the live board shows it: two charts, and their numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports import page, reading
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


@dataclass(frozen=True)
class Today:
    total: reading.Figures
    charts: page.Charts
    hours: list[HourLine]

    @property
    def half_words(self) -> str:
        return exact_duration(self.total.half("answered"))

    @property
    def nine_words(self) -> str:
        return exact_duration(self.total.nine_of_ten("answered"))


def read_today(today: Period, hour: int) -> Today:
    """Until this hour of the day."""
    rows = _since_something(reading.read_rows(today, "hora")[: max(hour + 1, MIN_HOURS)])
    lines = [
        HourLine(
            row.label,
            row.figures.number("handed_over"),
            row.figures.number("closed"),
            exact_duration(row.figures.half("answered")),
            exact_duration(row.figures.nine_of_ten("answered")),
        )
        for row in rows
    ]
    return Today(reading.read_total(today), page.draw_charts(rows, "hora"), lines)


def _since_something(rows: Sequence[Row]) -> list[Row]:
    """Without the hours of the night in which nothing happened."""
    first = next((number for number, row in enumerate(rows) if row.figures.numbers), len(rows))
    return list(rows[min(first, len(rows) - MIN_HOURS) :])
