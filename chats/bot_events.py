"""The events of a chat for bots and integrations: which one a step is, and those of messages, handed to workers."""

from collections.abc import Sequence

from chats import jobs
from chats.models import Chat, Message
from chats.publish import LeftPlace
from contacts.models import Cause, State
from trays.models import Tray
from wittybots import events
from wittybots.events import CLOSED, CREATED, EXPIRED, OPENED, RETURNED


def kind_of_step(chat: Chat, left: LeftPlace) -> str:
    """What the step is to those outside; '' for what stays inside: between trays and agents."""
    is_new = not left.state
    if chat.state == State.BOT:
        return CREATED if is_new else RETURNED
    if chat.state == State.EXPIRADO:
        return EXPIRED
    if chat.tray is not None and chat.tray.kind == Tray.Kind.CLOSED:
        return CLOSED
    if is_new:
        return CREATED
    from_tray = chat.change.from_tray if chat.change is not None else None
    from_closed = from_tray is not None and from_tray.kind == Tray.Kind.CLOSED
    if left.state in (State.BOT, State.EXPIRADO) or (left.state == State.BANDEJA and from_closed):
        return OPENED
    # it came back by itself, where no bot receives
    arrived = chat.change is not None and chat.change.cause == Cause.ARRIVED
    return OPENED if arrived else ""


def record_customer_messages(messages: Sequence[Message]) -> None:
    """Customers said something to external bots."""
    _record(events.SAID, messages)


def record_message_update(message: Message) -> None:
    """What a bot said, or was told, is not what it was: a receipt, a correction, a reaction."""
    if message.bot_id is not None:
        _record(events.UPDATED, [message])


def _record(kind: str, messages: Sequence[Message]) -> None:
    if messages and events.record_messages(kind, [(one.chat_id, one.pk) for one in messages]):
        jobs.call_endpoints()
