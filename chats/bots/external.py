"""What outside bots may do with a chat that is theirs: say, hand over, keep what they found out. The only writers.

Each locks the chat and looks whose it is: what comes after a hand-over, a take or a close is refused, and the
agent is not talked over.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, moves, publish
from chats.bots import rows, validation
from chats.errors import Rejected, Rejection
from chats.messages.rows import clean
from chats.messages.window import free_text_allowed
from chats.models import Attachment, Chat, Message
from common.errors import OriginError
from contacts.models import State
from origins.networks import network_of
from trays.models import Tray
from wittybots import events
from wittybots.models import Bot, Event
from wittybots.reception import reception_of
from wittybots.turns import HandOver, Saying

log = logging.getLogger(__name__)

# of the bot without one of the customer, whatever it is set to
MOST_IN_A_ROW = 10
# the tries of a call that hangs (5 s each, after 1, 5 and 30 s) begin before that; nobody waits over a minute
ANSWER_WITHIN = timedelta(seconds=54)
# for a bot that took the event and answers by itself
SPEAK_WITHIN = timedelta(seconds=45)
# since the customer wrote, however often it says that it is typing
TYPES_WITHIN = timedelta(seconds=58)
MINUTE = 60


def of_bot(chat_pk: int, bot: Bot) -> Chat:
    """The chat, with its people, if this bot has it or had it; Refused (404) as if there were none otherwise."""
    chat = Chat.objects.with_people().filter(pk=chat_pk).first()
    if chat is None or not (chat.bot_id == bot.pk or Message.objects.filter(chat=chat_pk, bot=bot).exists()):
        raise Rejected(Rejection.NOT_FOUND, _("Ese chat no existe"))
    return chat


def _held(chat_pk: int, bot: Bot, control_version: int | None) -> Chat:
    """The chat, locked, while it is this bot's and stands where the bot believes it to stand."""
    return _checked(moves.locked().filter(pk=chat_pk).first(), chat_pk, bot, control_version)


def _glance(chat_pk: int, bot: Bot, control_version: int | None) -> Chat:
    """Refuse early, before anything is fetched or looked for, what would be refused under the lock."""
    chat = Chat.objects.select_related("contact__origin").filter(pk=chat_pk).first()
    return _checked(chat, chat_pk, bot, control_version)


def _checked(chat: Chat | None, chat_pk: int, bot: Bot, control_version: int | None) -> Chat:
    if chat is None or chat.state != State.BOT or chat.bot_id != bot.pk:
        raise Rejected(Rejection.CONFLICT, _("El chat ya no es del bot"), chat=of_bot(chat_pk, bot))
    if control_version is not None and control_version != chat.change_id:
        raise Rejected(Rejection.CONFLICT, _("El chat cambió de lugar desde entonces"), chat=of_bot(chat_pk, bot))
    return chat


# --- the customer said something -----------------------------------------------------------------


def ask(chat: Chat, message: Message, now: datetime) -> None:
    """Tell the bot, which answers from outside. The caller holds the lock; the chat is in BOT."""
    told = bot_events.record_customer_message(chat, message)
    if not told and _is_cut_off(chat):
        _to_people(chat, _("El bot no está conectado"), now)
        return
    chat.bot_memory = {**chat.bot_memory, "streak": 0}
    chat.bot_due_at = chat.bot_due_at or now + ANSWER_WITHIN
    chat.save(update_fields=("bot_memory", "bot_due_at"))


def _is_cut_off(chat: Chat) -> bool:
    """Whether nothing reaches its bot; one without an endpoint asks the API by itself."""
    endpoint = getattr(chat.bot, "endpoint", None)
    return chat.bot is None or not chat.bot.is_active or (endpoint is not None and not endpoint.is_active)


