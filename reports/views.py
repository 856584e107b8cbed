"""Supervisión, Informes: figures of a period and the chats behind them. For supervisors."""

from collections.abc import Mapping
from datetime import date

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from live.pages import render_page
from reports import behind, exporting, headlines, page, periods, reading
from reports.board_views import begin_supervision
from reports.events import MEASURES
from reports.models import Progress
from trays.requests import AgentRequest


@require_GET
def show_reports(request: AgentRequest) -> HttpResponse:
    """Figures of a period, against the one before; with `que` also the chats behind one of them."""
    context, today, refused = begin_supervision(request) | {"tab": "reports"}, timezone.localdate(), ""
    drawer: dict[str, object] = {}
    try:
        period, group = periods.read_period(request.GET, today), read_group(request.GET)
        if "que" in request.GET:
            drawer = _show_chats(request, period)
    except periods.BadPeriod as bad:
        refused, group, period = str(bad), "bandeja", periods.named_period(periods.WEEK, today)
    figures = _show_figures(period, group, today) | {"refused": refused}
    figures["exports"] = exporting.list_ready(request.user, timezone.now())[: exporting.MAX_SHOWN]
    figures["formats"] = exporting.Format.choices
    response = render_page(request, "reports/reports.html", context | figures | drawer)
    if refused:
        response.status_code = 400
    return response


def read_group(given: Mapping[str, str]) -> str:
    """What the rows of the table are. Raises BadPeriod for what is nothing of the kind."""
    group = given.get("por", "bandeja")
    if group not in reading.GROUPS:
        raise periods.BadPeriod(_("Los informes no se agrupan así"))
    return group


def _show_figures(period: periods.Period, group: str, today: date) -> dict[str, object]:
    (total, before), rows = reading.read_totals(period), reading.read_rows(period, group)
    return {
        "period": period,
        "today": today,
        "named": name_periods(period, f"por={group}"),
        "period_url": reverse("reports"),
        "period_kept": [("por", group)],
        "group": group,
        "groups": [(name, words, f"?{period.query}&por={name}") for name, words in reading.GROUP_WORDS.items()],
        "group_words": reading.GROUP_WORDS[group],
        "headlines": headlines.list_headlines(total, before),
        "columns": page.list_columns(group),
        "lines": [page.build_line(row, group, period) for row in rows],
        "total": page.build_line(reading.Row("", _("Total"), total), group, period),
        "charts": page.read_charts(period, group, rows),
        "counted_at": Progress.objects.values_list("swept_at", flat=True).first(),
        "explained": page.explain_columns(group),
        "back": f"?{period.query}&por={group}",
    }


def name_periods(period: periods.Period, more: str) -> list[tuple[str, str, bool]]:
    """Those that have a name, with their addresses, in which `more` stands too, and which of them is shown."""
    words = {"hoy": _("Hoy"), "7": _("7 días"), "30": _("30 días"), "mes": _("Este mes")}
    return [(words[name], f"?periodo={name}&{more}".rstrip("&"), name == period.name) for name in periods.NAMES]


def _show_chats(request: AgentRequest, period: periods.Period) -> dict[str, object]:
    cell = behind.read_cell(request.GET, period)
    found = behind.read_behind(cell, request.user, request.GET.get("desde-que", ""))
    asked = request.GET.copy()
    asked["desde-que"] = found.more
    return {
        "cell": cell,
        "behind": found,
        "cell_row": reading.name_row(cell.group, cell.key),
        "cell_measure": MEASURES[cell.measure],
        "cell_explained": behind.EXPLAINED[cell.measure],
        "shown_cell": page.cell_url(cell.group, cell.key, cell.measure, period),
        "more": f"?{asked.urlencode()}" if found.more else "",
    }
