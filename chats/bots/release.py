"""Taking chats from bots that do not answer, have failed or attend no more: to people, with a note."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, moves
from chats.bots import rows
from chats.models import Chat
from chats.window import free_text_allowed
from contacts.models import State
from wittybots.models import Bot
from wittybots.reception import reception_of
from wittybots.turns import Saying

log = logging.getLogger(__name__)


def release_chat(chat_pk: int, bot: Bot | None, reason: str, *, now: datetime | None = None) -> bool:
    """The bot cannot be reached or has failed: to people, with a note; the customer is told once.

    False: the chat is not this bot's (any more), and nothing was done.
    """
    with transaction.atomic():
        chat = locks.locked_chats().filter(pk=chat_pk).first()
        if chat is None or chat.state != State.BOT or chat.bot_id != (bot.pk if bot else None):
            return False
        send_to_people(chat, reason, now or timezone.now())
        return True


def release_overdue(now: datetime, most: int = 500) -> int:
    """Chats whose bot has not answered in time go to people. Returns how many."""
    late = Chat.objects.filter(state=State.BOT, bot_due_at__lte=now).order_by("bot_due_at")
    return _for_each(late.values_list("pk", flat=True)[:most], lambda pk: _is_overdue(pk, now))


@transaction.atomic
def _is_overdue(chat_pk: int, now: datetime) -> bool:
    chat = locks.locked_chats().filter(pk=chat_pk, state=State.BOT, bot_due_at__lte=now).first()
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
    """A bot attends no more: the chats that it has go to people. Returns how many; safe to run twice and at once."""
    its = Chat.objects.filter(state=State.BOT, bot=bot).order_by("pk").values_list("pk", flat=True)
    return _for_each(its, lambda pk: release_chat(pk, bot, reason, now=now))


def send_to_people(chat: Chat, reason: str, now: datetime) -> None:
    """To the origin's own tray or General. The caller holds the chat; who archives that tray does not wait for it."""
    if chat.bot is not None and chat.bot.farewell and free_text_allowed(chat, now, by_person=False):
        rows.write_messages(chat, chat.bot, [Saying(text=chat.bot.farewell)], now)
    chat.bot_due_at = None
    chat.save(update_fields=("bot_due_at",))
    moved = moves.relocate(
        chat.pk, locks.tray_in_use_or_general(reception_of(chat.origin_id).tray), note=reason[:300], at=now
    )
    chat.state, chat.tray, chat.change = moved.state, moved.tray, moved.change
