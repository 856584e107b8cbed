"""The verbs of external bots on a chat that is theirs: say, hand over, keep what they found out. The only writers.

Each locks the chat and checks whose it is: what comes after a hand-over, a take or a close is refused, and the
agent is not talked over.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, moves, publish
from chats.bots import deadlines, rows, validation
from chats.bots.deadlines import TYPES_WITHIN
from chats.bots.loop_guard import count_said
from chats.bots.release import send_to_people
from chats.errors import Rejected, Rejection
from chats.messages.rows import clean_text
from chats.models import Chat, Message
from chats.window import free_text_allowed
from common.errors import OriginError
from contacts.place import is_with_bot, with_bot_q
from origins.networks import network_of
from trays.models import Tray
from wittybots.models import Bot
from wittybots.turns import SPEAK_WITHIN, HandOver, Reply, Saying, Turn


def find_chat_of_bot(chat_pk: int, bot: Bot) -> Chat:
    """The chat, with its people, if this bot has it or had it; `Rejected` (NOT_FOUND) as if there were none."""
    chat = Chat.objects.with_people().filter(pk=chat_pk).first()
    if chat is None or not (chat.bot_id == bot.pk or Message.objects.filter(chat=chat_pk, bot=bot).exists()):
        raise Rejected(Rejection.NOT_FOUND, _("Ese chat no existe"))
    return chat


def has_chat(chat_pk: int, bot: Bot) -> bool:
    """Whether the bot has it now, and may read and speak."""
    return Chat.objects.filter(with_bot_q(bot.pk), pk=chat_pk).exists()


def find_held_chat(chat_pk: int, bot: Bot, change_id: int | None = None) -> Chat:
    """The chat while it is this bot's and stands where the bot believes it to stand. `Rejected` (NOT_FOUND: never
    its own, CONFLICT: not so any more) otherwise. Before a change this refuses early what the lock would refuse."""
    chat = Chat.objects.select_related("contact", "origin").filter(pk=chat_pk).first()
    return _check_held(chat, chat_pk, bot, change_id)


def _lock_held_chat(chat_pk: int, bot: Bot, change_id: int | None) -> Chat:
    """The chat, locked, while it is this bot's and stands where the bot believes it to stand."""
    return _check_held(locks.lock_if_there(chat_pk), chat_pk, bot, change_id)


def _check_held(chat: Chat | None, chat_pk: int, bot: Bot, change_id: int | None) -> Chat:
    if chat is None or not is_with_bot(chat, bot.pk):
        raise Rejected(Rejection.CONFLICT, _("El chat ya no es del bot"), chat=find_chat_of_bot(chat_pk, bot))
    if change_id is not None and change_id != chat.change_id:
        raise Rejected(
            Rejection.CONFLICT, _("El chat cambió de lugar desde entonces"), chat=find_chat_of_bot(chat_pk, bot)
        )
    return chat


def say_messages(
    chat_pk: int,
    bot: Bot,
    said: Sequence[Saying],
    *,
    change_id: int | None = None,
    now: datetime | None = None,
) -> list[Message]:
    """The bot's messages, in order, all or none: `Rejected` (NOT_FOUND: never its own, CONFLICT: not so any more,
    INVALID) otherwise. Files that they name are fetched by the worker, and the outbox waits for them.

    Over the limits of a loop the chat goes to people (and stays there), and CONFLICT says so.
    """
    checked = [validation.check_saying(saying) for saying in said]
    with transaction.atomic():
        chat = _lock_held_chat(chat_pk, bot, change_id)
        # only here: the lock may have taken a while
        now = now or timezone.now()
        messages = rows.plan_messages(chat, bot, checked, now)
        too_much = count_said(chat, bot, len(messages), now)
        _store_said(chat, bot, [] if too_much else messages, too_much, ["bot_memory"], now)
    if too_much:
        raise Rejected(Rejection.CONFLICT, too_much, chat=Chat.objects.with_people().get(pk=chat_pk))
    return messages


def take_answer(chat_pk: int, bot: Bot, turn: Turn, reply: Reply, *, is_asked: bool) -> list[str]:
    """What the bot answered to a call, hand-over apart, as far as it can be done: its memory, attributes and messages.

    `is_asked`: it was told what it has to answer. Returns in words what was left out; `Rejected` (CONFLICT) where the
    chat is not the bot's any more, or it has said too much.
    """
    left_out: list[str] = []
    with transaction.atomic():
        try:
            chat = _lock_held_chat(chat_pk, bot, turn.change_id)
        except Rejected:
            # who has nothing to say is not late
            if reply.said or reply.attributes:
                raise
            return []
        now, fields = timezone.now(), ["bot_memory"]
        if reply.memory is not None:
            chat.bot_memory = {**chat.bot_memory, "connector": dict(reply.memory)}
        if reply.attributes:
            with _leaving_out(left_out):
                chat.attributes = validation.merge_attributes(chat, reply.attributes)
                fields.append("attributes")
        messages: list[Message] = []
        too_much = ""
        for saying in reply.said:
            planned: list[Message] = []
            with _leaving_out(left_out):
                planned = rows.plan_messages(chat, bot, [validation.check_saying(saying)], now)
            if too_much := (planned and count_said(chat, bot, len(planned), now)) or "":
                break
            messages += planned
        if is_asked and not messages and reply.hand_over is None:
            # one whose words were all left out has not answered
            is_over = reply.answered and not (reply.odd or left_out)
            deadlines.note_heard(chat, bot, has_answered=is_over, began=turn.began, now=now)
            fields.append("bot_due_at")
        _store_said(chat, bot, messages, too_much, fields, now)
    if too_much:
        raise Rejected(Rejection.CONFLICT, too_much, chat=Chat.objects.with_people().get(pk=chat_pk))
    return left_out


