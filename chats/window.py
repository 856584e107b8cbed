"""The customer service window: whether something may go out now, by the clock and by what the origin said."""

from datetime import datetime, timedelta

from chats.models import Chat
from contacts.models import State

# of the networks that have one; a session may be set longer or shorter, this not
WINDOW = timedelta(hours=24)
# what a person writes, where Meta gave the line that right
HUMAN_WINDOW = timedelta(days=7)


def session_open(chat: Chat, now: datetime) -> bool:
    return chat.state != State.EXPIRADO and now < chat.session_expires_at


def is_late(chat: Chat, now: datetime) -> bool:
    """Past the 24 h in which the network lets anything through: only with a right of its own, or a template."""
    if not chat.origin.has_window:
        return False
    heard = chat.last_customer_at
    if heard is None or now >= heard + WINDOW:
        return True
    return chat.window_is_shut


def window_state(chat: Chat, now: datetime, *, by_person: bool = True) -> str:
    """open | human_agent (late, but a person may) | shut (the network said so) | template_sent | closed | blocked."""
    if chat.is_blocked:
        return "blocked"
    if not session_open(chat, now):
        return "closed"
    if not is_late(chat, now):
        return "open"
    origin, heard = chat.origin, chat.last_customer_at
    if chat.window_is_shut:
        return "shut"
    if origin.can.human_agent and origin.human_agent and by_person and heard and now < heard + HUMAN_WINDOW:
        return "human_agent"
    if chat.last_template_at and (heard is None or chat.last_template_at > heard):
        return "template_sent"
    return "closed"


def free_text_until(chat: Chat) -> datetime:
    """Until when a person may write, if nothing more is said; `free_text_allowed` says whether at all."""
    until, heard, origin = chat.session_expires_at, chat.last_customer_at, chat.origin
    if not origin.has_window or heard is None:
        return until
    return min(until, heard + (HUMAN_WINDOW if origin.can.human_agent and origin.human_agent else WINDOW))


def free_text_allowed(chat: Chat, now: datetime, *, by_person: bool = True) -> bool:
    """Whether anything but a template may go out at this moment."""
    return window_state(chat, now, by_person=by_person) in ("open", "human_agent")
