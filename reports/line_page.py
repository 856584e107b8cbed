"""Lines as Supervisión shows them: what came in and went out, what failed and why, and what networks charge for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import Failure
from common.numbers import group_thousands, one_decimal
from origins.graph_errors import known_words
from origins.models import Origin
from reports import charts, line_figures
from reports.headlines import FEW, Headline, more_of, points_of
from reports.line_figures import LineSums, What
from reports.page import short_day
from reports.periods import Period

# reasons and categories by themselves; the others are one line
MAX_LINES = 20
META = (Origin.Kind.WHATSAPP, Origin.Kind.MESSENGER, Origin.Kind.INSTAGRAM)
FAILURES: dict[str, Any] = {
    Failure.FINAL: gettext_lazy("No se puede entregar"),
    Failure.RETRY: gettext_lazy("No respondió, tras varios intentos"),
    Failure.CHAT: gettext_lazy("Demasiados mensajes seguidos a un contacto"),
    Failure.LINE: gettext_lazy("Límite de envíos de la línea"),
    Failure.ACCOUNT: gettext_lazy("Cuenta, permiso o pago"),
    Failure.WINDOW: gettext_lazy("Pasaron las 24 h"),
    Failure.TEMPLATE: gettext_lazy("La plantilla no se puede usar"),
    Failure.OPTED_OUT: gettext_lazy("No quiere promociones"),
    Failure.UNSURE: gettext_lazy("Se cortó el envío"),
}
CATEGORIES: dict[str, Any] = {
    "marketing": gettext_lazy("Promoción (marketing)"),
    "marketing_lite": gettext_lazy("Promoción (marketing lite)"),
    "utility": gettext_lazy("Utilidad (utility)"),
    "authentication": gettext_lazy("Autenticación (authentication)"),
    "authentication-international": gettext_lazy("Autenticación internacional"),
    "service": gettext_lazy("Respuestas (service)"),
    "referral_conversion": gettext_lazy("Llegaron por un anuncio"),
}


@dataclass(frozen=True)
class LineRow:
    line: Origin | None  # none: all together
    sums: LineSums

    @property
    def agent(self) -> int:
        return self.sums.numbers[What.AGENT]

    @property
    def bot(self) -> int:
        return self.sums.numbers[What.BOT]

    @property
    def share(self) -> str:
        """Of a hundred that went out, how many failed."""
        return _percent(self.sums.failed, self.sums.sent)

    @property
    def charged(self) -> int:
        return self.sums.numbers[What.CHARGED]

    @property
    def free(self) -> int:
        return self.sums.numbers[What.FREE]


@dataclass(frozen=True)
class Reason:
    words: str
    code: str
    n: int


@dataclass(frozen=True)
class Category:
    words: str
    charged: int
    free: int


@dataclass(frozen=True)
class LineReport:
    headlines: list[Headline]
    rows: list[LineRow]
    total: LineRow
    shown: Origin | None  # whose reasons, categories and days are shown; none: of all
    reasons: list[Reason]
    most_failed: int
    categories: list[Category]
    most_charged: int
    chart: charts.Chart
    chart_words: str


def read_report(period: Period, line_id: int | None) -> LineReport:
    lines = {line.pk: line for line in Origin.objects.order_by("name", "pk")}
    sums, before = line_figures.read_sums(period), line_figures.read_sums(period.before)
    rows = [LineRow(line, sums.get(pk, LineSums())) for pk, line in lines.items() if line.is_active or pk in sums]
    shown = lines.get(line_id) if line_id is not None else None
    of_shown = {pk: one for pk, one in sums.items() if shown is None or pk == shown.pk}
    reasons, categories = _list_reasons(of_shown, lines), _list_categories(_join(of_shown))
    chart, words = _draw_days(period, shown)
    return LineReport(
        headlines=_list_headlines(_join(sums), _join(before)),
        rows=rows,
        total=LineRow(None, _join(sums)),
        shown=shown,
        reasons=reasons,
        most_failed=max([1, *(one.n for one in reasons)]),
        categories=categories,
        most_charged=max([1, *(one.charged + one.free for one in categories)]),
        chart=chart,
        chart_words=words,
    )


def _join(sums: Mapping[int, LineSums]) -> LineSums:
    total = LineSums()
    for one in sums.values():
        total.join(one)
    return total


def _percent(part: int, whole: int) -> str:
    return _("sin datos") if not whole else _("%(n)s %%") % {"n": one_decimal(100 * part / whole)}


def _list_headlines(now: LineSums, before: LineSums) -> list[Headline]:
    shares = [round(100 * one.failed / one.sent) if one.sent >= FEW else None for one in (now, before)]
    charged, was = now.numbers[What.CHARGED], before.numbers[What.CHARGED]
    return [
        Headline(_("Entraron"), group_thousands(now.heard), more_of(now.heard, before.heard)),
        Headline(_("Salieron"), group_thousands(now.sent), more_of(now.sent, before.sent)),
        Headline(
            _("Fallaron"), group_thousands(now.failed), points_of(shares[0], shares[1], up="is-bad", down="is-good"),
            note=_percent(now.failed, now.sent),
        ),
        Headline(_("Cobrables"), group_thousands(charged), more_of(charged, was)),
    ]  # fmt: skip


def _list_reasons(sums: Mapping[int, LineSums], lines: Mapping[int, Origin]) -> list[Reason]:
    """The commonest first. A number of Meta's is said in words; another network's stands for itself."""
    found: Counter[tuple[str, str]] = Counter()
    for pk, one in sums.items():
        is_meta = pk in lines and lines[pk].kind in META
        for (failure, code), n in one.failures.items():
            words = (known_words(code) if is_meta else "") or str(FAILURES.get(failure, _("Sin motivo")))
            found[words, code] += n
    reasons = [Reason(words, code, n) for (words, code), n in found.most_common()]
    rest = sum(one.n for one in reasons[MAX_LINES:])
    return [*reasons[:MAX_LINES], *([Reason(_("Otros motivos"), "", rest)] if rest else [])]


def _list_categories(sums: LineSums) -> list[Category]:
    both = sums.charged + sums.free
    found = [
        Category(str(CATEGORIES.get(name, name)), sums.charged[name], sums.free[name])
        for name, _n in both.most_common()
    ]
    rest = found[MAX_LINES:]
    if not rest:
        return found
    others = Category(_("Otras"), sum(one.charged for one in rest), sum(one.free for one in rest))
    return [*found[:MAX_LINES], others]


def _draw_days(period: Period, shown: Origin | None) -> tuple[charts.Chart, str]:
    """And what it says."""
    by_day, days = line_figures.read_days(period, shown.pk if shown else None), period.list_days()
    pairs = [by_day.get(day, (0, 0)) for day in days]
    heard, sent = [one for one, _other in pairs], [other for _one, other in pairs]
    words = _("Entraron %(heard)s mensajes y salieron %(sent)s. La tabla los dice por línea.")
    said = words % {"heard": group_thousands(sum(heard)), "sent": group_thousands(sum(sent))}
    return charts.draw_bars([short_day(day) for day in days], heard, sent), said
