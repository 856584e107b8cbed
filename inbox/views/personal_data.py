"""Datos de un contacto: what is kept of a person, a copy of it, and erasing it. For supervisors who see the chats."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chats import publish
from chats.errors import Rejected, Rejection
from chats.models import Chat
from contacts.models import Contact
from contacts.place import where
from contacts.visitors import has_visitor, revoke_visitor
from inbox.actions import action, form_page
from inbox.downloads import serve_once
from inbox.models import DataCopy, Erasure
from inbox.pages import begin_agent_page
from inbox.personal_data import kept, running
from inbox.rejections import redirect_with_notice
from live.pages import render_page
from trays import audit
from trays.models import AuditEntry
from trays.requests import AgentRequest

MAX_FOUND, MAX_JOBS = 8, 20


def _person_page(_request: AgentRequest, pk: int) -> str:
    return reverse("person_data", args=[pk])


def _find(request: AgentRequest, pk: int) -> Contact:
    kept.check_supervisor(request.user)
    return get_object_or_404(Contact.objects.visible_to(request.user).with_states(), pk=pk)


@require_GET
def find_people(request: AgentRequest) -> HttpResponse:
    """`q`: whose data are asked for; and what was copied and erased lately."""
    kept.check_supervisor(request.user)
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found: list[Contact] = []
    if typed:
        known = Contact.objects.visible_to(request.user).exclude(state="").called(typed)
        found = list(known.with_states().order_by("-active_at", "-id")[:MAX_FOUND])
    context = _begin(request) | {
        "typed": typed,
        "found": found,
        "copies": running.list_ready(request.user, timezone.now())[:MAX_JOBS],
        "erasures": Erasure.objects.select_related("agent").order_by("-id")[:MAX_JOBS],
    }
    return render_page(request, "inbox/people_data.html", context)


@require_GET
def show_person(request: AgentRequest, pk: int) -> HttpResponse:
    contact = _find(request, pk)
    person = kept.find_person(contact, request.user)
    context = _begin(request) | {
        "contact": contact,
        "person": person,
        "kept": kept.count_kept(person),
        "copies": _list_copies(request, contact),
        "has_visitor": has_visitor(contact),
    }
    return render_page(request, "inbox/person_data.html", context)


def _begin(request: AgentRequest) -> dict[str, Any]:
    return begin_agent_page(request) | {"nav": "supervision"}


# --- copies --------------------------------------------------------------------------------------


@action(_person_page)
def begin_copy(request: AgentRequest, pk: int) -> HttpResponse:
    """`notas`: with what the team wrote among itself. `antes`: asked for before erasing, and back to that."""
    with_notes = bool(request.POST.get("notas"))
    running.begin_copy(_find(request, pk), request.user, with_notes=with_notes, request=request)
    back = reverse("data_erase", args=[pk]) if request.POST.get("antes") else _person_page(request, pk)
    return redirect_with_notice(request, back, _("La copia se está preparando"))


def _list_copies(request: AgentRequest, contact: Contact) -> "QuerySet[DataCopy]":
    return running.list_ready(request.user, timezone.now()).filter(contact=contact)[:MAX_JOBS]


def _own_copy(request: AgentRequest, pk: int) -> DataCopy:
    kept.check_supervisor(request.user)
    return get_object_or_404(running.list_ready(request.user, timezone.now()), pk=pk)


@require_GET
def show_copy(request: AgentRequest, pk: int) -> HttpResponse:
    """How far it is; the page asks as long as it runs."""
    return render(request, "inbox/_data_copy.html", {"job": _own_copy(request, pk)})


@require_GET
def serve_copy(request: AgentRequest, pk: int) -> HttpResponseBase:
    job = _own_copy(request, pk)
    if job.state != DataCopy.State.DONE:
        raise Http404
    return serve_once(job.file, f"datos-{job.contact_id}.zip", "application/zip")


# --- erasing -------------------------------------------------------------------------------------


@form_page
def erase_person(request: AgentRequest, pk: int) -> HttpResponse:
    """What goes and what stays; POST `typed`, the end of the number or the name, erases."""
    contact = _find(request, pk)
    person = kept.find_person(contact, request.user)
    if request.method == "GET":
        return _show_erase_form(request, person)
    kept.check_all_seen(person)
    if not kept.is_confirmed(contact, request.POST.get("typed", "")):
        return _show_erase_form(request, person, _("No es eso. No se borró nada"), 422)
    try:
        running.begin_erasure(contact, request.user, request, shown=request.POST.get("cards", str(contact.pk)))
    except Chat.DoesNotExist as error:
        raise Http404 from error
    return redirect_with_notice(request, reverse("people_data"), _("Se están borrando los datos"))


def _show_erase_form(request: AgentRequest, person: kept.Person, error: str = "", status: int = 200) -> HttpResponse:
    is_phone, wanted = kept.read_confirmation(person.asked)
    place = person.asked.current
    context = {
        "contact": person.asked,
        "person": person,
        "kept": kept.count_kept(person),
        "copies": _list_copies(request, person.asked),
        "is_phone": is_phone,
        "wanted": wanted,
        "place": where(place) if place and place.state != "EXPIRADO" else "",
        "error": error,
    }
    response = render_page(request, "inbox/erase_person.html", _begin(request) | context)
    response.status_code = status
    return response


@require_GET
def show_erasure(request: AgentRequest, pk: int) -> HttpResponse:
    """How far it is; the page asks as long as it runs."""
    kept.check_supervisor(request.user)
    job = get_object_or_404(Erasure.objects.select_related("agent"), pk=pk)
    return render(request, "inbox/_erasure.html", {"job": job})


# --- the web chat --------------------------------------------------------------------------------


@action(_person_page)
def end_visitor(request: AgentRequest, pk: int) -> HttpResponse:
    """The browser that knows this visitor is somebody new from now on."""
    contact = _find(request, pk)
    with transaction.atomic():
        if not revoke_visitor(contact, request.user):
            raise Rejected(Rejection.CONFLICT, _("Ya no tiene un chat web abierto"))
        words = _("Le cerró el chat web")
        audit.note(AuditEntry.What.DONE, request.user, request, contact=contact.pk, detail=words)
    publish.visitor_ended(contact.pk)
    publish.card_changed([contact.pk])
    return redirect_with_notice(request, _person_page(request, pk), _("Se le cerró el chat web"))
