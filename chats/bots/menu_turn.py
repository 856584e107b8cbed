"""The embedded bot's turn, inside the transaction of the message that it answers."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from chats import locks, moves
from chats.bots import rows, validation
from chats.errors import Rejected
from chats.models import Chat, Message
from common.names import show_name
from wittybots.menu import engine, versions
from wittybots.menu.context import context_of
from wittybots.models import Bot, Reception
from wittybots.turns import Saying

log = logging.getLogger(__name__)


def bot_turn(chat: Chat, message: Message, reception: Reception, now: datetime) -> None:
    """Let the embedded bot answer. If it cannot, the customer does not wait: to the origin's tray, with a note."""
    bot = chat.bot or reception.bot
    try:
        with transaction.atomic():
            if bot is None or bot.is_external or not bot.is_active:
                raise LookupError(_("No hay un bot activo en este origen"))
            _say_answer(chat, bot, message, now)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a bot, a person takes over
        log.warning("bot could not answer chat %s: %s", chat.pk, type(error).__name__)
        reason = error.message if isinstance(error, Rejected) else _("El bot no pudo responder")
        _give_up(chat, bot, locks.tray_in_use_or_general(reception.tray), reason, now)


def _say_answer(chat: Chat, bot: Bot, message: Message, now: datetime) -> None:
    if message.bot_id != bot.pk:
        message.bot = bot
        message.save(update_fields=("bot",))
    answer = engine.answer_message(
        versions.menu_of(bot),
        chat.bot_memory,
        message.text,
        str(message.payload.get("payload", "")),
        context_of(show_name(chat.contact.name), chat.attributes, now, bot),
    )
    chat.bot_memory, chat.bot_path = answer.memory, list(answer.path)
    chat.attributes = _merge_attributes(chat, answer.attributes)
    messages: list[Message] = []
    for number, text in enumerate(answer.texts, 1):
        messages += _plan_text(chat, bot, text, answer.offer if number == len(answer.texts) else (), now)
    rows.store_messages(chat, messages, ("bot_memory", "bot_path", "attributes"))
    if answer.hand_over:
        tray = moves.Tray(pk=answer.tray_id) if answer.tray_id else moves.Tray.objects.general()
        _copy_place(chat, moves.hand_over(chat.pk, tray, at=now))


def _merge_attributes(chat: Chat, told: Mapping[str, Any]) -> dict[str, Any]:
    """Its attributes with what the customer told; as they were where no more fit, which is not the customer's fault."""
    try:
        return validation.merge_attributes(chat, told)
    except Rejected as refused:
        log.warning("an answer in chat %s is not kept as an attribute: %s", chat.pk, refused.message)
        return chat.attributes


def _give_up(chat: Chat, bot: Bot | None, tray: moves.Tray, reason: str, now: datetime) -> None:
    """To people, with a note. The customer is told once, if that works: it may be what did not."""
    stood = ("bot_memory", "bot_path", "attributes", "preview", "preview_kind", "last_message_at")
    chat.refresh_from_db(fields=stood)
    if bot is not None and bot.farewell.strip():
        with suppress(Exception), transaction.atomic():
            rows.store_messages(chat, _plan_text(chat, bot, str(bot.farewell), (), now))
    chat.refresh_from_db(fields=stood)
    _copy_place(chat, moves.relocate(chat.pk, tray, note=reason, at=now))


def _copy_place(chat: Chat, moved: Chat) -> None:
    """Carry a move over to the instance at hand."""
    chat.state, chat.tray, chat.agent, chat.change = moved.state, moved.tray, moved.agent, moved.change


def _plan_text(chat: Chat, bot: Bot, text: str, offer: Sequence[engine.Choice], now: datetime) -> list[Message]:
    choices = tuple({"title": choice.label, "payload": choice.id} for choice in offer)
    return rows.plan_parts(chat, bot, Saying(text=text, choices=choices), now)
