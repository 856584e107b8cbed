"""Contactos: everyone that we talk to, with both states; the chat in a card is loaded by URL."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from common.paging import read_key, write_key
from common.parsing import parse_id
from contacts.models import Contact, ContactQuerySet, State
from contacts.place import Place, Viewer, may_see
from contacts.tags import list_tags, show_tags
from inbox.contact_cards import Refused, read_card, read_changes
from inbox.contact_people import read_people
from inbox.looking import note_card
from inbox.pages import begin_agent_page
from inbox.scores import read_scores, with_scores
from live.pages import render_page
from origins.models import Origin
from trays.models import Agent, Tray
from trays.requests import AgentRequest

PAGE_SIZE = 50
MAX_STEPS = 40
# what the phone shows of a card, one at a time
SECTIONS = ("datos", "chat", "notas", "historial")
MAX_COUNTED_CONTACTS = 1000
# beside the states
BLOCKED = "BLOQUEADO"


@require_GET
def list_contacts(request: AgentRequest) -> HttpResponse:
    """The list: search, filters, pages by key, last active first."""
    context = begin_agent_page(request) | {"nav": "contactos"}
    found = _filter_contacts(request)
    key = read_key(request.GET.get("antes", ""))
    if key:
        at, pk = key
        found = found.filter(Q(active_at__lt=at) | Q(active_at=at, pk__lt=pk))
    page = list(found.with_states().order_by("-active_at", "-id")[: PAGE_SIZE + 1])
    more = len(page) > PAGE_SIZE
    page = page[:PAGE_SIZE]
    tags = list_tags()
    show_tags(page, tags)
    viewer = Viewer.of(request.user)
    for one in page:
        # only for the template: whether this agent may not read its chat
        one.is_hidden = bool(one.current) and not may_see(viewer, Place.of(one.current))  # type: ignore[attr-defined]
    kept = {
        name: request.GET[name] for name in ("q", "origen", "bandeja", "agente", "etiqueta") if request.GET.get(name)
    }
    context |= {
        "contacts": page,
        "next": write_key(page[-1].active_at, page[-1].pk) if more else "",
        "is_first": key is None,
        "state": request.GET.get("estado", ""),
        "filters": kept,
        "states": _count_states(),
        "origins": Origin.objects.order_by("name")[:200],
        "trays": Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL).in_order()[:300],
        "agents": Agent.objects.filter(is_active=True)[:500],
        "tags": tags,
    }
    return render_page(request, "inbox/contacts.html", context)


@require_GET
def show_contact(request: AgentRequest, pk: int) -> HttpResponse:
    """The card: data, notes, the history of states as a timeline, and where the chat is."""
    return show_card(request, pk)


def show_card(
    request: AgentRequest, pk: int, *, refused: Refused | None = None, status: int = 200, url: str = ""
) -> HttpResponse:
    """The same; `refused`: a form of it that was not carried out; `url`: its address, as the answer to an action."""
    context = begin_agent_page(request) | {"nav": "contactos"}
    known = Contact.objects.visible_to(request.user).with_states()
    found = get_object_or_404(with_scores(known).select_related("joining").prefetch_related("addresses"), pk=pk)
    note_card(request, found)
    viewer = Viewer.of(request.user)
    may = bool(found.current) and may_see(viewer, Place.of(found.current))
    steps = found.changes.select_related("tray__owner", "from_tray__owner", "agent", "actor").order_by("-id")
    if (number := parse_id(request.GET.get("hasta", ""))) is not None:
        steps = steps.filter(pk__lt=number)
    page = list(steps[: MAX_STEPS + 1])
    today = timezone.localdate()
    section = request.GET.get("ver", "")
    section = section if section in SECTIONS else "chat"
    if refused:
        section = "notas" if refused.form[0] == "n" and refused.form != "name" else "datos"
    context |= {
        "contact": found,
        "card": read_card(found, refused=refused),
        "may_see": may,
        "people": read_people(found, viewer),
        "scores": read_scores(found),
        "steps": page[:MAX_STEPS],
        "older_steps": page[MAX_STEPS - 1].pk if len(page) > MAX_STEPS else "",
        "today": today,
        "yesterday": today - timedelta(days=1),
        "section": section,
    }
    if section == "historial":
        changes, older = read_changes(found, parse_id(request.GET.get("cambios", "")))
        context |= {"card_changes": changes, "older_changes": older}
    response = render_page(request, "inbox/contact.html", context, url=url)
    response.status_code = status
    return response


def _filter_contacts(request: AgentRequest) -> ContactQuerySet:
    """The contacts of the filters; what is not a filter is ignored."""
    found = Contact.objects.visible_to(request.user).exclude(state="")
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    if q:
        found = found.called(q)
    if request.GET.get("estado") in State.values:
        found = found.filter(state=request.GET["estado"])
    elif request.GET.get("estado") == BLOCKED:
        found = found.filter(blocked_at__isnull=False)
    for name, field in (
        ("origen", "origin"),
        ("bandeja", "tray"),
        ("agente", "agent"),
        ("etiqueta", "given_tags__tag"),
    ):
        if (number := parse_id(request.GET.get(name, ""))) is not None:
            found = found.filter(**{field: number})
    return found


def _count_states() -> list[dict[str, Any]]:
    """The states with how many contacts are in each, never counting past a thousand."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.state, (SELECT count(*) FROM
                   (SELECT 1 FROM contacts_contact WHERE state = s.state AND erased_at IS NULL LIMIT %s) AS head)
               FROM unnest(%s::text[]) AS s(state)""",
            [MAX_COUNTED_CONTACTS, list(State.values)],
        )
        numbers = dict(cursor.fetchall())
    return [
        {"value": state.value, "label": state.label.capitalize(), "number": numbers[state.value],
         "more": numbers[state.value] >= MAX_COUNTED_CONTACTS}
        for state in State
    ]  # fmt: skip
