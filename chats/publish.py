"""Publication of changes to screens: after the commit, rendered once, to those who may see it.

tray.<id>             its rows and its count: who has access to that tray
agent.<id>            the chats that the agent holds, and orders about the rights
chat.<id>.<change>    what is said in a chat: who has it open and may see it where it is now.
                      Every move ends that group and begins another, so nobody keeps listening
everyone              states of contacts, nothing else
visitor.<contact>     the customer's own window in the web chat
visitors.<origin>     orders to all windows of one web chat
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from chats import jobs
from chats.fragments import (
    Made,
    partial_html,
    render_changed_message,
    render_message,
    render_row,
    render_snooze,
    render_states,
    render_tab,
)
from chats.models import Chat, Mention, Message, Reminder
from chats.serializers import as_json, serialize_for_visitor
from chats.tray_counts import count_waiting
from contacts.models import Cause
from live.closings import LOGGED_OUT, RIGHTS_CHANGED
from live.feed import GroupEvent, publish_events
from origins.models import Origin
from trays.models import Agent, Tray

log = logging.getLogger(__name__)

# over this many at once pages ask again instead of getting each change
MAX_SINGLE_EVENTS = 50


@dataclass(frozen=True)
class LeftPlace:
    """The place that a chat has just left."""

    state: str
    tray_id: int | None
    agent_id: int | None
    change_id: int | None

    @classmethod
    def of(cls, chat: Chat) -> "LeftPlace":
        return cls(chat.state, chat.tray_id, chat.agent_id, chat.change_id)


def chat_group(chat_id: int, change_id: int | None) -> str:
    return f"chat.{chat_id}.{change_id}"


def shared_groups(agent: Agent) -> list[str]:
    """The groups that an agent hears with others: states, and the trays that are open to the agent."""
    trays = Tray.objects.open_to(agent).in_use().values_list("id", flat=True)
    return ["everyone", *(f"tray.{pk}" for pk in trays)]


def agent_groups(agent: Agent) -> list[str]:
    """The groups that every page of an agent hears, those of its open chats apart."""
    return [*shared_groups(agent), f"agent.{agent.pk}"]


def _publish_events(events: Sequence[GroupEvent]) -> None:
    if events:
        transaction.on_commit(partial(publish_events, list(events)))


# --- what is said ------------------------------------------------------------------------------


def message_stored(chat: Chat, message: Message) -> None:
    """A message was stored in a chat."""
    messages_stored(chat, [message])


def messages_stored(chat: Chat, messages: Sequence[Message]) -> None:
    """Messages were stored in a chat, in this order."""
    _deliver_queued(messages)
    events = _said_events(chat, messages, chat.change_id)
    if any(message.direction != "note" for message in messages):
        events += _summary_events(chat, heard=_last_heard(messages))
    _publish_events(events)


def _deliver_queued(messages: Sequence[Message]) -> None:
    """Before the screens are told: somebody waits outside."""
    if any(message.status == "queued" for message in messages):
        jobs.deliver()


def _said_events(chat: Chat, messages: Sequence[Message], change_id: int | None) -> list[GroupEvent]:
    """What was said while the chat stood at this step: for who has it open, and for its customer."""
    group = chat_group(chat.pk, change_id)
    shown = [GroupEvent(group, render=partial(render_message, chat, message)) for message in messages if change_id]
    told = (_visitor_events(chat, message) for message in messages if message.direction != "note")
    return shown + [event for events in told for event in events]


@dataclass
class Heard:
    """What came of a body for one chat: what was said (`before`: while it was still where it has left), and the place
    that it has left, None where it stays."""

    chat: Chat
    messages: list[Message] = field(default_factory=list)
    before: int = 0
    left: LeftPlace | None = None
    # it was snoozed, until the customer wrote
    woke: bool = False


def messages_heard(heard: Iterable[Heard]) -> None:
    """Customers wrote, and bots answered."""
    events = []
    for one in heard:
        _deliver_queued(one.messages)
        if one.left is not None:
            events += _said_events(one.chat, one.messages[: one.before], one.left.change_id)
        events += _said_events(one.chat, one.messages[one.before :], one.chat.change_id)
        if one.left is not None:
            events += _move_events(one.chat, one.left)
        if one.woke:
            events.append(_snooze_event(one.chat))
        # of a blocked contact only who has it open hears
        if not one.chat.is_blocked and (one.left is None or one.before < len(one.messages)):
            events += _summary_events(one.chat, heard=_last_heard(one.messages))
    _publish_events(events)


def message_changed(message: Message) -> None:
    """A message's status or reaction changed where it stands."""
    messages_changed([message])


