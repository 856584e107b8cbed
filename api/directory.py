"""What bots and integrations may look up: trays, contacts with their states, and who they are themselves."""

from typing import Annotated, Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router

from api import contact_cards, idempotency, pagination, request_schemas, response_schemas
from api.auth import Bearer, token_of
from contacts.models import Contact, ContactQuerySet, State, StateChange
from trays import hours
from trays.models import Agent, Tray
from wittybots.models import Token

me_router = Router(auth=Bearer(), tags=["Token"])
trays_router = Router(auth=Bearer(Token.Scope.TRAYS.value), tags=["Trays"])
contacts_router = Router(auth=Bearer(Token.Scope.CONTACTS.value), tags=["Contacts"])

MOST_TRAYS = 300
MINE = Q(members__is_active=True, members__is_available=True)


@me_router.get("", response={200: response_schemas.Me}, summary="Whose token this is", operation_id="get_me")
def me(request: HttpRequest) -> HttpResponse:
    """To try a token with."""
    token = token_of(request)
    bot = {"id": token.bot.pk, "name": token.bot.name} if token.bot else None
    scopes = list(token.scopes)
    return idempotency.rendered(
        200, {"name": token.name, "bot": bot, "scopes": scopes, "rate_limit": settings.API_RATE}
    )


@trays_router.get(
    "", response={200: response_schemas.Trays}, summary="The trays one may hand over to", operation_id="list_trays"
)
def trays(request: HttpRequest) -> HttpResponse:
    """General and the created ones in use, with who could attend them now."""
    found = Tray.objects.in_use().filter(kind__in=(Tray.Kind.GENERAL, Tray.Kind.CUSTOM))
    found = found.annotate(available=Count("members", filter=MINE))
    listed = list(found.in_order()[:MOST_TRAYS])
    everyone = Agent.objects.filter(is_active=True, is_available=True).count()
    week = hours.of(listed)
    return idempotency.rendered(200, {"items": [_tray(one, everyone, week) for one in listed]})


def _tray(tray: Tray, everyone: int, week: hours.Hours) -> dict[str, Any]:
    now = timezone.now()
    is_open = week.is_open(tray, now)
    opens_at = None if is_open else week.opens_at(tray, now)
    return {
        "id": tray.pk,
        "name": tray.name,
        "kind": tray.kind,
        "agents_available": everyone if tray.kind == Tray.Kind.GENERAL else tray.available,  # type: ignore[attr-defined]
        "open_now": is_open,
        "opens_at": opens_at.isoformat() if opens_at else None,
    }


# --- contacts ------------------------------------------------------------------------------------


def _contacts() -> ContactQuerySet:
    return Contact.objects.exclude(state="").with_states().prefetch_related(contact_cards.known())


@contacts_router.get("", response={200: response_schemas.Contacts}, summary="Contacts", operation_id="list_contacts")
def contacts(
    request: HttpRequest,
    q: Annotated[str, Query("", max_length=100, description="Part of the name or of the address.")],
    state: Annotated[request_schemas.StateFilter, Query("", description="Only those in this state now.")],
    cursor: pagination.Cursor,
    limit: pagination.Limit,
) -> HttpResponse:
    """Last active first, each with both states: every agent may know those. Never messages."""
    found = _contacts()
    if words := q.replace("\x00", "").strip():
        found = found.filter(Q(name__icontains=words) | Q(shown_address__icontains=words))
    if state:
        found = found.filter(state=state)
    if (key := pagination.read_cursor(cursor)) is not None:
        at, pk = key
        found = found.filter(Q(active_at__lt=at) | Q(active_at=at, pk__lt=pk))

    def key_of(one: Contact) -> str:
        return pagination.write_cursor(one.active_at, one.pk)

    return idempotency.rendered(200, pagination.listed(found.order_by("-active_at", "-id"), limit, _shown, key_of))


@contacts_router.get(
    "/{int:id}", response={200: response_schemas.Contact}, summary="One contact", operation_id="get_contact"
)
def contact(request: HttpRequest, id: Annotated[int, Path(ge=1, le=request_schemas.MOST_ID)]) -> HttpResponse:
    """With its present and its previous state."""
    found = _contacts().filter(pk=id).first()
    if found is None:
        raise Http404
    return idempotency.rendered(200, _shown(found))


def _shown(found: Contact) -> dict[str, Any]:
    return contact_cards.card(found) | {
        "origin": found.origin.name,
        "active_at": found.active_at.isoformat(),
        "current": _state(found.current),
        "previous": _state(found.previous),
    }


def _state(step: StateChange | None) -> dict[str, Any] | None:
    """Where, with whom, since when and why; never the note, which is as private as the messages."""
    if step is None:
        return None
    return {
        "state": State(step.state).value,
        "tray": str(step.tray) if step.tray else None,
        "agent": str(step.agent) if step.agent else None,
        "at": step.at.isoformat(),
        "cause": step.cause,
    }
