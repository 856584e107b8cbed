"""The operations that look up: trays with their hours, contacts with their states, and whose a token is."""

from typing import Annotated, Any, cast

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router

from api import pagination, request_schemas, response_schemas
from api.auth import Bearer, token_of
from chats import serializers
from contacts.models import Contact, ContactQuerySet, StateChange
from trays import hours, presence
from trays.models import Tray
from wittybots.models import Token

me_router = Router(auth=Bearer(), tags=["Token"])
trays_router = Router(auth=Bearer(Token.Scope.TRAYS.value), tags=["Trays"])
contacts_router = Router(auth=Bearer(Token.Scope.CONTACTS.value), tags=["Contacts"])

MAX_TRAYS = 300


@me_router.get("", response={200: response_schemas.Me}, summary="Whose token this is", operation_id="get_me")
def get_me(request: HttpRequest) -> response_schemas.Me:
    """To try a token with."""
    token = token_of(request)
    bot = response_schemas.BotName(id=token.bot.pk, name=token.bot.name) if token.bot else None
    return response_schemas.Me(name=token.name, bot=bot, scopes=list(token.scopes), rate_limit=settings.API_RATE)


@trays_router.get(
    "", response={200: response_schemas.Trays}, summary="The trays one may hand over to", operation_id="list_trays"
)
def list_trays(request: HttpRequest) -> response_schemas.Trays:
    """General and the created ones in use, with who could attend them now."""
    found = Tray.objects.in_use().filter(kind__in=(Tray.Kind.GENERAL, Tray.Kind.CUSTOM))
    listed = list(found.in_order()[:MAX_TRAYS])
    here = presence.count_available()
    week = hours.of(listed)
    return response_schemas.Trays(items=[_show_tray(one, here, week) for one in listed])


def _show_tray(tray: Tray, here: presence.Availability, week: hours.Hours) -> response_schemas.Tray:
    now = timezone.now()
    is_open = week.is_open(tray, now)
    is_general = tray.kind == Tray.Kind.GENERAL
    return response_schemas.Tray(
        id=tray.pk,
        name=tray.name,
        kind="general" if is_general else "custom",
        agents_available=here.everyone if is_general else here.by_tray.get(tray.pk, 0),
        open_now=is_open,
        opens_at=None if is_open else week.opens_at(tray, now),
    )


# --- contacts ------------------------------------------------------------------------------------


def _with_all_that_is_shown() -> ContactQuerySet:
    return Contact.objects.known().exclude(state="").with_states().prefetch_related(serializers.prefetch_identifiers())


@contacts_router.get("", response={200: response_schemas.Contacts}, summary="Contacts", operation_id="list_contacts")
def list_contacts(
    request: HttpRequest,
    q: Annotated[
        str,
        Query(
            "", max_length=100, description="Words of the name or the address, in any order, without accents or case."
        ),
    ],
    state: Annotated[request_schemas.StateFilter, Query("", description="Only those in this state now.")],
    cursor: pagination.Cursor,
    limit: pagination.Limit,
) -> dict[str, Any]:
    """Last active first, each with both states: every agent may know those. Never messages."""
    found = _with_all_that_is_shown()
    if words := q.replace("\x00", "").strip():
        found = found.called(words)
    if state:
        found = found.filter(state=state)
    if (key := pagination.read_cursor(cursor)) is not None:
        at, pk = key
        found = found.filter(Q(active_at__lt=at) | Q(active_at=at, pk__lt=pk))

    def key_of(one: Contact) -> str:
        return pagination.write_cursor(one.active_at, one.pk)

    return pagination.list_page(found.order_by("-active_at", "-id"), limit, _show_contact, key_of)


@contacts_router.get(
    "/{int:id}", response={200: response_schemas.Contact}, summary="One contact", operation_id="get_contact"
)
def get_contact(
    request: HttpRequest, id: Annotated[int, Path(ge=1, le=request_schemas.MAX_ID)]
) -> response_schemas.Contact:
    """With its present and its previous state."""
    found = _with_all_that_is_shown().filter(pk=id).first()
    if found is None:
        raise Http404
    return _show_contact(found)


def _show_contact(found: Contact) -> response_schemas.Contact:
    return response_schemas.Contact(
        **dict(serializers.serialize_contact(found)),
        origin=found.origin.name,
        active_at=found.active_at,
        current=_show_state(found.current),
        previous=_show_state(found.previous),
    )


def _show_state(step: StateChange | None) -> response_schemas.ContactState | None:
    """Where, with whom, since when and why; never the note, which is as private as the messages."""
    if step is None:
        return None
    return response_schemas.ContactState(
        state=cast(response_schemas.StateName, step.state),
        tray=str(step.tray) if step.tray else None,
        agent=str(step.agent) if step.agent else None,
        at=step.at,
        cause=step.cause,
    )
