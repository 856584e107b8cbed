"""The loop guard of external bots: how many messages one may send in a row and in a minute."""

from datetime import datetime

from django.utils.translation import gettext as _

from chats.models import Chat
from wittybots.models import Bot

# of the bot without one of the customer, whatever it is set to
MAX_MESSAGES_IN_A_ROW = 10
MINUTE_SECONDS = 60


def count_said(chat: Chat, bot: Bot, more: int, now: datetime) -> str:
    """Count the bot's messages, in the chat's `bot_memory`, which the caller saves; why it is too many, or ''."""
    memory = dict(chat.bot_memory)
    minute, into = divmod(int(now.timestamp()), MINUTE_SECONDS)
    streak = int(memory.get("streak") or 0) + more
    ago, last = minute - int(memory.get("minute") or 0), int(memory.get("said") or 0)
    said = (last if ago == 0 else 0) + more
    before = int(memory.get("before") or 0) if ago == 0 else last if ago == 1 else 0
    chat.bot_memory = memory | {"streak": streak, "minute": minute, "said": said, "before": before}
    # of the minute before as much as still lies within the last sixty seconds
    this_minute = said + before * (MINUTE_SECONDS - into) // MINUTE_SECONDS
    if streak > MAX_MESSAGES_IN_A_ROW:
        return _("El bot mandó más de %(n)s mensajes sin que el cliente escriba") % {"n": MAX_MESSAGES_IN_A_ROW}
    if this_minute > bot.most_per_minute:
        return _("El bot mandó más de %(n)s mensajes en un minuto") % {"n": bot.most_per_minute}
    return ""
