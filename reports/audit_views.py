"""Supervisión, Registro: the audit log with its filters, and as a file. For supervisors and administrators."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common.csv_download import stream_csv
from live.pages import render_page
from reports import audit_log, periods
from reports.audit_log import DID, UNDERWENT, Asked
from reports.board_views import begin_screen
from trays import audit
from trays.audit import What
from trays.models import AuditEntry
from trays.requests import AgentRequest

MAX_CSV_LINES = 50_000
CSV_HEAD = ("cuando", "quien", "que hizo", "antes", "despues", "detalle", "desde")


def check_auditor(request: AgentRequest) -> None:
    if not (request.user.is_supervisor or request.user.is_superuser):
        raise PermissionDenied(_("El registro es para supervisores y administradores."))


@require_GET
def show_audit(request: AgentRequest) -> HttpResponse:
    check_auditor(request)
    context = begin_screen(request) | {"tab": "audit"}
    refused, today = "", timezone.localdate()
    try:
        period = periods.read_period(request.GET, today)
    except periods.BadPeriod as bad:
        refused, period = str(bad), periods.named_period(periods.WEEK, today)
    asked = Asked.read(request.GET, period)
    page = audit_log.read_page(asked, request.user, request.GET.get("antes", ""), audit_log.PAGE_SIZE)
    context |= {
        "asked": asked,
        "page": page,
        "refused": refused,
        "today": today,
        "is_first": "antes" not in request.GET,
        "kinds": [("", _("Todo")), *AuditEntry.Kind.choices],
        "periods": _list_periods(period),
        "roles": [("", _("Hizo o le hicieron")), (DID, _("Lo hizo")), (UNDERWENT, _("Se lo hicieron"))],
        "kept_days": settings.AUDIT_DAYS,
    }
    response = render_page(request, "reports/audit.html", context)
    if refused:
        response.status_code = 400
    return response


def _list_periods(period: periods.Period) -> list[tuple[str, str]]:
    named = [("hoy", _("Hoy")), ("7", _("Últimos 7 días")), ("30", _("Últimos 30 días")), ("mes", _("Este mes"))]
    return named if period.name else [("", _("Las fechas")), *named]


@require_GET
def download_audit(request: AgentRequest) -> HttpResponseBase:
    """What the filters show, for a spreadsheet; of more than so many lines the newest."""
    check_auditor(request)
    try:
        period = periods.read_period(request.GET, timezone.localdate())
    except periods.BadPeriod as bad:
        return HttpResponseBadRequest(str(bad), content_type="text/plain; charset=utf-8")
    asked = Asked.read(request.GET, period)
    audit.note(What.EXPORTED, request.user, request, thing=_("Registro"), detail=str(period))

    name = f"registro-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    pages = audit_log.read_all(asked, request.user, MAX_CSV_LINES)
    return stream_csv(name, CSV_HEAD, (map(audit_log.list_csv_cells, page) for page in pages))
