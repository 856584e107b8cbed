"""Informes as a page shows them: columns, cells with their addresses, charts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.numbers import group_thousands, one_decimal
from reports import charts, reading
from reports.behind import EXPLAINED
from reports.durations import exact_duration
from reports.events import MEASURES, SCORED
from reports.periods import Period
from reports.reading import GROUP_WORDS, Row

# the numbers that a table has, by what its rows are
NUMBERS = {
    "bandeja": ("handed_over", "taken", "answered", "closed", "returned", "expired"),
    "agente": ("taken", "answered", "closed", "returned", "expired"),
}
ALL_NUMBERS = ("arrived", "bot_only", "handed_over", "taken", "answered", "closed", "expired", "reopened")
# how long things took: what is measured, and the column's name
TIMES = {
    "taken": gettext_lazy("Espera"),
    "answered": gettext_lazy("1.ª respuesta"),
    "attended": gettext_lazy("Atención"),
}


@dataclass(frozen=True)
class Cell:
    words: str
    title: str
    url: str  # of the chats behind it; none behind nothing
    is_time: bool = False


@dataclass(frozen=True)
class Line:
    row: Row
    cells: list[Cell]


def numbers_of(group: str) -> tuple[str, ...]:
    """What a table of such rows counts."""
    return NUMBERS.get(group, ALL_NUMBERS)


def list_columns(group: str) -> list[str]:
    return [*(str(MEASURES[name]) for name in numbers_of(group)), *map(str, TIMES.values()), _("Satisfacción")]


def list_csv_rows(rows: Sequence[Row], group: str) -> Iterator[list[str]]:
    """The table with its head: numbers as they are, times as the half and nine of ten, in seconds."""
    numbers = numbers_of(group)
    shares = ((_("la mitad"), 0.5), (_("9 de cada 10"), 0.9))
    times = [f"{name}, {words} (s)" for name in TIMES.values() for words, _share in shares]
    scores = [_("Opinaron"), _("Satisfacción (1 a 5)")]
    yield [str(GROUP_WORDS[group]), *(str(MEASURES[name]) for name in numbers), *times, *scores]
    for row in rows:
        took = [row.figures.quantile(measure, share) for measure in TIMES for _words, share in shares]
        yield [
            row.label,
            *(str(row.figures.number(name)) for name in numbers),
            *("" if one is None else str(round(one.total_seconds())) for one in took),
            str(row.figures.number(SCORED)),
            "" if row.figures.score is None else f"{row.figures.score:.2f}",
        ]


def explain_columns(group: str) -> list[tuple[str, str]]:
    """What each column counts."""
    named: dict[str, Any] = {name: MEASURES[name] for name in numbers_of(group)}
    named |= {"attended": TIMES["attended"], SCORED: _("Satisfacción")}
    explained = [(str(words), str(EXPLAINED[name])) for name, words in named.items()]
    if group == "etiqueta":
        words = _("Las que el contacto tenía en ese momento. Quien tenía dos cuenta en las dos, y una vez en el total.")
        explained.insert(0, (str(GROUP_WORDS[group]), words))
    return explained


def build_line(row: Row, group: str, period: Period) -> Line:
    cells = [_number_cell(row, group, period, name) for name in numbers_of(group)]
    times = [_time_cell(row, group, period, name) for name in TIMES]
    return Line(row, [*cells, *times, _score_cell(row, group, period)])


def _number_cell(row: Row, group: str, period: Period, measure: str) -> Cell:
    number = row.figures.number(measure)
    title = _("Ver esos chats: %(row)s, %(measure)s") % {"row": row.label, "measure": MEASURES[measure].lower()}
    return Cell(group_thousands(number), title, cell_url(group, row.key, measure, period) if number else "")


def _time_cell(row: Row, group: str, period: Period, measure: str) -> Cell:
    half, nine = row.figures.half(measure), row.figures.nine_of_ten(measure)
    if half is None:
        return Cell(_("sin datos"), "", "", is_time=True)
    title = _("La mitad en %(half)s o menos, 9 de cada 10 en %(nine)s. Ver esos chats: %(row)s") % {
        "half": exact_duration(half), "nine": exact_duration(nine), "row": row.label,
    }  # fmt: skip
    return Cell(exact_duration(half), title, cell_url(group, row.key, measure, period), is_time=True)


def _score_cell(row: Row, group: str, period: Period) -> Cell:
    score, said = row.figures.score, row.figures.number(SCORED)
    if score is None:
        return Cell(_("sin datos"), "", "")
    title = _("%(score)s de 5, según %(n)s. Ver esos chats: %(row)s") % {
        "score": one_decimal(score), "n": group_thousands(said), "row": row.label,
    }  # fmt: skip
    return Cell(one_decimal(score), title, cell_url(group, row.key, SCORED, period))


def cell_url(group: str, key: str, measure: str, period: Period) -> str:
    """The address of Informes with the chats behind a figure."""
    return f"?{period.query}&{urlencode({'por': group, 'de': key, 'que': measure})}"


@dataclass(frozen=True)
class Charts:
    per: str  # of what: a day or an hour
    bars: charts.Chart
    times: charts.Chart
    bars_words: str
    times_words: str


def short_label(row: Row, per: str) -> str:
    """3 nov: what has room below a chart."""
    return short_day(date.fromisoformat(row.key)) if per == "dia" else row.label


def short_day(day: date) -> str:
    return date_format(day, "j M").lower()


def draw_charts(rows: Sequence[Row], per: str) -> Charts:
    labels = [short_label(row, per) for row in rows]
    arrived = [row.figures.number("handed_over") for row in rows]
    closed = [row.figures.number("closed") for row in rows]
    most = max(rows, key=lambda row: row.figures.number("handed_over"))
    times = [[_minutes(row.figures.quantile("answered", share)) for row in rows] for share in (0.5, 0.9)]
    return Charts(
        per=per,
        bars=charts.draw_bars(labels, arrived, closed),
        times=charts.draw_lines(labels, times),
        bars_words=_("Llegaron %(arrived)s y se cerraron %(closed)s. Lo más: %(most)s, %(n)s.")
        % {"arrived": sum(arrived), "closed": sum(closed), "most": most.label, "n": most.figures.number("handed_over")},
        times_words=_("Minutos hasta la primera respuesta: la mitad, y 9 de cada 10. Los números están en la tabla."),
    )


def _minutes(took: timedelta | None) -> float | None:
    return None if took is None else took.total_seconds() / 60


def read_charts(period: Period, group: str, rows: Sequence[Row]) -> Charts:
    """By hour of one day; else by day. `rows`: those of the table, by `group`, which may be the same."""
    per = "hora" if period.days == 1 else "dia"
    return draw_charts(rows if per == group else reading.read_rows(period, per), per)
