"""Whose quick replies are: an agent's own, of a tray, of all; and who may write in which."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from inbox.models import QuickReply
from trays.models import Agent, Tray

OWN, ALL = "mia", "todos"
ALL_ICON, OWN_ICON = "users", "user"


@dataclass(frozen=True)
class Scope:
    """`value` as forms and addresses say it; `fields`: of the replies that are in it."""

    value: str
    name: str
    icon: str
    fields: dict[str, Any]


def own_scope(agent: Agent) -> Scope:
    return Scope(OWN, _("mía"), OWN_ICON, {"owner": agent, "tray": None})


def tray_scope(tray: Tray) -> Scope:
    return Scope(str(tray.pk), str(tray), tray.icon, {"owner": None, "tray": tray})


def all_scope() -> Scope:
    return Scope(ALL, _("todos"), ALL_ICON, {"owner": None, "tray": None})


def seen_scopes(agent: Agent) -> list[Scope]:
    """Those whose replies this agent sees."""
    trays = Tray.objects.open_to(agent).in_use().filter(kind=Tray.Kind.CUSTOM).in_order()
    return [own_scope(agent), *map(tray_scope, trays), all_scope()]


def written_scopes(agent: Agent) -> list[Scope]:
    """Those in which this agent may write: one's own, a supervisor in all that are seen."""
    return seen_scopes(agent) if agent.is_supervisor else [own_scope(agent)]


def may_change(agent: Agent, seen: QuickReply) -> bool:
    """Whether this agent may change one that the agent sees: one's own, a supervisor any."""
    return agent.is_supervisor or seen.owner_id == agent.pk


def name_scope(reply: QuickReply) -> tuple[str, str]:
    """Whose it is in a word, and the icon for it."""
    if reply.tray is not None:
        return str(reply.tray), reply.tray.icon
    return (_("todos"), ALL_ICON) if reply.owner_id is None else (_("mía"), OWN_ICON)