def messages_changed(messages: Sequence[Message]) -> None:
    """The same for several."""
    chats = Chat.objects.filter(pk__in={message.chat_id for message in messages})
    groups = {pk: chat_group(pk, change_id) for pk, change_id in chats.values_list("pk", "change_id")}
    _publish_events([GroupEvent(groups[one.chat_id], render=partial(render_changed_message, one)) for one in messages])


def summary_changed(chat_pk: int) -> None:
    """What lists say of a chat changed, and nothing else."""
    _publish_events(_summary_events(Chat.objects.with_people().get(pk=chat_pk)))


def snoozes_changed(chats: Iterable[Chat]) -> None:
    """Held chats were set aside by their agents, or have come back."""
    events = [event for chat in chats for event in (*_summary_events(chat), _snooze_event(chat))]
    _publish_events(events)


def _snooze_event(chat: Chat) -> GroupEvent:
    return GroupEvent(chat_group(chat.pk, chat.change_id), render=partial(render_snooze, chat))


def window_changed(chat_pk: int) -> None:
    """What may go out changed without a word having been said: open panes ask again."""
    chat = Chat.objects.only("pk", "change").get(pk=chat_pk)
    _publish_events([GroupEvent(chat_group(chat.pk, chat.change_id), "!resync")])


def _last_heard(messages: Sequence[Message]) -> Message | None:
    """The last of these that the customer said and somebody has to hear of: who says how it was waits for nobody."""
    said = (message for message in reversed(messages) if message.direction == "in")
    return next((message for message in said if not message.payload.get("score")), None)


def _summary_events(chat: Chat, *, heard: Message | None = None) -> list[GroupEvent]:
    """The row in the tray, or the tab of who holds it."""
    tray_id = chat.tray_id
    if tray_id:
        # a move in the same transaction may have taken it away by the time of rendering; that event follows
        return [
            GroupEvent(
                f"tray.{tray_id}",
                render=lambda: (
                    {"heard": heard is not None} | _step_header(chat),
                    render_row(chat, "outerMorph") if chat.tray_id == tray_id else "",
                ),
            )
        ]
    if chat.state == Chat.State.AGENTE:
        return [GroupEvent(f"agent.{chat.agent_id}", render=lambda: render_tab(chat, "outerMorph", heard=heard))]
    return []


def show_visitor(chat: Chat, message: Message) -> None:
    """A message that waited for its file is there for its customer. Where there is none of the web chat: nothing."""
    _publish_events(_visitor_events(chat, message))


def _visitor_events(chat: Chat, message: Message) -> list[GroupEvent]:
    # in the web chat only what still waits for its file is queued
    if chat.origin.kind != "web" or message.status == "queued":
        return []
    return [
        GroupEvent(
            f"visitor.{chat.contact_id}", render=lambda: ({"message": as_json(serialize_for_visitor(message))}, "")
        )
    ]


# --- where it is -------------------------------------------------------------------------------


def chats_moved(moves: Sequence[tuple[Chat, LeftPlace]]) -> None:
    """Chats have left one place for another."""
    if len(moves) > MAX_SINGLE_EVENTS:
        groups = _groups_left((chat.pk, left) for chat, left in moves)
        groups |= {f"tray.{chat.tray_id}" for chat, _left in moves if chat.tray_id}
        groups |= {f"agent.{chat.agent_id}" for chat, _left in moves if chat.agent_id}
        _publish_events([GroupEvent(group, "!resync") for group in sorted(groups)])
        return
    _publish_events([event for chat, left in moves for event in _move_events(chat, left)])


def _move_events(chat: Chat, left: LeftPlace) -> list[GroupEvent]:
    events = []
    if left.change_id:
        # whoever has it open asks again what of it may still be seen
        events.append(GroupEvent(chat_group(chat.pk, left.change_id), head={"moved": chat.pk}))
    if left.tray_id:
        events.append(GroupEvent(f"tray.{left.tray_id}", render=_render_gone(left.tray_id, chat)))
    if left.agent_id:
        head = {"chat": chat.pk, "unread": 0, "gone": True}
        events.append(GroupEvent(f"agent.{left.agent_id}", partial_html(f"#tab-{chat.pk}", "delete"), head))
    if chat.tray_id:
        events.append(
            GroupEvent(
                f"tray.{chat.tray_id}",
                render=lambda: (
                    _count_header(chat.tray_id) | _step_header(chat) | _arrival_header(chat),
                    render_row(chat, "upsert"),
                ),
            )
        )
    if chat.agent_id:
        events.append(GroupEvent(f"agent.{chat.agent_id}", render=partial(_render_taken, chat)))
    events.append(GroupEvent("everyone", render=partial(render_states, chat)))
    return events


