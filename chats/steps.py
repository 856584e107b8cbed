"""Steps: the one writer of a chat's place, for one chat and for ten thousand.

A step is the history row, the line in the conversation, the contact's last two states and the chat itself, in one
statement with what bots are told of it; screens are told after the commit. Verbs (moves.py, expiry.py) decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from chats import bot_events, jobs, publish
from chats.models import Chat
from chats.publish import LeftPlace
from contacts.models import StateChange
from trays.models import Agent, Tray
from wittybots.events import RECORD_STEPS

# where the steps come from: chats that the caller has locked and checked, or (expiry.py) a query that locks them.
# Both give chat_id, contact_id, origin_id, bot_id, the new place (state, tray_id, agent_id, taken_from_id), the time,
# the place that is left (left_state, left_tray_id, left_agent_id, left_change_id) and the event that bots are told
FROM_ARRAYS = """
SELECT * FROM unnest(
    %(chats)s::bigint[], %(contacts)s::bigint[], %(origins)s::bigint[], %(bots)s::bigint[], %(states)s::text[],
    %(trays)s::bigint[], %(agents)s::bigint[], %(taken_from)s::bigint[], %(at)s::timestamptz[],
    %(left_states)s::text[], %(left_trays)s::bigint[], %(left_agents)s::bigint[], %(left_changes)s::bigint[],
    %(events)s::text[]
) AS step(chat_id, contact_id, origin_id, bot_id, state, tray_id, agent_id, taken_from_id, at,
          left_state, left_tray_id, left_agent_id, left_change_id, event)
"""

_WRITE = """
WITH step AS (SOURCE), changes AS (
    INSERT INTO contacts_statechange (contact_id, state, tray_id, agent_id, at, actor_id, cause, from_tray_id, note)
    SELECT contact_id, state, tray_id, agent_id, at, %(actor)s::bigint, %(cause)s, left_tray_id, %(note)s
    FROM step ORDER BY at, chat_id
    RETURNING id, contact_id
), lines AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, direction, author, kind, text, payload, change_id,
                               reaction, status, reason, attempts, created_at)
    SELECT gen_random_uuid(), step.chat_id, step.origin_id, 'note', 'system', 'move', '', '{}', changes.id,
           '', '', '', 0, step.at
    FROM changes JOIN step USING (contact_id)
), told AS (
    RECORD_STEPS
), people AS (
    UPDATE contacts_contact c SET previous_id = c.current_id, current_id = changes.id, state = step.state,
           tray_id = step.tray_id, agent_id = step.agent_id,
           active_at = CASE WHEN %(is_activity)s THEN GREATEST(c.active_at, step.at) ELSE c.active_at END
    FROM changes JOIN step USING (contact_id) WHERE c.id = changes.contact_id
), moved AS (
    UPDATE chats_chat c SET state = step.state, tray_id = step.tray_id, agent_id = step.agent_id,
           taken_from_id = step.taken_from_id, change_id = changes.id, waiting_since = step.at
    FROM changes JOIN step USING (contact_id) WHERE c.id = step.chat_id
    RETURNING c.id, changes.id AS change_id
)
SELECT moved.id, moved.change_id, step.left_state, step.left_tray_id, step.left_agent_id, step.left_change_id,
       ARRAY(SELECT endpoint_id FROM told WHERE told.chat_id = moved.id)
FROM moved JOIN step ON step.chat_id = moved.id ORDER BY moved.change_id
""".replace("RECORD_STEPS", RECORD_STEPS)


@dataclass(frozen=True)
class Written:
    """A step as it was written: the chat, its new history row, the place that it left, and who is to be called."""

    chat_id: int
    change_id: int
    left: LeftPlace
    endpoints: list[int]


@dataclass(frozen=True)
class Step:
    """Where a locked chat goes: a tray, an agent (`taken_from`: where it can be given back to), the bot or nowhere."""

    chat: Chat
    state: str
    tray: Tray | None = None
    agent: Agent | None = None
    taken_from: Tray | None = None


def write_steps(
    source: str,
    values: Mapping[str, Any],
    *,
    cause: str,
    actor: Agent | None,
    note: str,
    is_activity: bool,
    told_at: datetime,
) -> list[Written]:
    """The statement itself, for steps that `source` selects. In the order of the history."""
    statement = _WRITE.replace("SOURCE", source)
    given = {
        "actor": actor.pk if actor else None,
        "cause": cause,
        "note": note[:300],
        "is_activity": is_activity,
        "told_at": told_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, **given})
        rows = cursor.fetchall()
    return [Written(pk, change_id, LeftPlace(*left), endpoints) for pk, change_id, *left, endpoints in rows]


def go_many(
    steps: Sequence[Step], cause: str, *, at: datetime, actor: Agent | None = None, note: str = ""
) -> list[Chat]:
    """Write these steps, and tell bots and screens. The caller holds the chats' locks and has checked them."""
    if not steps:
        return []
    left = {step.chat.pk: LeftPlace.of(step.chat) for step in steps}
    for step in steps:
        _place_in_memory(step, cause, at, actor, note)
    written = {
        one.chat_id: one
        for one in write_steps(FROM_ARRAYS, _as_arrays(steps, left, at), cause=cause, actor=actor, note=note,
                               is_activity=True, told_at=at)
    }  # fmt: skip
    for step in steps:
        one = written[step.chat.pk]
        assert step.chat.change is not None  # noqa: S101 - for the type checker: _place_in_memory has set it
        step.chat.change.pk = one.change_id
        step.chat.change_id = one.change_id
    if any(one.endpoints for one in written.values()):
        jobs.call_endpoints()
    publish.chats_moved([(step.chat, left[step.chat.pk]) for step in steps])
    return [step.chat for step in steps]


def _place_in_memory(step: Step, cause: str, at: datetime, actor: Agent | None, note: str) -> None:
    """The chat in memory as it will stand, so that what is rendered after the commit needs no query for it."""
    chat = step.chat
    change = StateChange(
        contact_id=chat.contact_id, state=step.state, tray=step.tray, agent=step.agent, at=at, actor=actor,
        cause=cause, from_tray=chat.tray, note=note[:300],
    )  # fmt: skip
    change._state.adding = False
    change._state.db = chat._state.db
    chat.state, chat.tray, chat.agent, chat.taken_from = step.state, step.tray, step.agent, step.taken_from
    chat.change, chat.waiting_since = change, at


def _as_arrays(steps: Sequence[Step], left: Mapping[int, LeftPlace], at: datetime) -> dict[str, list[Any]]:
    chats = [step.chat for step in steps]
    places = [left[chat.pk] for chat in chats]
    return {
        "chats": [chat.pk for chat in chats],
        "contacts": [chat.contact_id for chat in chats],
        "origins": [chat.origin_id for chat in chats],
        "bots": [chat.bot_id for chat in chats],
        "states": [chat.state for chat in chats],
        "trays": [chat.tray_id for chat in chats],
        "agents": [chat.agent_id for chat in chats],
        "taken_from": [chat.taken_from_id for chat in chats],
        "at": [at] * len(chats),
        "left_states": [place.state for place in places],
        "left_trays": [place.tray_id for place in places],
        "left_agents": [place.agent_id for place in places],
        "left_changes": [place.change_id for place in places],
        "events": [bot_events.kind_of_step(chat, left[chat.pk]) for chat in chats],
    }
