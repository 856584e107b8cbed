"""Models of the team: agents, trays, access, and the hours of trays."""

from trays.models.hours import Holiday, Opening
from trays.models.presence import LastSeen
from trays.models.staff import Agent, AgentManager, Membership, Tray, TrayQuerySet, give_personal_tray, hire

__all__ = [
    "Agent",
    "AgentManager",
    "Holiday",
    "LastSeen",
    "Membership",
    "Opening",
    "Tray",
    "TrayQuerySet",
    "give_personal_tray",
    "hire",
]