def _render_gone(tray_id: int, chat: Chat) -> Callable[[], Made]:
    step = _step_header(chat)
    return lambda: (_count_header(tray_id) | step, partial_html(f"#chat-{chat.pk}", "delete"))


def _step_header(chat: Chat) -> dict[str, Any]:
    """Which step of which chat a row shows: events of two moves may be published in the other order."""
    return {"chat": chat.pk, "step": chat.change_id}


def _arrival_header(chat: Chat) -> dict[str, Any]:
    """Who has come into a tray, for the notices of those who have access to it, but for the one who sent it there.
    Of who is blocked nobody is told."""
    if chat.is_blocked:
        return {}
    actor_id = chat.change.actor_id if chat.change else None
    head = {"came": str(chat.contact), "into": str(chat.tray), "by": actor_id, "text": chat.customers_preview}
    return head | ({"own": True} if chat.tray and chat.tray.kind == Tray.Kind.PERSONAL else {})


def _render_taken(chat: Chat) -> Made:
    """The tab of who has it now; where it was given by itself, its agent is told."""
    head, html = render_tab(chat, "upsert")
    if chat.change and chat.change.cause == Cause.ASSIGNED and not chat.is_blocked:
        head |= {"assigned": chat.change_id, "from": str(chat.taken_from), "text": chat.customers_preview}
    return head, html


def _count_header(tray_id: int | None) -> dict[str, Any]:
    number, since = count_waiting([tray_id]).get(tray_id or 0, (0, None))
    return {"tray": tray_id, "count": number, "since": since.isoformat() if since else None}


def chats_expired(rows: Sequence[tuple[int, LeftPlace]]) -> None:
    """Many chats at once have left for EXPIRADO."""
    if len(rows) > MAX_SINGLE_EVENTS:
        _publish_events([GroupEvent(group, "!resync") for group in sorted(_groups_left(rows))])
        return
    chats = Chat.objects.with_people().in_bulk([pk for pk, _left in rows])
    chats_moved([(chats[pk], left) for pk, left in rows])


def _groups_left(rows: Iterable[tuple[int, LeftPlace]]) -> set[str]:
    """All groups that saw these chats where they were."""
    groups = {"everyone"}
    for pk, left in rows:
        groups.add(chat_group(pk, left.change_id))
        if left.tray_id:
            groups.add(f"tray.{left.tray_id}")
        if left.agent_id:
            groups.add(f"agent.{left.agent_id}")
    return groups


# --- who it is ---------------------------------------------------------------------------------


def card_changed(contact_pks: Sequence[int]) -> None:
    """Cards of contacts were changed (contacts/card.py). Every agent may see them: open cards ask again, and rows,
    tabs and panes say the name and the tags of now. To be called in the transaction of the change, or after it."""
    if len(contact_pks) > MAX_SINGLE_EVENTS:
        _publish_events([GroupEvent("everyone", "!resync")])
        return
    events = [GroupEvent("everyone", head={"contact": pk}) for pk in contact_pks]
    for chat in Chat.objects.with_people().filter(contact__in=contact_pks):
        events += [*_summary_events(chat), GroupEvent(chat_group(chat.pk, chat.change_id), "!resync")]
    _publish_events(events)


def block_changed(chat: Chat) -> None:
    """Its contact was blocked, or is so no longer: its tray has one less who waits, or one more."""
    card_changed([chat.contact_id])
    if chat.tray_id:
        _publish_events([GroupEvent(f"tray.{chat.tray_id}", render=lambda: (_count_header(chat.tray_id), ""))])


# --- orders ------------------------------------------------------------------------------------


def rights_changed(agent: Agent) -> None:
    """The agent's sockets close and come back with the rights of now."""
    _publish_events([GroupEvent(f"agent.{agent.pk}", f"!close {RIGHTS_CHANGED}")])


