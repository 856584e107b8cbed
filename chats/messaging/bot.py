"""The embedded bot's turn, inside the transaction of the message that it answers."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from chats import moves, news
from chats.messaging.common import leaves, look
from chats.models import Chat, Message
from chats.moves import Refused
from origins.text import split
from wittybots import menu
from wittybots.models import Reception
from wittybots.reception import attends, menu_of

log = logging.getLogger(__name__)


def bot_turn(chat: Chat, message: Message, reception: Reception, now: datetime) -> None:
    """Let the embedded bot answer. If it cannot, the customer does not wait: to the origin's tray, with a note."""
    try:
        with transaction.atomic():
            if not attends(reception) or reception.bot is None:
                raise LookupError(_("No hay un bot activo en este origen"))
            choices = menu_of(reception.bot)
            answer = menu.answer(choices, chat.bot_memory, message.text, str(message.payload.get("payload", "")))
            chat.bot_memory = answer.memory
            chat.bot_path = [*chat.bot_path, *answer.path][-12:]
            chat.save(update_fields=("bot_memory", "bot_path"))
            for number, text in enumerate(answer.texts, 1):
                offer = answer.offer if number == len(answer.texts) else ()
                _bot_says(chat, text, offer, now)
            if answer.hand_over:
                tray = moves.Tray(pk=answer.tray_id) if answer.tray_id else moves.Tray.objects.general()
                _place(chat, moves.hand_over(chat.pk, tray, at=now))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a bot, a person takes over
        log.warning("bot could not answer chat %s: %s", chat.pk, type(error).__name__)
        chat.refresh_from_db(fields=("bot_memory", "bot_path", "preview", "preview_kind", "last_message_at"))
        reason = error.words if isinstance(error, Refused) else _("El bot no pudo responder")
        _place(chat, moves.relocate(chat.pk, moves.standing(reception.tray), note=reason, at=now))


def _place(chat: Chat, moved: Chat) -> None:
    """Carry a move over to the instance at hand."""
    chat.state, chat.tray, chat.agent, chat.change = moved.state, moved.tray, moved.agent, moved.change


def _bot_says(chat: Chat, text: str, offer: Sequence[menu.Choice], now: datetime) -> None:
    can = chat.contact.origin.can
    parts = split(text, can.text, counts_bytes=can.counts_bytes) or [text]
    for number, part in enumerate(parts, 1):
        choices = [{"title": c.label, "payload": c.id} for c in offer] if number == len(parts) else []
        message = Message.objects.create(
            chat=chat, origin_id=chat.origin_id, direction="out", author="bot", kind="text", text=part,
            payload={"choices": choices} if choices else {}, created_at=now, **leaves(chat, now),
        )  # fmt: skip
        look(chat, message, [])
        news.said(chat, message)
