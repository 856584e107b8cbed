"""What endpoints are told of chats: rows of the queue, written in the transaction of what they tell of.

A bot's endpoint is told of its own chats, an integration's of what becomes of any chat, and never of messages.
Written under the lock of the chat, so that their ids are the order in which it happened.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from chats import news
from chats.models import Chat, Message
from contacts.models import Cause, State
from trays.models import Tray

CREATED, RETURNED = "conversation_created", "conversation_returned"
OPENED, CLOSED, EXPIRED = "conversation_opened", "conversation_closed", "conversation_expired"
SAID, UPDATED = "message_created", "message_updated"

_OF_STEP = """
INSERT INTO wittybots_event
    (uuid, endpoint_id, kind, chat, message, control_version, created_at, state, attempts, reason)
SELECT gen_random_uuid(), e.id, %(kind)s, %(chat)s, NULL, %(version)s, %(at)s, 'queued', 0, ''
FROM wittybots_endpoint e
WHERE e.is_active AND %(kind)s = ANY(e.events) AND (e.bot_id = %(bot)s OR e.bot_id IS NULL)
RETURNING endpoint_id
"""
# only to the bot, and only while it has the chat
_OF_MESSAGE = """
INSERT INTO wittybots_event
    (uuid, endpoint_id, kind, chat, message, control_version, created_at, state, attempts, reason)
SELECT gen_random_uuid(), e.id, %(kind)s, c.id, %(message)s, c.change_id, now(), 'queued', 0, ''
FROM wittybots_endpoint e JOIN chats_chat c ON c.bot_id = e.bot_id AND c.state = 'BOT'
WHERE c.id = %(chat)s AND e.is_active AND %(kind)s = ANY(e.events)
RETURNING endpoint_id
"""


def of_step(chat: Chat, left: news.Left, at: datetime) -> None:
    """A chat has left one place for another."""
    if kind := _kind(chat, left):
        values = {"kind": kind, "chat": chat.pk, "version": chat.change_id, "at": at, "bot": chat.bot_id}
        _tell(_OF_STEP, values)


def _kind(chat: Chat, left: news.Left) -> str:
    """What the step is to those outside; '' for what stays inside: between trays and agents."""
    is_new = left.change_id is None
    if chat.state == State.BOT:
        return CREATED if is_new else RETURNED
    if chat.state == State.EXPIRADO:
        return EXPIRED
    if chat.tray is not None and chat.tray.kind == Tray.Kind.CLOSED:
        return CLOSED
    if is_new:
        return CREATED
    from_closed = chat.taken_from is not None and chat.taken_from.kind == Tray.Kind.CLOSED
    if left.state in (State.BOT, State.EXPIRADO) or (left.state == State.BANDEJA and from_closed):
        return OPENED
    # it came back by itself, where no bot receives
    arrived = chat.change is not None and chat.change.cause == Cause.ARRIVED
    return OPENED if arrived else ""


def said(chat: Chat, message: Message) -> bool:
    """The customer said something to an outside bot. False: nobody will be told."""
    return _tell(_OF_MESSAGE, {"kind": SAID, "chat": chat.pk, "message": message.pk})


def updated(message: Message) -> None:
    """What a bot said, or was told, is not what it was: a receipt, a correction, a reaction."""
    if message.bot_id is not None:
        _tell(_OF_MESSAGE, {"kind": UPDATED, "chat": message.chat_id, "message": message.pk})


def _tell(statement: str, values: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        told = [row[0] for row in cursor.fetchall()]
    for endpoint_pk in told:
        news.wake_call(endpoint_pk, values["chat"])
    return bool(told)
