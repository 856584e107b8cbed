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
from contacts.models import State, StateChange
from trays.models import Agent, Tray
from wittybots.events import RECORD_STEPS

# where the steps come from: chats that the caller has locked and checked, or (expiry.py) a query that locks them.
# Both give chat_id, contact_id, origin_id, bot_id, the new place (state, tray_id, agent_id, taken_from_id), the time,
# since when it waits there (since), the place that is left (left_state, left_tray_id, left_agent_id, left_change_id)
# and the event that bots are told
FROM_ARRAYS = """
SELECT * FROM unnest(
    %(chats)s::bigint[], %(contacts)s::bigint[], %(origins)s::bigint[], %(bots)s::bigint[], %(states)s::text[],
    %(trays)s::bigint[], %(agents)s::bigint[], %(taken_from)s::bigint[], %(at)s::timestamptz[],
    %(since)s::timestamptz[],
    %(left_states)s::text[], %(left_trays)s::bigint[], %(left_agents)s::bigint[], %(left_changes)s::bigint[],
    %(events)s::text[]
) AS step(chat_id, contact_id, origin_id, bot_id, state, tray_id, agent_id, taken_from_id, at, since,
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
           taken_from_id = step.taken_from_id, change_id = changes.id, waiting_since = step.since,
           snoozed_until = NULL,
           mentioned_ids = CASE WHEN step.state IN ('BOT', 'EXPIRADO') THEN '{}'
                                ELSE array_remove(c.mentioned_ids, step.agent_id) END
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
    """Where a locked chat goes: a tray, an agent (`taken_from`: where it can be given back to), the bot or nowhere.

    `since`: an older wait that it keeps there; else it waits from this step on.
    """

    chat: Chat
    state: str
    tray: Tray | None = None
    agent: Agent | None = None
    taken_from: Tray | None = None
    since: datetime | None = None


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


@dataclass(frozen=True)
class Planned:
    """A step that stands in memory and is to be written. `after`: the step before it, where that is not written yet."""

    step: Step
    change: StateChange
    left: LeftPlace
    # who is told of it, and as what
    bot_id: int | None
    event: str
    after: "Planned | None" = None


def go_many(
    steps: Sequence[Step], cause: str, *, at: datetime, actor: Agent | None = None, note: str = ""
) -> list[Chat]:
    """Write these steps, and tell bots and screens. The caller holds the chats' locks and has checked them."""
    planned = [plan(step, cause, at=at, actor=actor, note=note) for step in steps]
    write(planned)
    publish.chats_moved([(one.step.chat, one.left) for one in planned])
    return [step.chat for step in steps]


def plan(step: Step, cause: str, *, at: datetime, actor: Agent | None = None, note: str = "") -> Planned:
    """The chat in memory as it will stand, so that what is rendered after the commit needs no query for it."""
    chat = step.chat
    left = LeftPlace.of(chat)
    change = StateChange(
        contact_id=chat.contact_id, state=step.state, tray=step.tray, agent=step.agent, at=at, actor=actor,
        cause=cause, from_tray=chat.tray, note=note[:300],
    )  # fmt: skip
    change._state.adding = False
    change._state.db = chat._state.db
    chat.state, chat.tray, chat.agent, chat.taken_from = step.state, step.tray, step.agent, step.taken_from
    chat.change, chat.waiting_since, chat.snoozed_until = change, step.since or at, None
    ends = step.state in (State.BOT, State.EXPIRADO)
    chat.mentioned_ids = [] if ends else [pk for pk in chat.mentioned_ids if pk != chat.agent_id]
    return Planned(step, change, left, chat.bot_id, bot_events.kind_of_step(chat, left))


def write(planned: Sequence[Planned]) -> None:
    """Write planned steps of different chats, all of one cause, actor, note and time, and have bots told."""
    if not planned:
        return
    same = planned[0].change
    written = {
        one.chat_id: one
        for one in write_steps(FROM_ARRAYS, _as_arrays(planned), cause=same.cause, actor=same.actor, note=same.note,
                               is_activity=True, told_at=same.at)
    }  # fmt: skip
    for one in planned:
        row, chat = written[one.step.chat.pk], one.step.chat
        one.change.pk = row.change_id
        if chat.change is one.change:
            chat.change_id = row.change_id
    if any(row.endpoints for row in written.values()):
        jobs.call_endpoints()
    _wake_assigning(planned)


def _wake_assigning(planned: Sequence[Planned]) -> None:
    """Trays that assign by themselves have something to give, or an agent with a limit has room again."""
    for tray in {one.step.tray for one in planned if one.step.tray is not None and one.step.tray.assigns}:
        jobs.assign_chats(tray.pk)
    actor = planned[0].change.actor
    if actor is not None and actor.capacity and any(one.left.agent_id == actor.pk for one in planned):
        jobs.assign_chats()


def _as_arrays(planned: Sequence[Planned]) -> dict[str, list[Any]]:
    chats = [one.step.chat for one in planned]
    return {
        "chats": [chat.pk for chat in chats],
        "contacts": [chat.contact_id for chat in chats],
        "origins": [chat.origin_id for chat in chats],
        "bots": [one.bot_id for one in planned],
        "states": [one.change.state for one in planned],
        "trays": [one.change.tray_id for one in planned],
        "agents": [one.change.agent_id for one in planned],
        "taken_from": [one.step.taken_from.pk if one.step.taken_from else None for one in planned],
        "at": [one.change.at for one in planned],
        "since": [one.step.since or one.change.at for one in planned],
        "left_states": [one.left.state for one in planned],
        "left_trays": [one.left.tray_id for one in planned],
        "left_agents": [one.left.agent_id for one in planned],
        "left_changes": [one.after.change.pk if one.after else one.left.change_id for one in planned],
        "events": [one.event for one in planned],
    }
