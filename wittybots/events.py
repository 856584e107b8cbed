"""The log of what endpoints are told: rows of their queue, written in the transaction of what they tell of.

A bot's endpoint is told of its own chats, an integration's of what becomes of any chat, and never of messages.
Written under the lock of the chat, so that their ids are the order in which it happened.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

CREATED, RETURNED = "conversation_created", "conversation_returned"
OPENED, CLOSED, EXPIRED = "conversation_opened", "conversation_closed", "conversation_expired"
SAID, UPDATED = "message_created", "message_updated"

# part of the statement that moves chats (chats/steps.py): `step` and `changes` are its own, with `event` '' for none
RECORD_STEPS = """
    INSERT INTO wittybots_event
        (uuid, endpoint_id, kind, chat_id, message_id, control_version, created_at, state, attempts, reason)
    SELECT gen_random_uuid(), e.id, step.event, step.chat_id, NULL, changes.id, %(told_at)s, 'queued', 0, ''
    FROM changes JOIN step USING (contact_id)
    JOIN wittybots_endpoint e ON e.is_active AND step.event = ANY(e.events)
         AND (e.bot_id = step.bot_id OR e.bot_id IS NULL)
    RETURNING endpoint_id, chat_id
"""
# only to the bot, and only while it has the chat
_OF_MESSAGE = """
INSERT INTO wittybots_event
    (uuid, endpoint_id, kind, chat_id, message_id, control_version, created_at, state, attempts, reason)
SELECT gen_random_uuid(), e.id, %(kind)s, c.id, said.message_id, c.change_id, now(), 'queued', 0, ''
FROM unnest(%(chats)s::bigint[], %(messages)s::bigint[]) WITH ORDINALITY AS said(chat_id, message_id, number)
JOIN chats_chat c ON c.id = said.chat_id AND c.state = 'BOT'
JOIN wittybots_endpoint e ON e.bot_id = c.bot_id AND e.is_active AND %(kind)s = ANY(e.events)
ORDER BY said.number
"""


def record_messages(kind: str, messages: Sequence[tuple[int, int]]) -> bool:
    """SAID or UPDATED, of messages (id of the chat, id) of chats that are with their bot. False: nobody is told."""
    values: dict[str, Any] = {
        "kind": kind, "chats": [chat for chat, _pk in messages], "messages": [pk for _chat, pk in messages],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_OF_MESSAGE, values)
        return bool(cursor.rowcount)
