"""Chat: the workspaces (*ambientes de trabajo*), the chats that an agent holds in 1, 2 or 4 panes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from chats import window
from chats.messages import reminders, replies
from chats.models import Chat, Message, Workspace
from common.parsing import parse_id
from contacts.place import Place, Viewer, may_see
from contacts.tags import show_tags
from inbox.actions import action
from inbox.addresses import place_url
from inbox.desk import read_scheduled, with_desk
from inbox.held_chats import read_held
from inbox.kept_words import take_words
from inbox.looking import note_looks
from inbox.models import AgentSettings
from inbox.pages import begin_agent_page
from inbox.quick_replies.values import values_of
from inbox.views.trays import open_threads
from live.pages import render_page
from origins.file_words import explain_types
from trays import presence
from trays.models import Agent, Tray
from trays.requests import AgentRequest

MAX_PANES = 4
# what changes a message that has gone out, where the network takes it
CHANGES = Message.COMMANDS


@require_GET
def show_workspaces(request: AgentRequest) -> HttpResponse:
    """The panes as they were left. `?paneles=1|2|4` changes how many, `?activo=` which one is in use."""
    space = find_workspace(request.user)
    wanted = request.GET.get("paneles", "")
    if wanted in ("1", "2", "4"):
        lay_out(space, int(wanted))
    return show_panes(request, space)


@require_GET
def show_chat(request: AgentRequest, pk: int) -> HttpResponse:
    """One chat open in its pane; one that is not in an agent's hands is shown where it is."""
    found = get_object_or_404(Chat.objects.visible_to(request.user), pk=pk)
    if found.state != Chat.State.AGENTE:
        return redirect(place_url(found, request.user))
    return show_panes(request, open_in_pane(request.user, pk))


@require_GET
def show_next_unanswered(request: AgentRequest) -> HttpResponse:
    """The next chat of one's own that waits for an answer, after the one in use (`?despues=`)."""
    after = parse_id(request.GET.get("despues", "")) or 0
    found = read_held(request.user).next_waiting(after)
    return redirect("chat", found.pk) if found else redirect("chats")


@require_GET
def refresh_pane(request: AgentRequest, pk: int) -> HttpResponse:
    """One pane alone: how it looks to this agent now. 404 for a chat that is in none of the agent's panes."""
    return show_pane(request, pk)


def show_pane(request: AgentRequest, pk: int) -> HttpResponse:
    space = find_workspace(request.user)
    if pk not in space.slots:
        get_object_or_404(Chat.objects.visible_to(request.user), pk=pk)
    slot = space.slots.index(pk) if pk in space.slots else 0
    [pane] = _list_panes(request, space, {slot: pk})
    return render(request, "inbox/_pane.html", {"pane": pane} | _destinations_context())


def _panes_page(_request: AgentRequest, slot: int) -> str:
    if slot >= MAX_PANES:
        raise Http404
    return reverse("chats")


@action(_panes_page)
def clear_pane(request: AgentRequest, slot: int) -> HttpResponse:
    """Empty a pane; the chat stays where it is."""
    space = find_workspace(request.user)
    if 0 <= slot < len(space.slots):
        space.slots[slot] = 0
        space.save()
    return show_panes(request, space, url=reverse("chats")) if request.htmx else redirect("chats")


def find_workspace(agent: Agent) -> Workspace:
    space, _made = Workspace.objects.get_or_create(agent=agent, defaults={"slots": [0, 0]})
    return space


def lay_out(space: Workspace, panes: int) -> None:
    """Show this many panes; those in use keep their order."""
    kept = [pk for pk in space.slots if pk] if panes < len(space.slots) else space.slots
    space.slots = (kept + [0] * panes)[:panes]
    space.panes, space.active = panes, min(space.active, panes - 1)
    space.save()


def open_in_pane(agent: Agent, chat_pk: int) -> Workspace:
    """Make a chat the active pane: where it stands, in an empty one, else in place of the active one."""
    space = find_workspace(agent)
    if chat_pk in space.slots:
        active = space.slots.index(chat_pk)
    else:
        active = space.slots.index(0) if 0 in space.slots else space.active
    if (space.active, space.slots[active]) != (active, chat_pk):
        space.active, space.slots[active] = active, chat_pk
        space.save()
    return space


def leave_pane(agent: Agent, chat_pk: int) -> Workspace:
    """Empty the pane of a chat that its agent has just moved on."""
    space = find_workspace(agent)
    if chat_pk in space.slots:
        space.slots[space.slots.index(chat_pk)] = 0
        space.save()
    return space


def show_panes(request: AgentRequest, space: Workspace, url: str = "") -> HttpResponse:
    context = begin_agent_page(request)
    held, own = read_held(request.user), AgentSettings.of(request.user)
    if held.awake and not any(space.slots):
        # the day begins, or the last one was moved on: who waits for an answer comes into view
        space.slots = ([one.pk for one in held.awake] + [0] * space.panes)[: space.panes]
        space.save()
    for one in held.chats:
        # only for the template: the number of its pane, 0 in none
        one.slot = space.slots.index(one.pk) + 1 if one.pk in space.slots else 0  # type: ignore[attr-defined]
    context |= {
        "held": held,
        "own": own,
        "is_list": held.is_list(own.held_as),
        "answered_from": f"{Chat.ANSWERED_FROM:d}",
        "snoozed_from": f"{Chat.SNOOZED_FROM:d}",
        # on a phone: one chat, or the list of all
        "is_open": (url or request.path) != reverse("chats"),
        "space": space,
        "panes": _list_panes(request, space, dict(enumerate(space.slots)), held.chats),
        "nav": "chat",
    } | _destinations_context()
    return render_page(request, "inbox/chat.html", context, url=url)


