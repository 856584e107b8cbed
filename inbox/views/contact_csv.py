"""Contacts as CSV: the page, what an agent asked for and how far it is, the file, and the lines that were refused."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from chats.errors import Rejected, Rejection
from common.csv_download import stream_csv
from common.csv_rules import Unreadable
from contacts.models import AttributeDefinition
from inbox.actions import action, form_page
from inbox.contact_csv import running
from inbox.contact_csv.columns import FIXED, MAX_BYTES, MAX_ROWS, NOTE, column_of
from inbox.downloads import serve_once
from inbox.models import ContactCsv
from inbox.pages import begin_agent_page
from inbox.rejections import redirect_with_notice
from live.pages import render_page
from trays import audit
from trays.audit import What
from trays.requests import AgentRequest

MAX_SHOWN = 10


@form_page
def show_csv(request: AgentRequest) -> HttpResponse:
    """The page; POST `archivo` begins to bring contacts in, by a supervisor."""
    if request.method == "GET":
        return _show_page(request)
    if not request.user.is_supervisor:
        raise Rejected(Rejection.FORBIDDEN, _("Los contactos los carga un supervisor"))
    if running.has_enough(request.user):  # before a large file is read
        raise _no_room()
    upload = request.FILES.get("archivo")
    if upload is None or not upload.size:
        return _show_page(request, _("Elegí un archivo CSV que diga algo"), 422)
    if upload.size > MAX_BYTES:
        return _show_page(request, _("Pesa más de 20 MB; partilo en varios"), 413)
    try:
        running.begin_import(request.user, upload.read())
    except Unreadable as error:
        return _show_page(request, str(error), 422)
    except running.HasEnough as error:
        raise _no_room() from error
    return redirect_with_notice(request, reverse("contacts_csv"), _("La carga empezó"))


@action(lambda _request: reverse("contacts_csv"))
def begin_export(request: AgentRequest) -> HttpResponse:
    try:
        running.begin_export(request.user)
    except running.HasEnough as error:
        raise _no_room() from error
    return redirect_with_notice(request, reverse("contacts_csv"), _("La descarga se está preparando"))


def _no_room() -> Rejected:
    return Rejected(Rejection.TOO_MANY, _("Ya hay dos en curso. Esperá a que terminen"))


def _show_page(request: AgentRequest, error: str = "", status: int = 200) -> HttpResponse:
    definitions = AttributeDefinition.objects.in_use().in_order()
    context = begin_agent_page(request) | {
        "nav": "contactos",
        "jobs": ContactCsv.objects.filter(agent=request.user).order_by("-id")[:MAX_SHOWN],
        "error": error,
        "columns": [*FIXED, NOTE, *(column_of(one) for one in definitions)],
        "most_rows": MAX_ROWS,
    }
    response = render_page(request, "inbox/contacts_csv.html", context)
    response.status_code = status
    return response


def _own_job(request: AgentRequest, pk: int) -> ContactCsv:
    return get_object_or_404(ContactCsv, pk=pk, agent=request.user)


@require_GET
def show_job(request: AgentRequest, pk: int) -> HttpResponse:
    """How far it is; the page asks as long as it runs."""
    return render(request, "inbox/_contact_csv_job.html", {"job": _own_job(request, pk)})


@require_GET
def serve_csv(request: AgentRequest, pk: int) -> HttpResponseBase:
    """The contacts that were taken out."""
    job = _own_job(request, pk)
    if job.kind != ContactCsv.Kind.OUT or job.state != ContactCsv.State.DONE:
        raise Http404
    response = serve_once(job.file, "contactos.csv", "text/csv")
    rows = ngettext("%(n)s contacto", "%(n)s contactos", job.done) % {"n": job.done}
    audit.note(What.EXPORTED, request.user, request, thing=_("Contactos"), detail=rows)
    return response


@require_GET
def serve_errors(request: AgentRequest, pk: int) -> HttpResponseBase:
    """The lines that were refused, each with why."""
    job = _own_job(request, pk)
    refused = job.errors.order_by("line").values_list("line", "words").iterator(1000)
    return stream_csv("errores.csv", ("linea del archivo", "motivo"), ([(str(line), words)] for line, words in refused))
