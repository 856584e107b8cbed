"""The figures on top of Informes, and what changed since the period before."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.numbers import group_thousands, one_decimal
from reports.durations import exact_duration
from reports.events import SCORED
from reports.reading import Figures

# of fewer no share is said, nor what changed
FEW = 10


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
    note: str = ""


def list_headlines(now: Figures, before: Figures) -> list[Headline]:
    half, was = now.half("answered"), before.half("answered")
    return [
        Headline(
            _("Llegaron a bandejas"),
            group_thousands(now.number("handed_over")),
            more_of(now.number("handed_over"), before.number("handed_over")),
        ),
        Headline(
            _("Respondidos"),
            _("sin datos") if now.answered_share is None else _("%(n)s %%") % {"n": now.answered_share},
            points_of(now.answered_share, before.answered_share, up="is-good", down="is-bad"),
        ),
        Headline(
            _("1.ª respuesta"),
            exact_duration(half),
            _sooner(half, was),
            _("La mitad en ese tiempo o menos; 9 de cada 10 en %(nine)s")
            % {"nine": exact_duration(now.nine_of_ten("answered"))},
        ),
        _score_headline(now, before),
    ]


def _score_headline(now: Figures, before: Figures) -> Headline:
    if now.score is None:
        return Headline(_("Satisfacción"), _("sin datos"), None)
    said = now.number(SCORED)
    note = ngettext("%(n)s opinó", "%(n)s opinaron", said) % {"n": group_thousands(said)}
    delta = None
    if before.score is not None and before.number(SCORED) >= FEW:
        change = round(now.score, 1) - round(before.score, 1)
        words = {"n": one_decimal(abs(change))}
        if one_decimal(abs(change)) == "0,0":
            delta = Delta(_("igual"), "same", "")
        else:
            is_more = change > 0
            said_so = (_("%(n)s más") if is_more else _("%(n)s menos")) % words
            delta = Delta(said_so, "up" if is_more else "down", "is-good" if is_more else "is-bad")
    return Headline(_("Satisfacción"), _("%(score)s de 5") % {"score": one_decimal(now.score)}, delta, note=note)


def more_of(one: int, other: int) -> Delta | None:
    """How many more or less that is, of a hundred; nothing of a few."""
    if other < FEW:
        return None
    change = round(100 * (one - other) / other)
    return _delta(change, _("%(n)s %% más"), _("%(n)s %% menos"))


def points_of(one: int | None, other: int | None, up: str = "", down: str = "") -> Delta | None:
    """Of two shares of a hundred. `up`, `down`: the tone of more and of less."""
    if one is None or other is None:
        return None
    return _delta(one - other, _("%(n)s puntos más"), _("%(n)s puntos menos"), up=up, down=down)


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
