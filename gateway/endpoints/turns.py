"""One turn with a bot outside: what it is told, read anew at the moment of telling, and what its answer comes to."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chats import serializers
from chats.bots import deadlines, external
from chats.errors import Rejected, Rejection
from chats.models import Chat, Message
from contacts.models import State, StateChange
from wittybots import events
from wittybots.models import Bot, Endpoint, Event
from wittybots.turns import HandOver, Reply, Saying, Turn

PING = "ping"
OF_MESSAGES = (events.SAID, events.UPDATED)
# a picture is told without its file only when that has not come in so long
MEDIA_WAIT = timedelta(seconds=8)
LONGEST_REASON = 300
# from here on the attempts count what a supervisor sends again: one try, and nobody's chat is moved for it
RESENT = 100


class NotTold(Exception):
    """There is nothing to be told any more, in words."""


class NotYet(Exception):
    """What is to be told is not whole yet."""


def is_resent(event: Event) -> bool:
    return event.attempts >= RESENT


def tries(event: Event) -> int:
    """How often it was told, by the worker and by hand."""
    return event.attempts - RESENT if is_resent(event) else event.attempts


# --- what is told --------------------------------------------------------------------------------


def turn_of(endpoint: Endpoint, event: Event, now: datetime, *, resent: bool) -> Turn:
    """What is to be told. Raises NotTold and NotYet.

    A message goes only to the bot that has the chat, in the round in which it came. One that a supervisor sends
    again goes wherever the chat is now: the bot had it before.
    """
    if event.chat is None:
        return _turn(event, None, {})
    chat = Chat.objects.select_related("contact__origin", "tray", "bot").filter(pk=event.chat).first()
    if chat is None:
        raise NotTold(_("El chat ya no existe"))
    if event.kind in OF_MESSAGES:
        return _of_message(endpoint, event, chat, now, resent)
    return _of_step(endpoint, event, chat, now)


def _holds(endpoint: Endpoint, event: Event, chat: Chat) -> bool:
    """Whether the endpoint's bot has the chat, in the round of the event."""
    is_own = endpoint.bot_id is not None and chat.bot_id == endpoint.bot_id
    return is_own and chat.state == State.BOT and chat.change_id == event.control_version


def _of_message(endpoint: Endpoint, event: Event, chat: Chat, now: datetime, resent: bool) -> Turn:
    held = _holds(endpoint, event, chat)
    if not held and not resent:
        raise NotTold(_("El chat ya no es del bot"))
    message = Message.objects.select_related("reply_to").filter(pk=event.message or 0, chat=chat.pk).first()
    if message is None or message.bot_id != endpoint.bot_id:
        raise NotTold(_("El mensaje ya no existe"))
    if message.media_due_at and now - event.created_at < MEDIA_WAIT and not message.files:
        raise NotYet
    conversation = serializers.conversation(chat, now) if held else serializers.place(chat)
    about = {
        "conversation": conversation,
        "contact": serializers.contact(chat.contact),
        "message": serializers.message(message),
    }
    return _turn(event, chat, about, message)


def _of_step(endpoint: Endpoint, event: Event, chat: Chat, now: datetime) -> Turn:
    """Where the step led, and no more; all of it to the bot that has the chat. An integration gets the contact's id."""
    if _holds(endpoint, event, chat):
        about: dict[str, Any] = {
            "conversation": serializers.conversation(chat, now),
            "contact": serializers.contact(chat.contact),
        }
    else:
        place = {"id": chat.pk, "status": _status(event), "control_version": event.control_version}
        about = {"conversation": place, "contact": None if endpoint.bot_id else {"id": chat.contact_id}}
    return _turn(event, chat, about)


def _status(event: Event) -> str:
    step = StateChange.objects.select_related("tray").filter(pk=event.control_version).first()
    return serializers.status(step) if step else serializers.EXPIRED


def _turn(event: Event, chat: Chat | None, about: dict[str, Any], message: Message | None = None) -> Turn:
    body = {
        "id": str(event.uuid),
        "event": event.kind,
        "created_at": event.created_at.isoformat(),
        "attempt": tries(event),
        "conversation": about.get("conversation"),
        "contact": about.get("contact"),
        "message": about.get("message"),
    }
    return Turn(
        uuid=str(event.uuid),
        event=event.kind,
        attempt=tries(event),
        at=event.created_at,
        chat_id=event.chat or 0,
        control_version=event.control_version,
        round=event.control_version,
        began=timezone.now(),
        text=message.text if message else "",
        payload=str(message.payload.get("payload") or "") if message else "",
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
    if bot is None or event.chat is None:
        return ""
    odd = list(reply.odd)
    try:
        if reply.memory is not None and dict(reply.memory) != dict(turn.memory):
            external.remember(event.chat, bot, reply.memory, control_version=turn.control_version)
        if reply.attributes:
            _keep(event.chat, bot, turn, reply, odd)
        said = _say(event.chat, bot, turn, reply.said, odd)
        if reply.hand_over is not None:
            _hand_over(event.chat, bot, turn, reply.hand_over, odd)
        elif event.kind == events.SAID and not said:
            # one whose words were all left out has not answered
            is_over = reply.answered and not odd
            deadlines.heard(
                event.chat, bot, control_version=turn.control_version, has_answered=is_over, began=turn.began
            )
    except Rejected as refused:
        odd.append(_("Llegó tarde: %(words)s") % {"words": refused.message})
    return "; ".join(odd)[:LONGEST_REASON]


def has_something(reply: Reply) -> bool:
    return bool(reply.said or reply.hand_over or reply.attributes or reply.answered or reply.memory is not None)


def _is_odd(refused: Rejected, chat_pk: int, bot: Bot, turn: Turn) -> bool:
    """Something is wrong with this part; anything else is wrong with the time or the place.

    What is refused while the bot has the chat (the window is shut) is a matter of this part as well.
    """
    held = Chat.objects.filter(pk=chat_pk, bot=bot, state=State.BOT, change=turn.control_version)
    return refused.code == Rejection.INVALID or (refused.code == Rejection.CONFLICT and held.exists())


def _keep(chat_pk: int, bot: Bot, turn: Turn, reply: Reply, odd: list[str]) -> None:
    try:
        external.keep(chat_pk, bot, attributes=reply.attributes, control_version=turn.control_version)
    except Rejected as refused:
        if not _is_odd(refused, chat_pk, bot, turn):
            raise
        odd.append(refused.message)


def _say(chat_pk: int, bot: Bot, turn: Turn, said: tuple[Saying, ...], odd: list[str]) -> int:
    """Each on its own, in order, so that an odd one is left out and no file fetched twice. How many were said."""
    done = 0
    for one in said:
        try:
            external.say(chat_pk, bot, (one,), control_version=turn.control_version)
        except Rejected as refused:
            if not _is_odd(refused, chat_pk, bot, turn):
                raise
            odd.append(refused.message)
        else:
            done += 1
    return done


def _hand_over(chat_pk: int, bot: Bot, turn: Turn, given: HandOver, odd: list[str]) -> None:
    """To the tray that it named. The customer does not pay for a wrong name: then to General, and at worst bare."""
    plain = HandOver(None, given.summary[:2_000], {}, given.message[:1_000])
    for one in (given, plain, HandOver()):
        try:
            external.hand_over(chat_pk, bot, one, control_version=turn.control_version)
        except Rejected as refused:
            if not _is_odd(refused, chat_pk, bot, turn):
                raise
            odd.append(refused.message)
        else:
            return
