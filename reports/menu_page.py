"""A bot's menu as Supervisión shows it: its options as they stand now, with who came to each and what became of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from common.numbers import group_thousands
from reports import charts, menu_figures
from reports.headlines import FEW, Delta, Headline, more_of, points_of
from reports.menu_figures import Visits
from reports.page import short_day
from reports.periods import Period
from trays.models import Tray
from wittybots.menu import versions
from wittybots.menu.tree import Menu, Node
from wittybots.models import Bot, MenuVersion

# lines of the table, and earlier menus in which options that are no more are looked for
MAX_LINES, MAX_VERSIONS, MAX_TRAYS = 300, 30, 50


@dataclass(frozen=True)
class Place:
    """A line of the table: the main menu, or an option. `level`: how deep it stands; `is_gone`: not in this menu."""

    label: str
    level: int
    visits: Visits
    trays: str
    is_gone: bool = False

    @property
    def on(self) -> int:
        return self.visits.outcomes["on"]

    @property
    def back(self) -> int:
        return self.visits.outcomes["back"]

    @property
    def left(self) -> int:
        return self.visits.outcomes["left"]

    @property
    def person(self) -> int:
        return self.visits.outcomes["person"]

    @property
    def misfit(self) -> int:
        """Whom the bot did not understand, or could not answer."""
        return sum(self.visits.outcomes[one] for one in ("misfit", "pace", "failed"))

    @property
    def way(self) -> int:
        return self.visits.outcomes["way"]

    @property
    def here(self) -> int:
        return self.visits.outcomes["here"]


@dataclass(frozen=True)
class MenuReport:
    headlines: list[Headline]
    places: list[Place]
    most: int  # visits of the busiest place, at least 1
    given: list[tuple[str, int]]  # to which trays chats went, the most first
    most_given: int
    chart: charts.Chart
    chart_words: str


def read_report(bot: Bot, period: Period) -> MenuReport:
    visits, before = menu_figures.read_visits(period, bot.pk), menu_figures.read_visits(period.before, bot.pk)
    names = {tray.pk: str(tray) for tray in Tray.objects.select_related("owner").filter(pk__in=_trays_of(visits))}
    places = list(_list_places(bot, visits, names))
    given = _list_given(visits, names)
    chart, words = _draw_days(period, menu_figures.read_days(period, bot.pk))
    return MenuReport(
        headlines=_list_headlines(visits, before),
        places=places,
        most=max([1, *(place.visits.number for place in places)]),
        given=given,
        most_given=max([1, *(n for _name, n in given)]),
        chart=chart,
        chart_words=words,
    )


def _list_given(visits: Mapping[str, Visits], names: Mapping[int, str]) -> list[tuple[str, int]]:
    total: Counter[int] = Counter()
    for one in visits.values():
        total.update(one.trays)
    return [(names.get(tray, _("otra bandeja")), n) for tray, n in total.most_common(MAX_TRAYS)]


def _list_places(bot: Bot, visits: Mapping[str, Visits], names: Mapping[int, str]) -> Iterator[Place]:
    """The main menu, the options in their order, and those that are no more where somebody came to them."""

    def place(id: str, label: str, level: int, *, is_gone: bool = False) -> Place:
        found = visits.get(id, Visits())
        went = (f"{names.get(tray, _('otra bandeja'))} {group_thousands(n)}" for tray, n in found.trays.most_common(5))
        return Place(label, level, found, " · ".join(went), is_gone)

    nodes = list(_walk(versions.menu_of(bot).options, 1))[: MAX_LINES - 1]
    yield place("", _("Menú principal"), 0)
    for node, level in nodes:
        yield place(node.id, node.label, level)
    gone = sorted(set(visits) - {node.id for node, _level in nodes} - {""})[:MAX_LINES]
    labels = _find_labels(bot, gone)
    for id in gone:
        yield place(id, labels.get(id, id), 1, is_gone=True)


def _walk(options: Iterable[Node], level: int) -> Iterator[tuple[Node, int]]:
    for node in options:
        yield node, level
        yield from _walk(node.options, level + 1)


def _trays_of(visits: Mapping[str, Visits]) -> set[int]:
    return {tray for one in visits.values() for tray in one.trays}


def _find_labels(bot: Bot, ids: list[str]) -> dict[str, str]:
    """Of options that are no more, as they were last called."""
    found: dict[str, str] = {}
    if not ids:
        return found
    earlier = MenuVersion.objects.filter(bot=bot, published_at__isnull=False).order_by("-number")
    for pk, tree in earlier.values_list("pk", "tree")[:MAX_VERSIONS]:
        menu: Menu = versions.cached_menu(pk, tree)
        found = {node.id: node.label for node, _level in _walk(menu.options, 1)} | found
    return found


# --- figures on top ------------------------------------------------------------------------------


def _list_headlines(visits: Mapping[str, Visits], before: Mapping[str, Visits]) -> list[Headline]:
    now, was = _Totals(visits), _Totals(before)
    return [
        Headline(_("Empezaron"), group_thousands(now.sessions), more_of(now.sessions, was.sessions)),
        now.headline(_("Solo el bot"), was, "left", up="is-good", down="is-bad"),
        now.headline(_("Pidieron una persona"), was, "person", up="is-bad", down="is-good"),
        now.headline(_("No se entendió"), was, "misfit", up="is-bad", down="is-good"),
    ]


class _Totals:
    """Of all places together: how many sessions began, and how they ended."""

    def __init__(self, visits: Mapping[str, Visits]) -> None:
        self.sessions = sum(one.sessions for one in visits.values())
        self.ends = {
            name: sum(one.outcomes[end] for one in visits.values() for end in ends)
            for name, ends in {"left": ("left",), "person": ("person",), "misfit": ("misfit", "pace", "failed")}.items()
        }

    def share(self, name: str) -> int | None:
        return min(100, round(100 * self.ends[name] / self.sessions)) if self.sessions else None

    def headline(self, label: str, was: "_Totals", name: str, *, up: str, down: str) -> Headline:
        share = self.share(name)
        words = _("sin datos") if share is None else _("%(n)s %%") % {"n": share}
        delta: Delta | None = points_of(share, was.share(name) if was.sessions >= FEW else None, up=up, down=down)
        return Headline(label, words, delta, note="" if share is None else group_thousands(self.ends[name]))


def _draw_days(period: Period, by_day: Mapping[date, tuple[int, int]]) -> tuple[charts.Chart, str]:
    """And what it says."""
    days = period.list_days()
    pairs = [by_day.get(day, (0, 0)) for day in days]
    began, given = [one for one, _other in pairs], [other for _one, other in pairs]
    words = _("Empezaron %(began)s y %(given)s pasaron a una persona. La tabla dice desde dónde.")
    said = words % {"began": group_thousands(sum(began)), "given": group_thousands(sum(given))}
    return charts.draw_bars([short_day(day) for day in days], began, given), said
