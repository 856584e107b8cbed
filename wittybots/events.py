"""The log of what endpoints are told: rows of their queue, written in the transaction of what they tell of.

A bot's endpoint is told of its own chats, an integration's of what becomes of any chat, and never of messages.
Written under the lock of the chat, so that their ids are the order in which it happened.
"""

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
SELECT gen_random_uuid(), e.id, %(kind)s, c.id, %(message)s, c.change_id, now(), 'queued', 0, ''
FROM wittybots_endpoint e JOIN chats_chat c ON c.bot_id = e.bot_id AND c.state = 'BOT'
WHERE c.id = %(chat)s AND e.is_active AND %(kind)s = ANY(e.events)
RETURNING endpoint_id
"""


def record_message(kind: str, *, chat_id: int, message_id: int) -> list[int]:
    """SAID or UPDATED, of a message of a chat that is with its bot. Returns the ids of the endpoints to be told."""
    return _insert(_OF_MESSAGE, {"kind": kind, "chat": chat_id, "message": message_id})


def _insert(statement: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
