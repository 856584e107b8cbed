"""Difusiones: the list, a new one, and one of them with its preview, its progress and its results. For supervisors."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.messages.broadcasts import headers, verbs
from chats.messages.broadcasts.filling import MAX_ROWS
from chats.messages.templates import HEADER_TYPES, variables_of
from chats.models import Broadcast
from common.csv_download import stream_csv
from common.parsing import parse_id
from contacts.models import Tag
from gateway.attachment_responses import serve_attachment
from inbox import broadcasts
from inbox.actions import action, form_page
from inbox.chosen_times import read_time
from inbox.pages import begin_agent_page
from inbox.rejections import redirect_with_notice
from live.pages import render_page
from trays import audit
from trays.audit import What
from trays.requests import AgentRequest


def check_supervisor(request: AgentRequest) -> None:
    if not request.user.is_supervisor:
        raise PermissionDenied(_("Las difusiones son de los supervisores."))


def _begin(request: AgentRequest) -> dict[str, Any]:
    check_supervisor(request)
    return begin_agent_page(request) | {"nav": "supervision", "tab": "broadcasts"}


def _find(request: AgentRequest, pk: int) -> Broadcast:
    check_supervisor(request)
    found = Broadcast.objects.visible_to(request.user).select_related("origin", "template", "author", "started_by")
    return get_object_or_404(found, pk=pk)


def _own_page(_request: AgentRequest, pk: int) -> str:
    return reverse("broadcast", args=[pk])


@require_GET
def list_all(request: AgentRequest) -> HttpResponse:
    context = _begin(request)
    found, older = broadcasts.list_broadcasts(request.user, parse_id(request.GET.get("antes", "")))
    return render_page(request, "inbox/broadcasts.html", context | {"broadcasts": found, "older": older})


@form_page
def create(request: AgentRequest) -> HttpResponse:
    """`con`: the line and its template; then whom, and with what in the variables."""
    context = _begin(request)
    given = request.POST if request.method == "POST" else request.GET
    choice = broadcasts.find_choice(given.get("con", ""))
    context |= {"choice": choice, "given": given, "error": "", "most_rows": MAX_ROWS}
    if choice is None:
        return render_page(request, "inbox/broadcast_choose.html", context | {"choices": broadcasts.list_choices()})
    if request.method == "POST":
        try:
            made = _create(request, choice)
        except Rejected as refusal:
            if refusal.code != Rejection.INVALID:
                raise
            context["error"] = refusal.message
        else:
            return redirect_with_notice(request, reverse("broadcast", args=[made.pk]), _("Se arma la lista"))
    context |= {
        "variables": [(one, given.get(f"v_{one}", "")) for one in variables_of(choice.template)],
        "header_types": HEADER_TYPES.get(choice.template.header_format, ""),
        "tags": Tag.objects.in_use().in_order(),
        "chosen_tags": [parse_id(one) for one in given.getlist("etiqueta")],
    }
    response = render_page(request, "inbox/broadcast_new.html", context)
    response.status_code = 422 if context["error"] else 200
    return response


def _create(request: AgentRequest, choice: broadcasts.Choice) -> Broadcast:
    file = request.FILES.get("archivo")
    if file is not None and (file.size or 0) > broadcasts.MAX_FILE_BYTES:
        raise Rejected(Rejection.INVALID, _("El archivo pasa de 20 MB"))
    asked = broadcasts.read_form(choice, request.POST, file.read() if file is not None else None)
    header = request.FILES.get("encabezado")
    if header is not None and (header.size or 0) > uploads.MAX_UPLOAD_BYTES:
        raise Rejected(Rejection.INVALID, _("El archivo del encabezado es muy grande"))
    return verbs.create(
        request.user, asked.name, choice.origin, choice.template, asked.variables, asked.audience, asked.data,
        (header.read(), header.name or "") if header else (b"", ""),
    )  # fmt: skip


@require_GET
def serve_header(request: AgentRequest, pk: int) -> HttpResponseBase:
    """The file above its message."""
    broadcast = _find(request, pk)
    if broadcast.header_facts is None:
        raise Http404
    return serve_attachment(headers.describe_header(broadcast), request=request)


@require_GET
def show(request: AgentRequest, pk: int) -> HttpResponse:
    """`ver`: which results; `desde`: after which of them."""
    context = _begin(request)
    broadcast = _find(request, pk)
    filters = broadcasts.list_filters()
    wanted = request.GET.get("ver", "")
    wanted = wanted if wanted in dict(filters) else ""
    results = broadcasts.read_results(broadcast, request.user, wanted, parse_id(request.GET.get("desde", "")))
    for one in results.recipients:
        one.words = broadcasts.say_reason(one)  # type: ignore[attr-defined]
    context |= {
        "broadcast": broadcast,
        "header": headers.describe_header(broadcast) if broadcast.header_facts else None,
        "previews": broadcasts.show_previews(broadcast, request.user) if broadcast.is_draft else [],
        "left_out": broadcasts.list_left_out(broadcast),
        "results": results,
        "filters": filters,
        "wanted": wanted,
        "hours": settings.BROADCAST_HOURS,
        "is_first": "desde" not in request.GET,
    }
    return render_page(request, "inbox/broadcast.html", context)


@action(_own_page)
def start(request: AgentRequest, pk: int) -> HttpResponse:
    """`when`: now, or at `day` and `hour`."""
    broadcast = _find(request, pk)
    at = read_time(request.POST) if request.POST.get("when") == "later" else None
    started = verbs.start(pk, request.user, at)
    _note(request, broadcast, _("la empezó para %(n)s contactos") % {"n": started.pending})
    return redirect_with_notice(request, _own_page(request, pk), _("Empieza a su hora") if at else _("Empezó"))


@action(_own_page)
def pause(request: AgentRequest, pk: int) -> HttpResponse:
    broadcast = _find(request, pk)
    verbs.pause(pk, request.user)
    _note(request, broadcast, _("la pausó"))
    return redirect_with_notice(request, _own_page(request, pk), _("En pausa"))


@action(_own_page)
def resume(request: AgentRequest, pk: int) -> HttpResponse:
    broadcast = _find(request, pk)
    verbs.resume(pk, request.user)
    _note(request, broadcast, _("siguió"))
    return redirect_with_notice(request, _own_page(request, pk), _("Sigue"))


@action(_own_page)
def stop(request: AgentRequest, pk: int) -> HttpResponse:
    broadcast = _find(request, pk)
    stopped = verbs.stop(pk, request.user)
    _note(request, broadcast, _("la detuvo: quedaron %(n)s sin enviar") % {"n": stopped})
    return redirect_with_notice(request, _own_page(request, pk), _("Detenida"))


@action(_own_page)
def discard(request: AgentRequest, pk: int) -> HttpResponse:
    _find(request, pk)
    verbs.discard(pk, request.user)
    return redirect_with_notice(request, reverse("broadcasts"), _("Borrador descartado"))


@action(_own_page)
def send_test(request: AgentRequest, pk: int) -> HttpResponse:
    """`telefono`: one's own."""
    _find(request, pk)
    message = verbs.send_test(pk, request.user, request.POST.get("telefono", ""))
    words = _("La prueba sale a %(who)s") % {"who": message.chat.contact.shown_address}
    return redirect_with_notice(request, _own_page(request, pk), words)


def _note(request: AgentRequest, broadcast: Broadcast, words: str) -> None:
    audit.note(What.DONE, request.user, request, thing=_("Difusión %(name)s") % {"name": broadcast.name}, detail=words)


@require_GET
def download(request: AgentRequest, pk: int) -> HttpResponseBase:
    """Results as CSV, of those whose chat the supervisor may see."""
    broadcast = _find(request, pk)
    audit.note(What.EXPORTED, request.user, request, thing=_("Difusión %(name)s") % {"name": broadcast.name})

    return stream_csv(f"difusion-{pk}.csv", broadcasts.CSV_HEAD, broadcasts.iter_csv(broadcast, request.user))
