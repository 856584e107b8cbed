"""Quick replies as files: those that go along with one, and all of them as CSV, out and in."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gateway.attachment_responses import serve_attachment
from inbox.actions import form_page
from inbox.models import QuickReply
from inbox.pages import begin_agent_page
from inbox.quick_replies import csv_files
from inbox.quick_replies import files as kept_files
from inbox.views.quick_replies import MAX_AT_HAND, answer_done
from live.pages import render_page
from trays.requests import AgentRequest

MAX_SHOWN_ERRORS = 50


@require_GET
def serve_file(request: AgentRequest, uuid: UUID) -> HttpResponseBase:
    """A file of a reply that one sees, for the composer that shows what will go along."""
    found = kept_files.find_file(request.user, uuid)
    if found is None:
        raise Http404
    return serve_attachment(kept_files.as_attachment(found), request=request)


@require_GET
def export_csv(request: AgentRequest) -> HttpResponse:
    """All that one sees, for a spreadsheet or another installation."""
    seen = QuickReply.objects.visible_to(request.user).select_related("tray").order_by("tray__name", "title", "id")
    response = HttpResponse(csv_files.write_csv(seen[: 10 * MAX_AT_HAND]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="respuestas.csv"'
    return response


@form_page
def import_csv(request: AgentRequest) -> HttpResponse:
    """The form; POST `archivo` adds and changes, all of it or nothing, and says what is wrong line by line."""
    if request.method == "GET":
        return _show_form(request, [])
    upload = request.FILES.get("archivo")
    if upload is None or not upload.size:
        return _show_form(request, [_("Elegí un archivo CSV que diga algo")])
    if upload.size > csv_files.MAX_BYTES:
        return _show_form(request, [_("Pesa más de 1 MB; partilo en varios")], status=413)
    outcome = csv_files.read_csv(request.user, upload.read())
    if outcome.errors:
        return _show_form(request, outcome.errors)
    words = _("Nuevas: %(added)s; cambiadas: %(changed)s; iguales: %(same)s") % {
        "added": outcome.added, "changed": outcome.changed, "same": outcome.same,
    }  # fmt: skip
    return answer_done(request, None, words)


def _show_form(request: AgentRequest, errors: list[str], *, status: int = 422) -> HttpResponse:
    context = begin_agent_page(request) | {
        "nav": "respuestas",
        "errors": errors[:MAX_SHOWN_ERRORS],
        "more_errors": max(len(errors) - MAX_SHOWN_ERRORS, 0),
        "columns": csv_files.COLUMNS,
        "most_rows": csv_files.MAX_ROWS,
    }
    response = render_page(request, "inbox/quick_replies_csv.html", context)
    response.status_code = status if errors else 200
    return response