@transaction.atomic
def heard(
    chat_pk: int,
    bot: Bot,
    *,
    control_version: int,
    has_answered: bool,
    began: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """The bot took what it was told. It has had its say, or it has a while left to say something through the API.

    `began`: when the call did; what it said through the API since then was its answer.
    """
    chat = moves.lock(chat_pk)
    if chat.state != State.BOT or chat.bot_id != bot.pk or chat.change_id != control_version:
        return
    said = chat.messages.filter(author="bot", direction="out", created_at__gt=began) if began else None
    due = _owed(chat, bot)
    if not has_answered and not (said and said.exists()):
        within = (now or timezone.now()) + SPEAK_WITHIN
        due = min(one for one in (chat.bot_due_at, due, within) if one)
    chat.bot_due_at = due
    chat.save(update_fields=("bot_due_at",))


def _owed(chat: Chat, bot: Bot) -> datetime | None:
    """Until when the bot has to have answered what it has not even been told yet; None: nothing such waits."""
    untold = Event.objects.filter(
        endpoint__bot=bot, chat=chat.pk, kind=events.SAID, state__in=("queued", "sending"), status_code=None
    )
    first = untold.order_by("id").values_list("created_at", flat=True).first()
    return first + ANSWER_WITHIN if first else None


# --- the bot's verbs -----------------------------------------------------------------------------


def say(
    chat_pk: int,
    bot: Bot,
    said: Sequence[Saying],
    *,
    control_version: int | None = None,
    fetched: Sequence[Sequence[Attachment]] | None = None,
    now: datetime | None = None,
) -> list[Message]:
    """The bot's messages, in order, all or none. Raises Refused: 404 never its own, 409 not (any more), 422 odd.

    Over the limits of a loop the chat goes to people (and stays there), and 409 says so. `fetched`: both as
    `prepare` gave them, for a caller with a transaction of its own.
    """
    checked = said
    if fetched is None:
        checked, fetched = prepare(chat_pk, bot, said, control_version=control_version)
    try:
        with transaction.atomic():
            chat = _held(chat_pk, bot, control_version)
            # only here: files may have taken a while, and so may the lock
            now = now or timezone.now()
            too_much = _too_much(chat, bot, rows.count(chat, checked), now)
            if too_much:
                _to_people(chat, too_much, now)
                messages = []
            else:
                messages = rows.write(chat, bot, checked, fetched, now)
                chat.bot_due_at = _owed(chat, bot)
                chat.save(update_fields=("bot_due_at",))
    except BaseException:  # whatever ends it: what no message has taken is not kept
        validation.drop(fetched)
        raise
    if too_much:
        validation.drop(fetched)
        raise Rejected(Rejection.CONFLICT, too_much, chat=moves.Chat.objects.with_people().get(pk=chat_pk))
    return messages


def prepare(
    chat_pk: int, bot: Bot, said: Sequence[Saying], *, control_version: int | None = None
) -> tuple[list[Saying], list[list[Attachment]]]:
    """What is to be said as it can be kept, and its files, fetched before anything is locked. Raises Refused.

    Whoever does not say it then gives the files to bot_checks.drop. Of a bot over its limits none are fetched.
    """
    checked = [validation.checked(saying) for saying in said]
    if not any(saying.attachments for saying in checked):
        return checked, [[] for _saying in checked]
    chat = _glance(chat_pk, bot, control_version)
    if rows.count(chat, checked) + int(chat.bot_memory.get("streak") or 0) > MOST_IN_A_ROW:
        return checked, [[] for _saying in checked]
    return checked, validation.fetch_all(checked)


def hand_over(
    chat_pk: int,
    bot: Bot,
    given: HandOver,
    *,
    control_version: int | None = None,
    now: datetime | None = None,
) -> Chat:
    """The bot gives the chat to a tray, with what it found out. A second time changes nothing and is a 409."""
    _glance(chat_pk, bot, control_version)
    tray = validation.tray_of(given.tray)
    with transaction.atomic():
        # before the chat's own lock, as everywhere
        Tray.objects.hold(tray.pk)
        chat = _held(chat_pk, bot, control_version)
        now = now or timezone.now()
        attributes = validation.merged(chat, given.attributes)
        summary = clean(given.summary).strip()
        if len(summary) > validation.LONGEST_SUMMARY:
            raise validation.odd(_("El resumen pasa de %(most)s caracteres") % {"most": validation.LONGEST_SUMMARY})
        # where the customer cannot be written to, people take over all the same
        if clean(given.message).strip() and free_text_allowed(chat, now, by_person=False):
            rows.write(chat, bot, [validation.checked(Saying(text=given.message))], [[]], now)
        if summary:
            rows.note(chat, bot, summary, now)
        chat.attributes, chat.bot_summary, chat.bot_due_at = attributes, summary, None
        chat.save(update_fields=("attributes", "bot_summary", "bot_due_at"))
        # as it is now, whoever takes it the next moment
        return moves.hand_over(chat.pk, tray, at=now)


@transaction.atomic
def keep(
    chat_pk: int,
    bot: Bot,
    *,
    attributes: Mapping[str, Any] | None = None,
    tags: Sequence[str] | None = None,
    control_version: int | None = None,
) -> Chat:
    """What the bot found out: attributes are merged (None takes one away), tags replaced. Raises Refused."""
    chat = _held(chat_pk, bot, control_version)
    if attributes is not None:
        chat.attributes = validation.merged(chat, attributes)
    if tags is not None:
        chat.tags = validation.tags_of(tags)
    chat.save(update_fields=("attributes", "tags"))
    return Chat.objects.with_people().get(pk=chat_pk)


@transaction.atomic
def remember(chat_pk: int, bot: Bot, memory: Mapping[str, Any], *, control_version: int) -> None:
    """What a connector keeps of a chat between its turns, such as the session there."""
    chat = moves.lock(chat_pk)
    if chat.state == State.BOT and chat.bot_id == bot.pk and chat.change_id == control_version:
        chat.bot_memory = {**chat.bot_memory, "connector": dict(memory)}
        chat.save(update_fields=("bot_memory",))


def typing(chat_pk: int, bot: Bot) -> None:
    """The bot is about to answer: shown to the customer where the origin can. Nobody waits longer for it than that."""
    with transaction.atomic():
        chat = _held(chat_pk, bot, None)
        if chat.bot_due_at:
            limit = (chat.last_customer_at or timezone.now()) + TYPES_WITHIN
            chat.bot_due_at = max(chat.bot_due_at, min(timezone.now() + SPEAK_WITHIN, limit))
            chat.save(update_fields=("bot_due_at",))
        publish.bot_types(chat)


def show_typing(chat_pk: int) -> None:
    """Tell the network that somebody is about to answer; if it does not work, nothing is lost."""
    chat = Chat.objects.select_related("contact__origin").get(pk=chat_pk)
    origin = chat.contact.origin
    heard = chat.messages.filter(direction="in").order_by("-id").values_list("external_id", flat=True).first()
    to = tuple(chat.contact.addresses.filter(revoked_at=None).order_by("id").values_list("kind", "value"))
    with suppress(OriginError):
        network_of(origin.kind).show_typing(origin, to, heard or "")


def give_up(chat_pk: int, bot: Bot | None, reason: str, *, now: datetime | None = None) -> bool:
    """The bot cannot be reached or has failed: to people, with a note; the customer is told once.

    False: the chat is not this bot's (any more), and nothing was done.
    """
    with transaction.atomic():
        chat = moves.locked().filter(pk=chat_pk).first()
        if chat is None or chat.state != State.BOT or chat.bot_id != (bot.pk if bot else None):
            return False
        _to_people(chat, reason, now or timezone.now())
        return True


def overdue(now: datetime, most: int = 500) -> int:
    """Chats whose bot has not answered in time go to people. Returns how many."""
    late = Chat.objects.filter(state=State.BOT, bot_due_at__lte=now).order_by("bot_due_at")
    return _each(late.values_list("pk", flat=True)[:most], lambda pk: _is_overdue(pk, now))


@transaction.atomic
def _is_overdue(chat_pk: int, now: datetime) -> bool:
    chat = moves.locked().filter(pk=chat_pk, state=State.BOT, bot_due_at__lte=now).first()
    if chat is not None:
        _to_people(chat, _("El bot no respondió a tiempo"), now)
    return chat is not None


def _each(pks: Iterable[int], act: Callable[[int], bool]) -> int:
    """Do it to each; one that cannot be helped costs the others nothing. How many it was done to."""
    done = 0
    for pk in list(pks):
        try:
            done += act(pk)
        except Exception:  # seen in the log, and tried again by the next sweep
            log.exception("chat %s could not be taken from its bot", pk)
    return done


def leave_all(bot: Bot, reason: str, *, now: datetime | None = None) -> int:
    """A bot attends no more: the chats that it has go to people. Returns how many; safe to run twice and at once."""
    its = Chat.objects.filter(state=State.BOT, bot=bot).order_by("pk").values_list("pk", flat=True)
    return _each(its, lambda pk: give_up(pk, bot, reason, now=now))


def _to_people(chat: Chat, reason: str, now: datetime) -> None:
    """To the origin's own tray or General. The caller holds the chat; who archives that tray does not wait for it."""
    if chat.bot is not None and chat.bot.farewell and free_text_allowed(chat, now, by_person=False):
        rows.write(chat, chat.bot, [Saying(text=chat.bot.farewell)], [[]], now)
    chat.bot_due_at = None
    chat.save(update_fields=("bot_due_at",))
    moved = moves.relocate(chat.pk, moves.standing(reception_of(chat.origin_id).tray), note=reason[:300], at=now)
    chat.state, chat.tray, chat.change = moved.state, moved.tray, moved.change


def _too_much(chat: Chat, bot: Bot, more: int, now: datetime) -> str:
    """Count the bot's messages; why it is too many, or ''. Kept with the chat: no clock or store beside it."""
    memory = dict(chat.bot_memory)
    minute, into = divmod(int(now.timestamp()), MINUTE)
    streak = int(memory.get("streak") or 0) + more
    ago, last = minute - int(memory.get("minute") or 0), int(memory.get("said") or 0)
    said = (last if ago == 0 else 0) + more
    before = int(memory.get("before") or 0) if ago == 0 else last if ago == 1 else 0
    chat.bot_memory = memory | {"streak": streak, "minute": minute, "said": said, "before": before}
    chat.save(update_fields=("bot_memory",))
    # of the minute before as much as still lies within the last sixty seconds
    this_minute = said + before * (MINUTE - into) // MINUTE
    if streak > MOST_IN_A_ROW:
        return _("El bot mandó más de %(n)s mensajes sin que el cliente escriba") % {"n": MOST_IN_A_ROW}
    if this_minute > bot.most_per_minute:
        return _("El bot mandó más de %(n)s mensajes en un minuto") % {"n": bot.most_per_minute}
    return ""