@dataclass(frozen=True)
class Destination:
    """A tray that a chat can be sent to; `available`: how many agents are there, None where that says nothing."""

    pk: int
    kind: str
    name: str
    icon: str
    owner: Agent | None
    available: int | None
    presence: str  # of the owner of a personal one

    def __str__(self) -> str:
        return self.name

    @property
    def owner_id(self) -> int | None:
        return self.owner.pk if self.owner else None


def _destinations_context() -> dict[str, Any]:
    return {"send_trays": list_destinations()}


def list_destinations() -> list[Destination]:
    """The created trays first, as they are what one looks for; then General, the personal ones, Cerradas."""
    trays = Tray.objects.in_use().in_order().select_related("owner")
    trays = trays.annotate(owner_is=presence.presence_of("owner__"))
    here = presence.count_available()
    rank = {"custom": 0, "general": 1, "personal": 2, "closed": 3}
    available = {tray.pk: here.by_tray.get(tray.pk, 0) for tray in trays if tray.kind == Tray.Kind.CUSTOM}
    available |= {tray.pk: here.everyone for tray in trays if tray.kind == Tray.Kind.GENERAL}
    ranked = sorted(trays, key=lambda tray: rank[tray.kind])
    return [
        Destination(tray.pk, tray.kind, str(tray), tray.icon, tray.owner, available.get(tray.pk), tray.owner_is)
        for tray in ranked
    ]


def _list_panes(
    request: AgentRequest, space: Workspace, slots: dict[int, int], known: Sequence[Chat] = ()
) -> list[dict[str, Any]]:
    """What panes show, each of a slot and its chat: the chat, the notice of where it went, or nothing."""
    viewer = Viewer.of(request.user)
    chats = {one.pk: one for one in known if one.pk in slots.values()}
    others = with_desk(Chat.objects.with_people(), request.user).in_bulk(
        [pk for pk in slots.values() if pk and pk not in chats]
    )
    show_tags([one.contact for one in others.values()])
    chats |= others
    states = {pk: _pane_state(viewer, chat) for pk, chat in chats.items()}
    note_looks(request, [chats[pk] for pk, state in states.items() if state != "moved"])
    reminded = reminders.list_waiting(request.user, states)
    threads = open_threads([chats[pk] for pk, state in states.items() if state != "moved"])
    panes = []
    for slot, pk in slots.items():
        pane: dict[str, Any] = {"slot": slot, "is_active": slot == space.active}
        if pk in chats:
            pane |= {"chat": chats[pk], "state": states[pk], "reminders": reminded.get(pk)} | threads.get(pk, {})
        if states.get(pk) == "open":
            pane |= _composer_context(request, chats[pk])
        panes.append(pane)
    return panes


def _pane_state(viewer: Viewer, chat: Chat) -> str:
    if chat.state == Chat.State.AGENTE and may_see(viewer, Place.of(chat)):
        return "open"
    return "expired" if chat.state == Chat.State.EXPIRADO else "moved"


def _composer_context(request: AgentRequest, chat: Chat) -> dict[str, Any]:
    """What its agent may write now, and with what; others may leave a note."""
    now = timezone.now()
    can, is_mine = chat.origin.can, chat.agent_id == request.user.pk
    words = _kept_words(request, chat, is_mine)
    free = window.free_text_allowed(chat, now)
    quoted = None
    wanted = parse_id(request.GET.get("responder", "") or words.get("quotes", ""))
    if is_mine and free and wanted is not None:
        # without scripts a message is quoted by this link
        quoted = chat.messages.exclude(direction=Message.Direction.NOTE).filter(pk=wanted).first()
    return {
        "is_mine": is_mine,
        "free_text": free,
        "words": words,
        # version 0: nothing is kept yet
        "draft": getattr(chat, "draft", None) or {"text": "", "note": False, "version": 0},
        "draft_id": f"draft-{chat.pk}",
        "scheduled": read_scheduled(chat),
        "quoted": quoted,
        "does": " ".join(["quote", *(one for one in CHANGES if one in can.kinds)]) if is_mine and free else "",
        "limit": can.text,
        "counts_bytes": can.counts_bytes,
        "longest": replies.MAX_REPLY_CHARS,
        "longest_note": replies.MAX_NOTE_CHARS,
        "file_rules": explain_types(chat.origin.kind, chat.origin.get_kind_display()) if is_mine and free else {},
        "file_rules_id": f"files-{chat.pk}",
        "quick_values": values_of(chat, request.user) if is_mine else {},
        "quick_values_id": f"quick-values-{chat.pk}" if is_mine else "",
    } | window_context(chat, now)


def _kept_words(request: AgentRequest, chat: Chat, is_mine: bool) -> dict[str, Any]:
    """What was typed to this chat and not carried out (inbox/kept_words.py); to another's chat only a note."""
    if noted := take_words(request, reverse("note", args=[chat.pk])):
        return noted | {"note": "1"}
    if sent := take_words(request, reverse("send", args=[chat.pk])):
        return {"reason": sent.get("note", "")}
    words = take_words(request, reverse("reply", args=[chat.pk]))
    return words if is_mine or words.get("note") else {}


def window_context(chat: Chat, now: datetime | None = None) -> dict[str, Any]:
    """Whether a free text may go out now, in a word, and until when a person may write; for the banners."""
    heard = chat.last_customer_at
    return {
        "window": window.window_state(chat, now or timezone.now()),
        "human_until": heard + window.HUMAN_WINDOW if heard else None,
    }
