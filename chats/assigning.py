"""Trays that assign by themselves: who waits longest is given to an agent who is there and has room, as if taken.

Each chat is given in a transaction of its own, which locks the tray's turn, the agent and then the chat: any number of
workers at once give none twice, and nobody more than the agent's limit. Who had forgotten a chat does not get it again.
"""

import contextlib
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from chats.locks import lock_chat
from chats.models import Chat
from chats.moves import MOVES, authorise
from chats.steps import Step, go_many
from contacts.models import Cause, State
from trays.models import Agent, Tray, Turn
from trays.presence import AVAILABLE_SQL

# of one run: the sweep goes on
MAX_GIVEN = 200
# waiting chats that are looked at for one that somebody may get
MAX_HEADS = 50
MAX_TRIES = 10
# a count of what an agent holds stops there
MAX_COUNTED = 500

# who may get a chat of the tray now, in the order in which they are to get it. `held` is counted by an index
_CANDIDATES = f"""
SELECT agent.id, held.n FROM trays_agent AS agent
JOIN trays_lastseen AS seen ON seen.agent_id = agent.id
CROSS JOIN LATERAL (
    SELECT count(*) AS n
    FROM (SELECT 1 FROM chats_chat WHERE agent_id = agent.id AND state = 'AGENTE' LIMIT {MAX_COUNTED}) AS theirs
) AS held
WHERE {AVAILABLE_SQL}
  AND (agent.capacity IS NULL OR held.n < agent.capacity)
  AND (%(is_general)s OR EXISTS (
      SELECT 1 FROM trays_membership AS given WHERE given.agent_id = agent.id AND given.tray_id = %(tray)s))
  AND (%(only)s::bigint IS NULL OR agent.id = %(only)s)
ORDER BY CASE WHEN %(is_least)s THEN held.n ELSE 0 END, agent.id <= %(last)s, agent.id
"""  # noqa: S608 - a constant of ours
# who waits longest, and who has forgotten it, where that is why it waits here
_HEADS = f"""
SELECT chat.id, CASE WHEN step.cause = '{Cause.FORGOTTEN}' THEN before.agent_id END
FROM chats_chat AS chat
JOIN contacts_statechange AS step ON step.id = chat.change_id
JOIN contacts_contact AS contact ON contact.id = chat.contact_id
LEFT JOIN contacts_statechange AS before ON before.id = contact.previous_id
WHERE chat.tray_id = %(tray)s AND chat.state = 'BANDEJA' AND NOT chat.is_blocked
ORDER BY chat.waiting_since, chat.id LIMIT {MAX_HEADS}
"""  # noqa: S608 - constants of ours


def assign_waiting(tray_pk: int | None = None) -> int:
    """Give what waits in this tray, or in all that assign, as far as somebody is there. Returns how many were given."""
    trays = Tray.objects.in_use().exclude(assigning=Tray.Assigning.OFF)
    pks = [tray_pk] if tray_pk is not None else list(trays.order_by("pk").values_list("pk", flat=True))
    given = 0
    for pk in pks:
        while given < MAX_GIVEN and assign_next(pk) is not None:
            given += 1
    return given


def assign_next(tray_pk: int, *, at: datetime | None = None) -> Chat | None:
    """Give who waits longest in the tray to whose turn it is. None: nobody waits, or there is nobody to give it to."""
    for _try in range(MAX_TRIES):
        with contextlib.suppress(_Overtaken):
            return _try_next(tray_pk, at)
    return None


class _Overtaken(Exception):
    """What was found is not so any more: to be looked for anew, in another transaction, which holds no other agent."""


@transaction.atomic
def _try_next(tray_pk: int, at: datetime | None) -> Chat | None:
    if not Chat.objects.filter(tray=tray_pk, state=State.BANDEJA).exists():
        return None
    Turn.objects.get_or_create(tray_id=tray_pk)
    turn = Turn.objects.select_for_update().get(tray_id=tray_pk)
    tray = Tray.objects.in_use().filter(pk=tray_pk).first()
    if tray is None or not tray.assigns:
        return None
    agents = _find_candidates(tray, turn)
    for chat_pk, forgot in _fetch(_HEADS, {"tray": tray.pk}) if agents else ():
        chosen = next((pk for pk in agents if pk != forgot), None)
        if chosen is not None:
            return _give(chat_pk, chosen, tray, turn, at)
    return None


def _give(chat_pk: int, agent_pk: int, tray: Tray, turn: Turn, at: datetime | None) -> Chat:
    # alone until the transaction ends, as who takes by hand is (locks.py), and asked again by what is committed now
    agent = Agent.objects.select_for_update(no_key=True).get(pk=agent_pk)
    if not _find_candidates(tray, turn, only=agent_pk):
        raise _Overtaken
    chat = lock_chat(chat_pk)
    if chat.tray_id != tray.pk or chat.is_blocked:
        raise _Overtaken
    authorise("assign", chat)
    Turn.objects.filter(pk=turn.pk).update(agent=agent)
    step = Step(chat, State.AGENTE, agent=agent, taken_from=tray)
    return go_many([step], MOVES["assign"].cause, at=at or timezone.now())[0]


def _find_candidates(tray: Tray, turn: Turn, *, only: int | None = None) -> list[int]:
    asked = {
        "tray": tray.pk,
        "is_general": tray.kind == Tray.Kind.GENERAL,
        "is_least": tray.assigning == Tray.Assigning.LEAST,
        "last": turn.agent_id or 0,
        "only": only,
    }
    return [pk for pk, _held in _fetch(_CANDIDATES, asked)]


def _fetch(statement: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