def agent_changed(agent: Agent) -> None:
    """What pages show of the agent to the agent changed: all of them ask again."""
    _publish_events([GroupEvent(f"agent.{agent.pk}", "!resync")])


def settings_changed(agent: Agent, chosen: dict[str, Any]) -> None:
    """The agent has set something for itself: its open pages go by it."""
    _publish_events([GroupEvent(f"agent.{agent.pk}", head={"settings": chosen})])


def draft_kept(agent_pk: int, chat_pk: int, text: str, *, is_note: bool, version: int) -> None:
    """What an agent writes in a chat stands as these words now: its other open pages show them."""
    draft = {"chat": chat_pk, "text": text, "note": is_note, "version": version}
    _publish_events([GroupEvent(f"agent.{agent_pk}", head={"draft": draft})])


def logged_out(login: str) -> None:
    """The sockets of one login close for good."""
    _publish_events([GroupEvent(f"login.{login}", f"!close {LOGGED_OUT}")])


def visitors_revoked(origin: Origin) -> None:
    """The windows of a web chat close for good: none of its visitors' tokens is valid any more."""
    _publish_events([GroupEvent(f"visitors.{origin.pk}", f"!close {LOGGED_OUT}")])


def visitor_ended(contact_pk: int) -> None:
    """The same of one visitor: windows of this contact close."""
    _publish_events([GroupEvent(f"visitor.{contact_pk}", f"!close {LOGGED_OUT}")])


def agents_mentioned(chat: Chat, note: Message, mentions: Sequence[Mention], seeing: set[int]) -> None:
    """Agents are named in a note: who may see it (`seeing`) gets its words, the others where the chat is."""
    who = note.agent.short_name if note.agent else ""
    head = {"of": chat.pk, "who": who, "name": str(chat.contact)}
    _publish_events([
        GroupEvent(
            f"agent.{one.agent_id}",
            head=head | {"mention": one.pk} | (
                {"text": note.shown_text} if one.agent_id in seeing else {"unseen": chat.contact_id}
            ),
        )
        for one in mentions
    ])  # fmt: skip


def reminders_rung(reminders: Sequence[Reminder]) -> None:
    """The time of reminders has come, or of snoozed chats: their agents may see what they are about."""
    _publish_events([
        GroupEvent(
            f"agent.{one.agent_id}",
            head={"remind": f"{one.chat_id}.{int(one.due_at.timestamp())}", "of": one.chat_id,
                  "who": str(one.chat.contact), "about": one.text, "back": one.is_return},
        )
        for one in reminders
    ])  # fmt: skip


def agent_told(agent_id: int, title: str, text: str, url: str) -> None:
    """A notice on the open pages of one agent, who may not see the chat any more: never a word of it."""
    toast = {"level": "info", "title": title, "text": text, "action": {"label": _("Ver"), "url": url}}
    _publish_events([GroupEvent(f"agent.{agent_id}", head={"toast": toast})])


def tell_file_ready(agent_id: int, title: str, text: str, url: str) -> None:
    """On the pages that the agent has open, with the way to fetch it."""
    fetch = {"label": _("Bajar"), "url": url, "file": True}
    toast = {"level": "success", "title": title, "text": text, "action": fetch}
    _publish_events([GroupEvent(f"agent.{agent_id}", head={"toast": toast})])


def administrators_told(title: str, text: str, url: str) -> None:
    """A notice on the open pages of those who set the installation up, with a link to what it is about."""
    toast = {"level": "error", "title": title, "text": text, "action": {"label": _("Ver"), "url": url}}
    told = Agent.objects.filter(is_superuser=True, is_active=True)
    _publish_events([GroupEvent(f"agent.{agent.pk}", head={"toast": toast}) for agent in told])


def trays_changed() -> None:
    """Trays were made, renamed or archived: every open page asks again."""
    _publish_events([GroupEvent("everyone", "!resync")])


def bot_typing_started(chat: Chat) -> None:
    """The bot is about to answer: the customer's own window shows it, and the worker tells the network."""
    if chat.origin.kind == "web":
        _publish_events([GroupEvent(f"visitor.{chat.contact_id}", head={"typing": "bot"})])
    elif chat.origin.can.typing:
        jobs.show_typing(chat.pk)


def agent_typing_started(chat: Chat, agent: Agent) -> None:
    """The agent is about to answer: the customer's own window in the web chat shows it."""
    _publish_events([GroupEvent(f"visitor.{chat.contact_id}", head={"typing": "agent", "name": agent.short_name})])
