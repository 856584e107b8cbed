"""The agents of the live board: how they are there, what they hold, and the chats of those that are opened."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from chats.models import Chat
from contacts.models import State
from reports.asked import Asked
from reports.held import Held, Load
from trays.models import Agent, Presence
from trays.presence import presence_of

MAX_LINES = 100
# chats that are shown at once, of all the agents that are opened
MAX_CHATS_SHOWN = 100


@dataclass(frozen=True)
class HeldChat:
    chat: Chat
    is_chosen: bool


@dataclass(frozen=True)
class AgentLine:
    """An agent as the board shows it. `personal`: how many wait in their personal tray."""

    agent: Agent
    presence: str
    # since when they are there like that; None: they have never come
    since: datetime | None
    load: Load
    personal: int
    is_open: bool
    is_chosen: bool
    toggle: str  # the address where its chats are shown, or are not
    choose: str  # where all its chats are chosen
    chats: list[HeldChat]

    @property
    def is_idle(self) -> bool:
        """Not there, and nobody waits for them."""
        return self.presence == Presence.OFF and not self.load.number and not self.personal

    @property
    def chosen(self) -> int:
        """Of what is still where it was chosen."""
        if self.is_open:
            return sum(one.is_chosen for one in self.chats)
        return self.load.number if self.is_chosen else 0


@dataclass(frozen=True)
class Team:
    lines: list[AgentLine]
    more: int  # how many further ones have no line here
    absent: list[AgentLine]  # who is not there and for whom nobody waits
    available: int
    everyone: int
    holding: int  # how many agents hold something
    chosen: int  # chats


def read_agents() -> list[Any]:
    """Those who are active, by name, with `how` they are there and when they were `heard` last."""
    found = Agent.objects.filter(is_active=True).annotate(how=presence_of(), heard=F("last_seen__at"))
    return list(found.order_by("first_name", "last_name", "pk"))


def build_team(agents: Iterable[Any], held: Held, personal: Mapping[int, int], asked: Asked, viewer: Agent) -> Team:
    agents = list(agents)
    chats = read_chats(asked.opened, viewer)
    lines = [_build_line(one, held, personal, asked, chats) for one in agents]
    shown = [one for one in lines if not one.is_idle]
    shown.sort(key=lambda one: (asked.place_of(one.agent.pk), -one.load.number))
    return Team(
        lines=shown[:MAX_LINES],
        more=max(0, len(shown) - MAX_LINES),
        absent=[one for one in lines if one.is_idle],
        available=sum(one.presence == Presence.AVAILABLE for one in lines),
        everyone=len(lines),
        holding=sum(one.load.number > 0 for one in lines),
        chosen=sum(one.chosen for one in shown),
    )


def _build_line(
    one: Any, held: Held, personal: Mapping[int, int], asked: Asked, chats: Mapping[int, list[Chat]]
) -> AgentLine:
    load = held.by_agent.get(one.pk, Load())
    is_open = one.pk in asked.opened and load.number > 0
    is_chosen = one.pk in asked.agents and load.number > 0
    shown = chats.get(one.pk, []) if is_open else []
    is_off = one.how == Presence.OFF
    return AgentLine(
        agent=one,
        presence=one.how,
        since=one.heard if is_off else one.available_since,
        load=load,
        personal=personal.get(one.pk, 0),
        is_open=is_open,
        is_chosen=is_chosen,
        toggle=asked.toggled(one.pk),
        choose=asked.choosing(one.pk),
        chats=[HeldChat(chat, is_chosen or (chat.pk, one.pk) in asked.chats) for chat in shown],
    )


def read_chats(agents: Collection[int], viewer: Agent) -> dict[int, list[Chat]]:
    """What these agents hold and the viewer may see, by agent, in the order in which they got it."""
    found: dict[int, list[Chat]] = {}
    if not agents:
        return found
    theirs = Chat.objects.visible_to(viewer).filter(state=State.AGENTE, agent__in=agents)
    for chat in theirs.with_people(known=("agent", "preview_agent")).order_by("waiting_since", "id")[:MAX_CHATS_SHOWN]:
        found.setdefault(chat.agent_id or 0, []).append(chat)
    return found
