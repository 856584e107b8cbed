"""Locks of a move, always in the same order: what it leads to (agent, tray), then the chat."""

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.models import Chat, ChatQuerySet
from common.lease import NO_FLUSH
from common.prepared import Prepared, fetch_rows
from trays.models import Agent, Tray


def lock_chat(pk: int) -> Chat:
    """The chat, locked until the transaction ends. Raises Chat.DoesNotExist."""
    return _LOCKED.get(pk)


def lock_if_there(pk: int) -> Chat | None:
    return _LOCKED.find_one(pk)


def locked_chats() -> ChatQuerySet:
    """Chats, each locked as it is read, with what of them never changes; the rest is read when asked for.

    Who waits for a lock gets the newest row joined to what belonged to the old one: a tray or an
    agent read along would look empty.
    """
    return Chat.objects.select_related("contact", "origin").select_for_update(of=("self",), no_key=True)


_HELD = f"""
SELECT id FROM chats_chat WHERE id = ANY(%(pks)s::bigint[]) AND id NOT IN (
    SELECT id FROM chats_chat, (SELECT {NO_FLUSH}) AS quick WHERE id = ANY(%(pks)s::bigint[])
    FOR NO KEY UPDATE OF chats_chat SKIP LOCKED
)
"""  # noqa: S608 - of constants alone
_LOCKED = Prepared(lambda pk: locked_chats().filter(pk=pk))


def find_held_chats(pks: Sequence[int]) -> set[int]:
    """Those that somebody else holds just now."""
    return {pk for (pk,) in fetch_rows(_HELD, {"pks": list(pks)})}


def hold_active_agent(agent: Agent, gone: str = "") -> Agent:
    """The agent, held active until the transaction ends; deactivating waits for this. `gone`: why not, of another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_active FROM trays_agent WHERE id = %s FOR SHARE", [agent.pk])
        row = cursor.fetchone()
    if not row or not row[0]:
        raise (
            Rejected(Rejection.CONFLICT, gone)
            if gone
            else Rejected(Rejection.FORBIDDEN, _("Tu usuario está desactivado"))
        )
    return agent


_IN_HANDS = "SELECT count(*) FROM (SELECT 1 FROM chats_chat WHERE agent_id = %s AND state = 'AGENTE' LIMIT %s) held"


def hold_agent_with_room(agent: Agent) -> Agent:
    """The same of an agent who is about to get one more chat, alone until the transaction ends: what the agent holds
    is counted when nobody else can add to it. A supervisor who takes by hand is not held back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_active, role, capacity FROM trays_agent WHERE id = %s FOR NO KEY UPDATE", [agent.pk])
        row = cursor.fetchone()
        if not row or not row[0]:
            raise Rejected(Rejection.FORBIDDEN, _("Tu usuario está desactivado"))
        _active, role, capacity = row
        if capacity is None or role == Agent.Role.SUPERVISOR:
            return agent
        # in a statement of its own, which sees what was committed while the lock was waited for
        cursor.execute(_IN_HANDS, [agent.pk, capacity])
        if cursor.fetchone()[0] >= capacity:
            words = _("Ya atendés %(n)s, tu máximo. Cerrá, devolvé o enviá alguno y volvé a intentarlo")
            raise Rejected(Rejection.CONFLICT, words % {"n": capacity})
    return agent


def hold_tray_in_use(tray: Tray) -> Tray:
    """The tray, held unarchived until the transaction ends."""
    Tray.objects.hold(tray.pk)
    fresh = Tray.objects.select_related("owner").get(pk=tray.pk)
    if fresh.archived_at:
        raise Rejected(Rejection.INVALID, _("La bandeja %(name)s está archivada") % {"name": fresh})
    return fresh


def tray_in_use_or_general(tray: Tray | None) -> Tray:
    """This tray, or General where there is none or it is archived by now."""
    if tray is not None:
        Tray.objects.hold(tray.pk)
        fresh = Tray.objects.select_related("owner").filter(pk=tray.pk, archived_at=None).first()
        if fresh:
            return fresh
    return Tray.objects.general()
