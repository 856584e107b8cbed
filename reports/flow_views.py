"""Supervisión, Bots and Líneas: the way through a bot's menu, and what goes through lines. Figures, for supervisors."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from common.parsing import parse_id
from live.pages import render_page
from reports import line_page, menu_page, periods
from reports.board_views import begin_supervision
from reports.models import Progress
from reports.periods import Period
from reports.views import name_periods
from trays.requests import AgentRequest
from wittybots.models import Bot

# named in the bar, of lines and of bots
MAX_NAMED = 100


@require_GET
def show_bots(request: AgentRequest) -> HttpResponse:
    """Of one bot, `bot`; of the first where none is named."""
    context = begin_supervision(request) | {"tab": "bots"}
    bots = list(Bot.objects.order_by("-is_active", "name", "pk")[:MAX_NAMED])
    wanted = parse_id(request.GET.get("bot", ""))
    menus = [one for one in bots if not one.is_external]
    bot = next((one for one in bots if one.pk == wanted), next(iter([*menus, *bots]), None))
    period, bar = _read_period(request, "bot-report", [("bot", str(bot.pk))] if bot else [])
    context |= bar | {
        "bot": bot,
        "bots": [(one, f"?{period.query}&{urlencode({'bot': one.pk})}") for one in bots],
        "report": menu_page.read_report(bot, period) if bot and not bot.is_external else None,
    }
    return _render(request, "reports/bots.html", context)


@require_GET
def show_lines(request: AgentRequest) -> HttpResponse:
    """Of all; reasons, categories and days of one, `linea`, where it is named."""
    context = begin_supervision(request) | {"tab": "lines"}
    line_id = parse_id(request.GET.get("linea", ""))
    kept = [("linea", str(line_id))] if line_id is not None else []
    period, bar = _read_period(request, "line-report", kept)
    context |= bar | {"report": line_page.read_report(period, line_id)}
    return _render(request, "reports/lines.html", context)


def _read_period(request: AgentRequest, name: str, kept: list[tuple[str, str]]) -> tuple[Period, dict[str, object]]:
    """The period that is asked for, or the usual one and why not, and the bar that says so. `kept`: what else the
    address says."""
    today, refused = timezone.localdate(), ""
    try:
        period = periods.read_period(request.GET, today)
    except periods.BadPeriod as bad:
        refused, period = str(bad), periods.named_period(periods.WEEK, today)
    return period, {
        "period": period,
        "today": today,
        "refused": refused,
        "named": name_periods(period, urlencode(kept)),
        "period_url": reverse(name),
        "period_kept": kept,
        "counted_at": Progress.objects.values_list("swept_at", flat=True).first(),
    }


def _render(request: AgentRequest, template: str, context: dict[str, object]) -> HttpResponse:
    response = render_page(request, template, context)
    if context["refused"]:
        response.status_code = 400
    return response
