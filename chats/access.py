"""Giving and taking access, archiving and deactivating: with all that follows for chats and open screens."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import publish, relocation
from chats.errors import Rejected, Rejection
from trays import entry_links, two_steps
from trays.models import Agent, Membership, Tray


@transaction.atomic
def give_access(tray: Tray, agents: Iterable[Agent]) -> list[Agent]:
    """Give these agents access to a created tray. Returns who did not have it."""
    if tray.kind != Tray.Kind.CUSTOM:
        raise Rejected(Rejection.INVALID, _("El acceso se da solo a bandejas creadas"))
    given = []
    for agent in agents:
        _row, made = Membership.objects.get_or_create(tray=tray, agent=agent)
        if made:
            given.append(agent)
            publish.rights_changed(agent)
    return given


@transaction.atomic
def take_access(tray: Tray, agents: Iterable[Agent]) -> list[Agent]:
    """Take their access away; open screens lose it at once. Chats that they hold stay with them."""
    taken = []
    for agent in agents:
        gone, _rows = Membership.objects.filter(tray=tray, agent=agent).delete()
        if gone:
            taken.append(agent)
            publish.rights_changed(agent)
    return taken


@transaction.atomic
def set_members(tray: Tray, agents: Iterable[Agent]) -> tuple[list[Agent], list[Agent]]:
    """Make these the agents with access. Returns (given, taken)."""
    wanted = {agent.pk: agent for agent in agents}
    present = {agent.pk: agent for agent in Agent.objects.filter(membership__tray=tray)}
    given = give_access(tray, [agent for pk, agent in wanted.items() if pk not in present])
    taken = take_access(tray, [agent for pk, agent in present.items() if pk not in wanted])
    return given, taken


@transaction.atomic
def archive_tray(tray: Tray) -> int:
    """Archive a created tray; the chats in it go to General. Returns how many went."""
    # no_key: history rows that name the tray need not wait (and could not, without a deadlock); moves into it do
    held = Tray.objects.select_for_update(no_key=True).get(pk=tray.pk)
    if held.kind != Tray.Kind.CUSTOM:
        raise Rejected(Rejection.INVALID, _("Solo se archivan bandejas creadas"))
    if held.archived_at:
        return 0
    held.archived_at = timezone.now()
    held.save(update_fields=("archived_at",))
    moved = relocation.empty_tray(held, note=_("Se archivó la bandeja %(name)s") % {"name": held})
    publish.trays_changed()
    return moved


@transaction.atomic
def restore_tray(tray: Tray) -> None:
    """Bring an archived tray back, empty, with the access that it had."""
    Tray.objects.filter(pk=tray.pk, kind=Tray.Kind.CUSTOM).update(archived_at=None)
    publish.trays_changed()
    # a socket joins only trays in use: theirs come back to join this one
    for agent in Agent.objects.filter(membership__tray=tray, is_active=True):
        publish.rights_changed(agent)


@transaction.atomic
def deactivate_agent(agent: Agent) -> None:
    """The agent leaves: the held chats go back to their trays, those of the personal tray to General, and every
    session ends for good."""
    held = Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
    if not held.is_active:
        return
    if held.is_superuser and not Agent.objects.filter(is_superuser=True, is_active=True).exclude(pk=held.pk).exists():
        raise Rejected(Rejection.INVALID, _("Es el único administrador: no se puede desactivar"))
    held.is_active, held.sessions_ended = False, held.sessions_ended + 1
    held.save(update_fields=("is_active", "sessions_ended"))
    note = _("%(name)s ya no atiende") % {"name": held}
    personal = Tray.objects.select_for_update(no_key=True).get(owner=held)
    personal.archived_at = timezone.now()
    personal.save(update_fields=("archived_at",))
    relocation.release_held_chats(held, note=note)
    relocation.empty_tray(personal, note=note)
    entry_links.revoke_link(held)
    publish.rights_changed(held)


@transaction.atomic
def end_sessions(agent: Agent) -> None:
    """The agent signs in anew wherever they were."""
    Agent.objects.filter(pk=agent.pk).update(sessions_ended=F("sessions_ended") + 1)
    publish.rights_changed(agent)


@transaction.atomic
def reset_two_steps(agent: Agent) -> None:
    """The agent has lost the app and the codes: the password is enough, or the app is set up with the next sign-in."""
    two_steps.turn_off(agent)
    end_sessions(agent)


@transaction.atomic
def activate_agent(agent: Agent) -> None:
    """The agent is back, with an empty personal tray."""
    Agent.objects.filter(pk=agent.pk).update(is_active=True)
    Tray.objects.filter(owner=agent).update(archived_at=None)
    announce_agent(agent)


def announce_agent(agent: Agent) -> None:
    """The personal tray is there, new or again: it is on all screens, and supervisors' sockets join it."""
    publish.trays_changed()
    for supervisor in Agent.objects.filter(role=Agent.Role.SUPERVISOR, is_active=True).exclude(pk=agent.pk):
        publish.rights_changed(supervisor)
