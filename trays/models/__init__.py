"""Models of the team: agents, trays, access, and the hours of trays."""

from trays.models.hours import Holiday, Opening
from trays.models.presence import MAX_REASON_CHARS, LastSeen, Presence, PresenceChange
from trays.models.staff import Agent, AgentManager, Membership, Tray, TrayQuerySet, give_personal_tray, hire
from trays.models.turns import Turn

__all__ = [
    "MAX_REASON_CHARS",
    "Agent",
    "AgentManager",
    "Holiday",
    "LastSeen",
    "Membership",
    "Opening",
    "Presence",
    "PresenceChange",
    "Tray",
    "TrayQuerySet",
    "Turn",
    "give_personal_tray",
    "hire",
]
