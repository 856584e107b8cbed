"""Informes as a page shows them: columns, cells with their addresses, what changed since the period before, charts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports import charts, reading
from reports.behind import EXPLAINED
from reports.durations import exact_duration
from reports.events import MEASURES
from reports.periods import Period
from reports.reading import GROUP_WORDS, Figures, Row

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


# of fewer no share is said
FEW = 10


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


@dataclass(frozen=True)
class Delta:
    """Against the period before. `tone`: good, bad, or nothing where it is neither."""

    words: str
    way: str  # up, down, same
    tone: str


@dataclass(frozen=True)
class Headline:
    label: str
    words: str
    delta: Delta | None
    title: str = ""


def numbers_of(group: str) -> tuple[str, ...]:
    """What a table of such rows counts."""
    return NUMBERS.get(group, ALL_NUMBERS)


def list_columns(group: str) -> list[str]:
    return [str(MEASURES[name]) for name in numbers_of(group)] + [str(name) for name in TIMES.values()]


def list_csv_rows(rows: Sequence[Row], group: str) -> Iterator[list[str]]:
    """The table with its head: numbers as they are, times as the half and nine of ten, in seconds."""
    numbers = numbers_of(group)
    shares = ((_("la mitad"), 0.5), (_("9 de cada 10"), 0.9))
    times = [f"{name}, {words} (s)" for name in TIMES.values() for words, _share in shares]
    yield [str(GROUP_WORDS[group]), *(str(MEASURES[name]) for name in numbers), *times]
    for row in rows:
        took = [row.figures.quantile(measure, share) for measure in TIMES for _words, share in shares]
        yield [
            row.label,
            *(str(row.figures.number(name)) for name in numbers),
            *("" if one is None else str(round(one.total_seconds())) for one in took),
        ]


def explain_columns(group: str) -> list[tuple[str, str]]:
    """What each column counts."""
    names = [*numbers_of(group), "attended"]
    return [(str(TIMES["attended"] if name == "attended" else MEASURES[name]), str(EXPLAINED[name])) for name in names]


def build_line(row: Row, group: str, period: Period) -> Line:
    cells = [_number_cell(row, group, period, name) for name in numbers_of(group)]
    return Line(row, cells + [_time_cell(row, group, period, name) for name in TIMES])


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


def cell_url(group: str, key: str, measure: str, period: Period) -> str:
    """The address of Informes with the chats behind a figure."""
    return f"?{period.query}&{urlencode({'por': group, 'de': key, 'que': measure})}"


def group_thousands(number: int) -> str:
    """1.284"""
    return f"{number:,}".replace(",", ".")


def list_headlines(now: Figures, before: Figures) -> list[Headline]:
    half, was = now.half("answered"), before.half("answered")
    return [
        Headline(_("Escribieron"), group_thousands(now.number("arrived")), _more(now, before, "arrived")),
        Headline(
            _("Llegaron a bandejas"), group_thousands(now.number("handed_over")), _more(now, before, "handed_over")
        ),
        Headline(
            _("Respondidos"),
            _("sin datos") if now.answered_share is None else _("%(n)s %%") % {"n": now.answered_share},
            _points(now.answered_share, before.answered_share),
        ),
        Headline(
            _("1.ª respuesta"),
            exact_duration(half),
            _sooner(half, was),
            _("La mitad en ese tiempo o menos; 9 de cada 10 en %(nine)s")
            % {"nine": exact_duration(now.nine_of_ten("answered"))},
        ),
    ]


def _more(now: Figures, before: Figures, measure: str) -> Delta | None:
    one, other = now.number(measure), before.number(measure)
    if other < FEW:
        return None
    change = round(100 * (one - other) / other)
    return _delta(change, _("%(n)s %% más"), _("%(n)s %% menos"))


def _points(one: int | None, other: int | None) -> Delta | None:
    if one is None or other is None:
        return None
    return _delta(one - other, _("%(n)s puntos más"), _("%(n)s puntos menos"), up="is-good", down="is-bad")


def _sooner(one: timedelta | None, other: timedelta | None) -> Delta | None:
    if one is None or other is None:
        return None
    change = round(one.total_seconds() - other.total_seconds())
    more = _("%(time)s más") % {"time": exact_duration(timedelta(seconds=abs(change)))}
    less = _("%(time)s menos") % {"time": exact_duration(timedelta(seconds=abs(change)))}
    if not change:
        return Delta(_("igual"), "same", "")
    return Delta(more, "up", "is-bad") if change > 0 else Delta(less, "down", "is-good")


def _delta(change: int, more: str, less: str, up: str = "", down: str = "") -> Delta:
    if not change:
        return Delta(_("igual"), "same", "")
    return Delta((more if change > 0 else less) % {"n": abs(change)}, *(("up", up) if change > 0 else ("down", down)))


@dataclass(frozen=True)
class Charts:
    per: str  # of what: a day or an hour
    bars: charts.Chart
    times: charts.Chart
    bars_words: str
    times_words: str


def short_label(row: Row, per: str) -> str:
    """3 nov: what has room below a chart."""
    return date_format(date.fromisoformat(row.key), "j M").lower() if per == "dia" else row.label


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
