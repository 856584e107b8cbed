"""Buscar: contacts, and the messages of chats that one may see, each opened in its thread beside the list."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from chats import publish
from chats.models import Chat, Message
from common.parsing import parse_id
from contacts.models import Contact, Tag
from contacts.place import Place, Viewer, may_see
from contacts.tags import list_tags, show_tags
from inbox import thread
from inbox.addresses import place_url
from inbox.looking import note_looks
from inbox.pages import begin_agent_page
from inbox.search.filters import NAMES, RANGE, read_filters
from inbox.search.messages import Filters, FoundPage, TooMany, find_messages
from inbox.search.nearest import find_nearest
from inbox.search.tags import Asked, read_tag
from inbox.search.words import Words, clean_typed, read_words
from live.feed import read_marks
from live.pages import render_page
from origins.models import Origin
from trays.models import Agent, Tray
from trays.requests import AgentRequest

MAX_CONTACTS = 5


@require_GET
def show_search(request: AgentRequest) -> HttpResponse:
    """What was typed, its filters, the page and the message that is open stand in the address."""
    context = begin_agent_page(request) | {"nav": "buscar"}
    typed, filters, tags = clean_typed(request.GET.get("q", "")), read_filters(request.GET), list_tags()
    asked = read_tag(typed, tags)
    filters = replace(filters, tag=asked.tag.pk) if asked.tag else filters
    words = read_words(asked.typed)
    after = request.GET.get("antes", "")
    context |= {
        "q": typed,
        "words_typed": asked.typed or None,
        "words": words,
        "filters": {name: request.GET[name] for name in NAMES if request.GET.get(name)},
        "is_filtered": bool(filters),
        "by_dates": request.GET.get("fecha") == RANGE,
        "is_first": not after,
        "contacts": [],
        "too_many": False,
        "found": FoundPage([], ""),
        "tags": tags,
        "tag": next((one for one in tags if one.pk == filters.tag), None),
        "unknown_tag": asked.unknown,
    }
    if (typed or filters.tag) and not asked.unknown:
        context |= _find(request.user, asked, words, filters, after, tags)
    context |= _open_message(request) | _choices(request.user)
    return render_page(request, "inbox/search.html", context)


def _find(
    agent: Agent, asked: Asked, words: Words, filters: Filters, after: str, tags: Sequence[Tag]
) -> dict[str, Any]:
    """Contacts on the first page, messages; and where there are none of either, what may have been meant."""
    known: dict[str, Any] = {}
    if not after and not replace(filters, tag=None):
        known = _find_contacts(agent, asked.typed, filters.tag, tags)
    try:
        found = find_messages(agent, words, filters, after)
    except TooMany:
        return known | {"too_many": True}
    nothing = words and not (after or known.get("contacts") or found.messages)
    nearest = find_nearest(agent, asked.typed, filters, tags) if nothing and not asked.tag else None
    return known | {"found": found, "nearest": nearest}


def _find_contacts(agent: Agent, typed: str, tag: int | None, tags: Sequence[Tag]) -> dict[str, Any]:
    """The first few: all of them stand in Contactos, which every agent sees."""
    called = Contact.objects.known().exclude(state="").called(typed).with_states()
    called = called.filter(given_tags__tag=tag) if tag is not None else called
    found = list(called.order_by("-active_at", "-id")[: MAX_CONTACTS + 1])
    show_tags(found, tags)
    viewer = Viewer.of(agent)
    for one in found:
        # only for the template: whether this agent may not read its chat
        one.is_hidden = bool(one.current) and not may_see(viewer, Place.of(one.current))  # type: ignore[attr-defined]
    return {"contacts": found[:MAX_CONTACTS], "more_contacts": len(found) > MAX_CONTACTS}


def _open_message(request: AgentRequest) -> dict[str, Any]:
    """The thread around the message of the address; one that may not be seen is as one that there is not."""
    number = parse_id(request.GET.get("m", ""))
    if number is None:
        return {"opened": None, "is_lost": False}
    message = Message.objects.visible_to(request.user).filter(pk=number).first()
    if message is None or message.kind in Message.COMMANDS:
        return {"opened": None, "is_lost": True}
    chat = Chat.objects.visible_to(request.user).with_people().filter(pk=message.chat_id).first()
    if chat is None:
        return {"opened": None, "is_lost": True}
    note_looks(request, [chat])
    group = publish.chat_group(chat.pk, chat.change_id)
    marks = read_marks([group])
    return {
        "opened": message,
        "is_lost": False,
        "chat": chat,
        "thread": thread.read_around(chat, message),
        "group": group,
        "mark": marks[group],
        "chat_url": place_url(chat, request.user),
    }


def _choices(agent: Agent) -> dict[str, Any]:
    return {
        "origins": Origin.objects.order_by("name")[:200],
        "trays": Tray.objects.open_to(agent).in_use().in_order().select_related("owner")[:300],
        "agents": Agent.objects.filter(is_active=True)[:500],
    }
