"""Visibility: where a chat is and who may see it, the one rule, as a pure function and as a Q.

A contact's state is its chat's place. Who may see the chat follows from it:

    BOT, EXPIRADO                    everyone
    BANDEJA General, Cerradas        everyone
    BANDEJA created tray             who has access to it; a supervisor only with access as anybody
    BANDEJA personal tray            its owner and supervisors
    AGENTE                           that agent and supervisors

An agent who is not active sees nothing. Being administrator gives no sight of anything.
A bot is no agent: it reads what was said while the chat is in BOT and with that bot, and nowhere else.
Everything that shows a chat asks here: pages, fragments, search, counts, files, sockets, the API.
"""

from dataclasses import dataclass, field
from enum import Enum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from trays.models import Agent, Membership, Tray

EVERYWHERE = ("BOT", "EXPIRADO")
OPEN_KINDS = (Tray.Kind.GENERAL, Tray.Kind.CLOSED)


@dataclass(frozen=True)
class Viewer:
    """Who asks: an agent and the created trays with access."""

    agent_id: int
    is_active: bool = True
    is_supervisor: bool = False
    trays: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def of(cls, agent: Agent) -> "Viewer":
        trays = Membership.objects.filter(agent=agent, tray__kind=Tray.Kind.CUSTOM).values_list("tray", flat=True)
        return cls(agent.pk, agent.is_active, agent.is_supervisor, frozenset(trays))


@dataclass(frozen=True)
class Place:
    """Where a chat is."""

    state: str
    tray_id: int | None = None
    tray_kind: str | None = None
    tray_owner_id: int | None = None
    agent_id: int | None = None

    @classmethod
    def of(cls, thing: object) -> "Place":
        """The place of anything with `state`, `tray` and `agent_id` (a Chat, a StateChange)."""
        tray: Tray | None = thing.tray  # type: ignore[attr-defined]
        return cls(
            thing.state,  # type: ignore[attr-defined]
            tray.pk if tray else None,
            tray.kind if tray else None,
            tray.owner_id if tray else None,
            thing.agent_id,  # type: ignore[attr-defined]
        )


class Why(Enum):
    """Why somebody may see a chat: the row of the table above."""

    EVERYWHERE = "everywhere"
    OPEN_TRAY = "open_tray"
    ACCESS = "access"
    OWN_TRAY = "own_tray"
    HOLDS = "holds"
    SUPERVISES = "supervises"


def why_visible(viewer: Viewer, place: Place) -> Why | None:
    """Why this viewer may see what is there; None: may not."""
    if not viewer.is_active:
        return None
    if place.state in EVERYWHERE:
        return Why.EVERYWHERE
    supervises = Why.SUPERVISES if viewer.is_supervisor else None
    if place.state == "AGENTE":
        return Why.HOLDS if place.agent_id == viewer.agent_id else supervises
    if place.tray_kind in OPEN_KINDS:
        return Why.OPEN_TRAY
    if place.tray_kind == Tray.Kind.PERSONAL:
        return Why.OWN_TRAY if place.tray_owner_id == viewer.agent_id else supervises
    return Why.ACCESS if place.tray_id in viewer.trays else None


def may_see(viewer: Viewer, place: Place) -> bool:
    return why_visible(viewer, place) is not None


def is_attended_by(agent_id: int, place: Place) -> bool:
    """Of one who may see what is there: whether it is theirs to attend, in their hands or waiting in their trays.
    What is with the bot, over, closed or with somebody else is not: who looks there is noted (trays/audit.py)."""
    if place.state == "AGENTE":
        return place.agent_id == agent_id
    if place.state != "BANDEJA" or place.tray_kind == Tray.Kind.CLOSED:
        return False
    return place.tray_kind != Tray.Kind.PERSONAL or place.tray_owner_id == agent_id


def is_for_everyone(place: Place) -> bool:
    """Whether each active agent may see what is there."""
    return place.state in EVERYWHERE or (place.state == "BANDEJA" and place.tray_kind in OPEN_KINDS)


def who_may_see(place: Place) -> QuerySet[Agent]:
    """The same rule over agents: all who may see what is there."""
    active = Agent.objects.filter(is_active=True)
    if is_for_everyone(place):
        return active
    if place.state == "AGENTE":
        return active.filter(Q(pk=place.agent_id) | Q(role=Agent.Role.SUPERVISOR))
    if place.tray_kind == Tray.Kind.PERSONAL:
        return active.filter(Q(pk=place.tray_owner_id) | Q(role=Agent.Role.SUPERVISOR))
    members = Membership.objects.filter(tray=place.tray_id, tray__kind=Tray.Kind.CUSTOM)
    return active.filter(pk__in=members.values("agent"))


def visible_q(agent: Agent, prefix: str = "") -> Q:
    """The same rule over any model with `state`, `tray` and `agent` (behind `prefix`, as in "current__")."""
    if not agent.is_active:
        return Q(pk__in=())

    def q(**conditions: object) -> Q:
        return Q(**{prefix + name: value for name, value in conditions.items()})

    mine = Membership.objects.filter(agent=agent, tray__kind=Tray.Kind.CUSTOM).values("tray")
    personal = q(state="BANDEJA", tray__kind=Tray.Kind.PERSONAL)
    held = q(state="AGENTE")
    if not agent.is_supervisor:
        personal &= q(tray__owner=agent)
        held &= q(agent=agent)
    return (
        q(state__in=EVERYWHERE)
        | q(state="BANDEJA", tray__kind__in=OPEN_KINDS)
        | q(state="BANDEJA", tray__in=mine)
        | personal
        | held
    )


def is_with_bot(thing: object, bot_id: int | None) -> bool:
    """Whether a chat is this bot's, which may then read it and speak in it."""
    return bot_id is not None and thing.state == "BOT" and thing.bot_id == bot_id  # type: ignore[attr-defined]


def with_bot_q(bot_id: int, prefix: str = "") -> Q:
    """The same rule over chats, or what is theirs (behind `prefix`, as in "chat__")."""
    return Q(**{f"{prefix}state": "BOT", f"{prefix}bot": bot_id})


def where(thing: object) -> str:
    """In words that every agent may know: where a chat is and with whom."""
    state = thing.state  # type: ignore[attr-defined]
    if state == "BOT":
        return _("BOT (NO EXPIRADO)")
    if state == "EXPIRADO":
        return _("EXPIRADO")
    if state == "AGENTE":
        return _("AGENTE %(name)s") % {"name": thing.agent}  # type: ignore[attr-defined]
    return _("BANDEJA %(name)s") % {"name": thing.tray}  # type: ignore[attr-defined]
