"""Models of the team: agents, trays, access, and the hours of trays."""

from trays.models.audit import AuditEntry, AuditNotice
from trays.models.entering import EntryLink
from trays.models.hours import Holiday, Opening
from trays.models.identity import Identity
from trays.models.presence import MAX_REASON_CHARS, LastSeen, Presence, PresenceChange
from trays.models.staff import Agent, AgentManager, Membership, Tray, TrayQuerySet, give_personal_tray, hire
from trays.models.turns import Turn
from trays.models.two_steps import RecoveryCode, TwoSteps

__all__ = [
    "MAX_REASON_CHARS",
    "Agent",
    "AgentManager",
    "AuditEntry",
    "AuditNotice",
    "EntryLink",
    "Holiday",
    "Identity",
    "LastSeen",
    "Membership",
    "Opening",
    "Presence",
    "PresenceChange",
    "RecoveryCode",
    "Tray",
    "TrayQuerySet",
    "Turn",
    "TwoSteps",
    "give_personal_tray",
    "hire",
]
