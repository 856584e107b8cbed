"""When the demo's team came in and was there last, as its audit log and its stories have it.

Nobody's browser is open: who is not in the stories any more is shown as gone since then.
"""

from collections.abc import Mapping
from datetime import datetime

from chats.models import Message
from contacts.models import StateChange
from trays import presence
from trays.audit import What
from trays.models import Agent, AuditEntry, LastSeen, Presence, PresenceChange

# who is not there, and why
AWAY = {"dora": "Capacitación"}


def write_comings(agents: Mapping[str, Agent]) -> None:
    for username, agent in agents.items():
        came, left = _came_at(agent), _last_act_at(agent)
        Agent.objects.filter(pk=agent.pk).update(last_login=came, available_since=came)
        PresenceChange.objects.create(agent=agent, was=Presence.OFF, became=Presence.AVAILABLE, at=came)
        if reason := AWAY.get(username):
            presence.set_presence(agent, is_available=False, reason=reason, at=left)
        # that they have gone is logged by the sweep (presence.log_comings)
        LastSeen.objects.create(agent=agent, at=left, is_here=True)


def _came_at(agent: Agent) -> datetime:
    return AuditEntry.objects.filter(agent=agent, what=What.SIGNED_IN).latest("at").at


def _last_act_at(agent: Agent) -> datetime:
    """By what this person did to chats and to the house."""
    acts = (
        AuditEntry.objects.filter(agent=agent).values_list("at", flat=True),
        StateChange.objects.filter(actor=agent).values_list("at", flat=True),
        Message.objects.filter(agent=agent).values_list("created_at", flat=True),
    )
    return max(at for times in acts for at in times)
