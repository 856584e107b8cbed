"""Turns with an external bot: an event as it is sent, read at the moment of sending, and the answer carried out."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chats import serializers
from chats.bots import external, reading
from chats.errors import Rejected, Rejection
from chats.models import Chat, Message
from chats.serializers import as_json
from common.prepared import Prepared
from contacts.models import StateChange
from contacts.place import is_with_bot, with_bot_q
from gateway.endpoints.event_queue import MAX_REASON_CHARS
from wittybots import events
from wittybots.models import Bot, Endpoint, Event
from wittybots.turns import HandOver, Reply, Turn

OF_MESSAGES = (events.SAID, events.UPDATED)
# a picture is sent without its file only when that has not come in so long
MAX_MEDIA_WAIT = timedelta(seconds=8)


_CHAT = Prepared(lambda pk: Chat.objects.select_related("contact", "origin", "tray", "bot").filter(pk=pk))


class Obsolete(Exception):
    """The event is not to be sent any more, in words."""


class Incomplete(Exception):
    """What is to be sent is not whole yet."""


# --- the event as it is sent ---------------------------------------------------------------------


def build_turn(endpoint: Endpoint, event: Event, now: datetime) -> Turn:
    """The event with all that it is about. Raises Obsolete and Incomplete.

    A message goes only to the bot that has the chat, in the round in which it came. One that a supervisor sends
    again may be of an earlier round: the bot reads it as over the API, while it has the chat.
    """
    if event.chat_id is None:
        return _make_turn(event, None, {})
    chat = _CHAT.find_one(event.chat_id)
    if chat is None:
        raise Obsolete(_("El chat ya no existe"))
    if event.kind in OF_MESSAGES:
        return _message_turn(endpoint, event, chat, now)
    return _step_turn(endpoint, event, chat, now)


def _has_chat(endpoint: Endpoint, event: Event, chat: Chat) -> bool:
    """Whether the endpoint's bot has the chat, in the round of the event."""
    return is_with_bot(chat, endpoint.bot_id) and chat.change_id == event.control_version


def _message_turn(endpoint: Endpoint, event: Event, chat: Chat, now: datetime) -> Turn:
    bot_pk = endpoint.bot_id
    if bot_pk is None or not (is_with_bot(chat, bot_pk) and (event.is_resent or _has_chat(endpoint, event, chat))):
        raise Obsolete(_("El chat ya no es del bot"))
    message = reading.readable_message(chat, bot_pk, event.message_id or 0)
    if message is None:
        raise Obsolete(_("El mensaje ya no existe"))
    is_hidden: bool = message.is_hidden  # type: ignore[attr-defined]
    if message.media_due_at and now - event.created_at < MAX_MEDIA_WAIT and not message.files:
        raise Incomplete
    about = {
        "conversation": as_json(serializers.serialize_conversation(chat, now)),
        "contact": as_json(serializers.serialize_contact(chat.contact)),
        "message": as_json(serializers.serialize_message(message, bot_pk, is_hidden=is_hidden)),
    }
    return _make_turn(event, chat, about, message)


def _step_turn(endpoint: Endpoint, event: Event, chat: Chat, now: datetime) -> Turn:
    """Where the step led, and no more; all of it to the bot that has the chat. An integration gets the contact's id."""
    if _has_chat(endpoint, event, chat):
        about: dict[str, Any] = {
            "conversation": as_json(serializers.serialize_conversation(chat, now)),
            "contact": as_json(serializers.serialize_contact(chat.contact)),
        }
    else:
        place = {"id": chat.pk, "status": _status_after(event), "control_version": event.control_version}
        about = {"conversation": place, "contact": None if endpoint.bot_id else {"id": chat.contact_id}}
    return _make_turn(event, chat, about)


def _status_after(event: Event) -> str:
    step = StateChange.objects.select_related("tray").filter(pk=event.control_version).first()
    return serializers.status_of(step) if step else serializers.EXPIRED


def _make_turn(event: Event, chat: Chat | None, about: dict[str, Any], message: Message | None = None) -> Turn:
    body = {
        "id": str(event.uuid),
        "event": event.kind,
        "created_at": event.created_at.isoformat(),
        "attempt": event.attempts,
        "conversation": about.get("conversation"),
        "contact": about.get("contact"),
        "message": about.get("message"),
    }
    return Turn(
        uuid=str(event.uuid),
        event=event.kind,
        attempt=event.attempts,
        at=event.created_at,
        chat_id=event.chat_id or 0,
        change_id=event.control_version,
        began=timezone.now(),
        text=about["message"]["content"] if message else "",
        payload=str(about["message"]["payload"].get("payload") or "") if message else "",
        name=chat.contact.name if chat else "",
        memory=chat.bot_memory.get("connector") or {} if chat else {},
        body=body,
    )


# --- what the answer comes to --------------------------------------------------------------------


def carry_out(endpoint: Endpoint, event: Event, turn: Turn, reply: Reply) -> str:
    """Say, keep and hand over what the bot answered; in words, what of it could not be done.

    An answer that came too late for its round changes nothing. One part that is refused does not spoil the others.
    """
    bot = endpoint.bot
    if bot is None or event.chat_id is None:
        return ""
    odd = list(reply.odd)
    if reply.memory is not None and dict(reply.memory) == dict(turn.memory):
        reply = replace(reply, memory=None)
    is_asked = event.kind == events.SAID
    try:
        if is_asked or reply.said or reply.attributes or reply.memory is not None:
            odd += external.take_answer(event.chat_id, bot, turn, reply, is_asked=is_asked)
        if reply.hand_over is not None:
            _hand_over(event.chat_id, bot, turn, reply.hand_over, odd)
    except Rejected as refused:
        odd.append(_("Llegó tarde: %(words)s") % {"words": refused.message})
    return "; ".join(odd)[:MAX_REASON_CHARS]


def _is_odd(refused: Rejected, chat_pk: int, bot: Bot, turn: Turn) -> bool:
    """Something is wrong with this part; anything else is wrong with the time or the place.

    What is refused while the bot has the chat (the window is shut) is a matter of this part as well.
    """
    held = Chat.objects.filter(with_bot_q(bot.pk), pk=chat_pk, change=turn.change_id)
    return refused.code == Rejection.INVALID or (refused.code == Rejection.CONFLICT and held.exists())


def _hand_over(chat_pk: int, bot: Bot, turn: Turn, given: HandOver, odd: list[str]) -> None:
    """To the tray that it named. The customer does not pay for a wrong name: then to General, and at worst bare."""
    plain = HandOver(None, given.summary[:2_000], {}, given.message[:1_000])
    for one in (given, plain, HandOver()):
        try:
            external.hand_over(chat_pk, bot, one, change_id=turn.change_id)
        except Rejected as refused:
            if not _is_odd(refused, chat_pk, bot, turn):
                raise
            odd.append(refused.message)
        else:
            return
