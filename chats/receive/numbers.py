"""The numbers that a chat keeps of what its customer says, in memory."""

from datetime import datetime

from chats.models import Chat, Message
from contacts.models import State


def count_heard(chat: Chat, message: Message, said_at: datetime, *, late: bool) -> None:
    """The session starts anew, and somebody waits for an answer; of a blocked contact neither."""
    chat.last_customer_at = max(chat.last_customer_at or said_at, said_at)
    chat.session_expires_at = _session_end(chat)
    if not late:
        chat.unread += 1
        chat.asked_at = min(chat.asked_at or message.created_at, message.created_at)


def count_score(chat: Chat, said_at: datetime) -> None:
    """The same of who says how it was: nobody waits, and a session that is over is not begun by it."""
    chat.last_customer_at = max(chat.last_customer_at or said_at, said_at)
    if chat.state != State.EXPIRADO:
        chat.session_expires_at = _session_end(chat)


def _session_end(chat: Chat) -> datetime:
    return max(at for at in (chat.last_customer_at, chat.last_template_at) if at) + chat.origin.session
