"""Taking chats from bots that do not answer, have failed or attend no more: to people, with a note."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks
from chats.bots import rows
from chats.models import Chat
from chats.moves import MOVES
from chats.relocation import MAX_BATCH_CHATS
from chats.steps import Step, go_many
from chats.window import free_text_allowed
from contacts.models import State
from wittybots.models import Bot
from wittybots.reception import reception_of
from wittybots.turns import Saying

log = logging.getLogger(__name__)


def release_chat(chat_pk: int, bot: Bot | None, reason: str, *, now: datetime | None = None) -> bool:
    """The bot cannot be reached or has failed: to people, with a note; the customer is told once.

    False: the chat is not this bot's (any more), or of who is blocked, and nothing was done.
    """
    with transaction.atomic():
        chat = locks.locked_chats().filter(pk=chat_pk).first()
        if chat is None or chat.state != State.BOT or chat.bot_id != (bot.pk if bot else None) or chat.is_blocked:
            return False
        send_to_people(chat, reason, now or timezone.now())
        return True


def release_overdue(now: datetime, most: int = 500) -> int:
    """Chats whose bot has not answered in time go to people. Returns how many."""
    late = Chat.objects.filter(state=State.BOT, bot_due_at__lte=now, is_blocked=False).order_by("bot_due_at")
    return _for_each(late.values_list("pk", flat=True)[:most], lambda pk: _release_if_overdue(pk, now))


@transaction.atomic
def _release_if_overdue(chat_pk: int, now: datetime) -> bool:
    due = locks.locked_chats().filter(pk=chat_pk, state=State.BOT, bot_due_at__lte=now, is_blocked=False)
    chat = due.first()
    if chat is not None:
        send_to_people(chat, _("El bot no respondió a tiempo"), now)
    return chat is not None


def _for_each(pks: Iterable[int], act: Callable[[int], bool]) -> int:
    """Do it to each; one that cannot be helped costs the others nothing. How many it was done to."""
    done = 0
    for pk in list(pks):
        try:
            done += act(pk)
        except Exception:  # seen in the log, and tried again by the next sweep
            log.exception("chat %s could not be taken from its bot", pk)
    return done


def release_all(bot: Bot, reason: str, *, now: datetime | None = None) -> int:
    """A bot attends no more: the chats that it has go to people, but those of who is blocked, which go when they write
    again. Returns how many; safe to run twice and at once."""
    now = now or timezone.now()
    its = list(
        Chat.objects.filter(state=State.BOT, bot=bot, is_blocked=False).order_by("pk").values_list("pk", flat=True)
    )
    released = 0
    for start in range(0, len(its), MAX_BATCH_CHATS):
        pks = its[start : start + MAX_BATCH_CHATS]
        try:
            released += _release_together(pks, bot, reason, now)
        except Exception:  # one of them cannot be helped: it costs the others nothing
            log.exception("chats of bot %s could not be taken from it together", bot.pk)
            released += _for_each(pks, lambda pk: release_chat(pk, bot, reason, now=now))
    return released


@transaction.atomic
def _release_together(pks: Sequence[int], bot: Bot, reason: str, now: datetime) -> int:
    chats = list(locks.locked_chats().filter(pk__in=pks, state=State.BOT, bot=bot, is_blocked=False).order_by("pk"))
    _send_all_to_people(chats, reason, now)
    return len(chats)


def send_to_people(chat: Chat, reason: str, now: datetime) -> None:
    """To the origin's own tray or General. The caller holds the chat; who archives that tray does not wait for it."""
    _send_all_to_people([chat], reason, now)


def _send_all_to_people(chats: Sequence[Chat], reason: str, now: datetime) -> None:
    bots = Bot.objects.in_bulk({chat.bot_id for chat in chats if chat.bot_id})
    for chat in chats:
        bot = bots.get(chat.bot_id or 0)
        if bot is not None and bot.farewell and free_text_allowed(chat, now, by_person=False):
            rows.write_messages(chat, bot, [Saying(text=bot.farewell)], now)
        chat.bot_due_at = None
    Chat.objects.filter(pk__in=[chat.pk for chat in chats]).update(bot_due_at=None)
    trays = {pk: locks.tray_in_use_or_general(reception_of(pk).tray) for pk in {chat.origin_id for chat in chats}}
    steps = [Step(chat, State.BANDEJA, tray=trays[chat.origin_id]) for chat in chats]
    go_many(steps, MOVES["relocate"].cause, at=now, note=reason)