@contextmanager
def _leaving_out(words: list[str]) -> Iterator[None]:
    """What is wrong with a part of an answer does not spoil the others: its words are kept."""
    try:
        yield
    except Rejected as refused:
        if refused.code not in (Rejection.INVALID, Rejection.CONFLICT):
            raise
        words.append(refused.message)


def _store_said(
    chat: Chat, bot: Bot, messages: Sequence[Message], too_much: str, fields: Sequence[str], now: datetime
) -> None:
    """Store what the bot says, with these fields of its chat; over the limits of a loop the chat goes to people."""
    if messages and not too_much:
        chat.bot_due_at = deadlines.answer_due_at(chat, bot)
        fields = [*fields, "bot_due_at"]
    rows.store_messages(chat, messages, fields)
    if too_much:
        send_to_people(chat, too_much, now)


def hand_over(
    chat_pk: int,
    bot: Bot,
    given: HandOver,
    *,
    change_id: int | None = None,
    now: datetime | None = None,
) -> Chat:
    """The bot gives the chat to a tray, with what it found out. A second time changes nothing and is a 409."""
    find_held_chat(chat_pk, bot, change_id)
    tray = validation.find_tray(given.tray)
    with transaction.atomic():
        # before the chat's own lock, as everywhere
        Tray.objects.hold(tray.pk)
        chat = _lock_held_chat(chat_pk, bot, change_id)
        now = now or timezone.now()
        attributes = validation.merge_attributes(chat, given.attributes)
        summary = clean_text(given.summary).strip()
        if len(summary) > validation.MAX_SUMMARY_CHARS:
            raise validation.refuse_words(
                _("El resumen pasa de %(most)s caracteres") % {"most": validation.MAX_SUMMARY_CHARS}
            )
        # where the customer cannot be written to, people take over all the same
        if clean_text(given.message).strip() and free_text_allowed(chat, now, by_person=False):
            rows.write_messages(chat, bot, [validation.check_saying(Saying(text=given.message))], now)
        if summary:
            rows.write_note(chat, bot, summary, now)
        chat.attributes, chat.bot_summary, chat.bot_due_at = attributes, summary, None
        chat.save(update_fields=("attributes", "bot_summary", "bot_due_at"))
        # as it is now, whoever takes it the next moment
        return moves.hand_over(chat.pk, tray, at=now)


@transaction.atomic
def keep_findings(
    chat_pk: int,
    bot: Bot,
    *,
    attributes: Mapping[str, Any] | None = None,
    tags: Sequence[str] | None = None,
    change_id: int | None = None,
) -> Chat:
    """What the bot found out: attributes are merged (None takes one away), tags replaced. Raises `Rejected`."""
    chat = _lock_held_chat(chat_pk, bot, change_id)
    if attributes is not None:
        chat.attributes = validation.merge_attributes(chat, attributes)
    if tags is not None:
        chat.tags = validation.check_tags(tags)
    chat.save(update_fields=("attributes", "tags"))
    return Chat.objects.with_people().get(pk=chat_pk)


@transaction.atomic
def remember_connector(chat_pk: int, bot: Bot, memory: Mapping[str, Any], *, change_id: int) -> None:
    """What a connector keeps of a chat between its turns, such as the session there."""
    chat = locks.lock_chat(chat_pk)
    if is_with_bot(chat, bot.pk) and chat.change_id == change_id:
        chat.bot_memory = {**chat.bot_memory, "connector": dict(memory)}
        chat.save(update_fields=("bot_memory",))


def extend_for_typing(chat_pk: int, bot: Bot) -> None:
    """The bot is about to answer: shown to the customer where the origin can. Nobody waits longer for it than that."""
    with transaction.atomic():
        chat = _lock_held_chat(chat_pk, bot, None)
        if chat.bot_due_at:
            limit = (chat.last_customer_at or timezone.now()) + TYPES_WITHIN
            chat.bot_due_at = max(chat.bot_due_at, min(timezone.now() + SPEAK_WITHIN, limit))
            chat.save(update_fields=("bot_due_at",))
        publish.bot_typing_started(chat)


def show_typing(chat_pk: int) -> None:
    """Tell the network that somebody is about to answer; if it does not work, nothing is lost."""
    chat = Chat.objects.select_related("contact", "origin").get(pk=chat_pk)
    origin = chat.origin
    heard = chat.messages.filter(direction="in").order_by("-id").values_list("external_id", flat=True).first()
    to = tuple(chat.contact.addresses.filter(revoked_at=None).order_by("id").values_list("kind", "value"))
    with suppress(OriginError):
        network_of(origin.kind).show_typing(origin, to, heard or "")
