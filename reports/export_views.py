"""Supervisión, Informes as a file: asked for, how far it is, and the file itself, for who asked."""

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from chats.errors import Rejected, Rejection
from reports import exporting, periods
from reports.board_views import check_supervisor
from reports.models import ReportExport
from reports.views import read_group
from trays import audit
from trays.audit import What
from trays.requests import AgentRequest

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_http_methods(["GET", "HEAD", "POST"])
def begin_export(request: AgentRequest) -> HttpResponse:
    """POST of a period, `por` and `formato`; back to the table, above which it stands."""
    if request.method != "POST":
        return redirect("reports")
    check_supervisor(request)
    file_format = request.POST.get("formato", "")
    try:
        period, group = periods.read_period(request.POST, timezone.localdate()), read_group(request.POST)
        if file_format not in exporting.Format.values:
            raise periods.BadPeriod(_("No hay un archivo así"))
        exporting.begin_export(request.user, period, group, file_format)
    except periods.BadPeriod as bad:
        return HttpResponseBadRequest(str(bad), content_type="text/plain; charset=utf-8")
    except exporting.HasEnough as error:
        raise Rejected(Rejection.TOO_MANY, _("Ya hay dos en curso. Esperá a que terminen")) from error
    return redirect(f"{reverse('reports')}?{period.query}&por={group}")


@require_GET
def show_export(request: AgentRequest, pk: int) -> HttpResponse:
    """How far it is; the page asks as long as it runs."""
    return render(request, "reports/_export.html", {"job": _own_export(request, pk)})


@require_GET
def serve_export(request: AgentRequest, pk: int) -> HttpResponseBase:
    job = _own_export(request, pk)
    if job.state != ReportExport.State.DONE:
        raise Http404
    try:
        opened = job.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    audit.note(
        What.EXPORTED, request.user, request, thing=_("Informes"), detail=str(periods.Period(job.first, job.last))
    )
    response = FileResponse(opened, as_attachment=True, filename=job.name, content_type=TYPES[job.format])
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _own_export(request: AgentRequest, pk: int) -> ReportExport:
    check_supervisor(request)
    return get_object_or_404(exporting.list_ready(request.user, timezone.now()), pk=pk)
