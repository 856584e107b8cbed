"""The deadlines of external bots: until when one has to have answered, and what it is told that it must answer."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, locks
from chats.bots.release import send_to_people
from chats.models import Chat, Message
from contacts.place import is_with_bot
from wittybots import events
from wittybots.models import Bot, Event
from wittybots.turns import SPEAK_WITHIN

# the tries of a call that hangs (5 s each, after 1, 5 and 30 s) begin before that; nobody waits over a minute
ANSWER_WITHIN = timedelta(seconds=54)
# since the customer wrote, however often it says that it is typing
TYPES_WITHIN = timedelta(seconds=58)


def ask_bot(chat: Chat, message: Message, now: datetime) -> None:
    """Tell the bot, which answers from outside. The caller holds the lock; the chat is in BOT."""
    told = bot_events.record_customer_message(chat, message)
    if not told and is_cut_off(chat):
        send_to_people(chat, _("El bot no está conectado"), now)
        return
    chat.bot_memory = {**chat.bot_memory, "streak": 0}
    chat.bot_due_at = chat.bot_due_at or now + ANSWER_WITHIN
    chat.save(update_fields=("bot_memory", "bot_due_at"))


def is_cut_off(chat: Chat) -> bool:
    """Whether nothing reaches its bot; one without an endpoint asks the API by itself."""
    endpoint = getattr(chat.bot, "endpoint", None)
    return chat.bot is None or not chat.bot.is_active or (endpoint is not None and not endpoint.is_active)


@transaction.atomic
def record_heard(
    chat_pk: int,
    bot: Bot,
    *,
    change_id: int,
    has_answered: bool,
    began: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """The bot took what it was told. It has had its say, or it has a while left to say something through the API.

    `began`: when the call did; what it said through the API since then was its answer.
    """
    chat = locks.lock_chat(chat_pk)
    if not is_with_bot(chat, bot.pk) or chat.change_id != change_id:
        return
    said = chat.messages.filter(author="bot", direction="out", created_at__gt=began) if began else None
    due = answer_due_at(chat, bot)
    if not has_answered and not (said and said.exists()):
        within = (now or timezone.now()) + SPEAK_WITHIN
        due = min(one for one in (chat.bot_due_at, due, within) if one)
    chat.bot_due_at = due
    chat.save(update_fields=("bot_due_at",))


def answer_due_at(chat: Chat, bot: Bot) -> datetime | None:
    """Until when the bot has to have answered what it has not even been told yet; None: nothing such waits."""
    untold = Event.objects.filter(
        endpoint__bot=bot, chat_id=chat.pk, kind=events.SAID, state__in=("queued", "sending"), status_code=None
    )
    first = untold.order_by("id").values_list("created_at", flat=True).first()
    return first + ANSWER_WITHIN if first else None
