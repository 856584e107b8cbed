"""The deadlines of external bots: until when one has to have answered."""

from datetime import datetime, timedelta

from chats.models import Chat
from common.prepared import fetch_rows
from wittybots import events
from wittybots.models import Bot
from wittybots.turns import SPEAK_WITHIN

# the tries of a call that hangs (5 s each, after 1, 5 and 30 s) begin before that; nobody waits over a minute
ANSWER_WITHIN = timedelta(seconds=54)
# since the customer wrote, however often it says that it is typing
TYPES_WITHIN = timedelta(seconds=58)


def is_cut_off(chat: Chat) -> bool:
    """Whether nothing reaches its bot; one without an endpoint asks the API by itself."""
    endpoint = getattr(chat.bot, "endpoint", None)
    return chat.bot is None or not chat.bot.is_active or (endpoint is not None and not endpoint.is_active)


def note_heard(chat: Chat, bot: Bot, *, has_answered: bool, now: datetime, began: datetime | None = None) -> None:
    """The bot took what it was told. It has had its say, or it has a while left to say something through the API.

    `began`: when the call did; what it said through the API since then was its answer. The caller holds the chat, and
    saves its `bot_due_at`.
    """
    said = chat.messages.filter(bot=bot, direction="out", created_at__gt=began) if began else None
    due = answer_due_at(chat, bot)
    if not has_answered and not (said and said.exists()):
        due = min(one for one in (chat.bot_due_at, due, now + SPEAK_WITHIN) if one)
    chat.bot_due_at = due


_UNTOLD = """
SELECT event.created_at FROM wittybots_event event JOIN wittybots_endpoint endpoint ON endpoint.id = event.endpoint_id
WHERE endpoint.bot_id = %s AND event.chat_id = %s AND event.kind = %s
AND event.state IN ('queued', 'sending') AND event.status_code IS NULL
ORDER BY event.id LIMIT 1
"""


def answer_due_at(chat: Chat, bot: Bot) -> datetime | None:
    """Until when the bot has to have answered what it has not even been told yet; None: nothing such waits."""
    first = fetch_rows(_UNTOLD, [bot.pk, chat.pk, events.SAID])
    return first[0][0] + ANSWER_WITHIN if first else None
