"""The plan: what messages of customers make of what stands. Nothing is written and no clock is read here.

Facts are taken in the order of their body. Each becomes a row, the kept numbers of its chat, and what follows: a move,
the menu bot's answer, an external bot that is told. The chats change in memory; chats/receive/writing.py writes what
has become of them.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _

from chats import moves
from chats.attachments import media
from chats.bots import deadlines, rows, validation
from chats.errors import Rejected
from chats.messages import opting_out, surveys
from chats.messages.rows import MAX_TEXT_CHARS, SHOWN, Stored, clean_text, kind_of, place_in_time, show_latest
from chats.models import Attachment, Chat, MenuStep, Message
from chats.publish import Heard
from chats.receive import numbers, referrals
from chats.receive.standing import HoldsOthers, Standing
from chats.steps import Planned
from chats.window import free_text_allowed
from common.errors import OriginError
from common.names import show_name
from contacts.models import State
from origins.facts import Incoming
from origins.models import Origin
from wittybots import events
from wittybots.menu import engine
from wittybots.menu.context import context_of
from wittybots.models import Bot
from wittybots.reception import is_attended
from wittybots.turns import Saying

log = logging.getLogger(__name__)

# what a bot's turn changes of its chat
_OF_TURN = (
    "bot_memory", "bot_path", "attributes", "bot_due_at", *SHOWN,
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An external bot hears of a message."""

    message: Message


@dataclass(frozen=True)
class Turn:
    """The bot's menu led somewhere. The number of the step of the history before it is known once that is written."""

    chat: Chat
    step: MenuStep


@dataclass
class Outline:
    """What is to be written, in order: rows of messages and of the way through a menu, steps, and what external bots
    are told."""

    items: list[Message | Turn | Planned | Told] = field(default_factory=list)
    heard: dict[int, Heard] = field(default_factory=dict)
    files: list[tuple[Message, list[Attachment]]] = field(default_factory=list)
    # messages that answer one that is not there (yet)
    quoting: list[tuple[Message, str]] = field(default_factory=list)
    # what the network wants an answer to
    acknowledged: list[str] = field(default_factory=list)
    # customers who said how it was
    scores: list[tuple[Message, surveys.Answer]] = field(default_factory=list)
    # customers who want no more broadcasts
    stops: list[Message] = field(default_factory=list)


class Plan:
    """Facts, one after the other, over what stands."""

    def __init__(self, standing: Standing) -> None:
        self.standing, self.now = standing, standing.now
        self.outline = Outline()
        self.stored: dict[str, Message] = {}
        self._last_steps: dict[int, Planned] = {}
        # files that a message of this plan has
        self._taken: set[int] = set()

    def add(self, fact: Incoming, write_early: Callable[[Message], None]) -> Stored | int:
        """What becomes of it; the id of the message that stood there under its id. Raises OriginError where it cannot
        be a message. `write_early`: called in the middle with one of which something was told before it came."""
        if (there := self.standing.stored.get(fact.external_id)) is not None:
            return there
        if (twice := self.stored.get(fact.external_id)) is not None:
            return Stored(twice, False)
        chat = self.standing.chat_of(fact)
        said_at = min(fact.at or self.now, self.now)
        late = said_at + self.standing.origin.session <= self.now
        answer = surveys.read_answer(chat, fact, said_at)
        message = self._store(chat, self._with_referral(fact), said_at, late=late, answer=answer)
        self.stored[fact.external_id] = message
        if answer is None:
            self._arrive(chat, message, late=late)
        if self.standing.is_early(fact):
            write_early(message)
        if chat.is_blocked:
            return Stored(message, True)
        if answer is not None:
            self._take_answer(chat, message, answer)
        elif not late and opting_out.asks_to_stop(self.standing.origin, fact):
            self._take_stop(chat, message)
        elif chat.state == State.BOT and not late:
            self._ask_bot(chat, message)
        # now it is known whether it was but a choice
        show_latest(chat, message)
        return Stored(message, True)

    # --- the message -------------------------------------------------------------------------------

    def _with_referral(self, fact: Incoming) -> Incoming:
        told = self.standing.take_referral(fact)
        return (
            replace(fact, payload={**fact.payload, "referral": {**told, **fact.payload.get("referral", {})}})
            if told
            else fact
        )

    def _store(
        self, chat: Chat, fact: Incoming, said_at: datetime, *, late: bool, answer: surveys.Answer | None
    ) -> Message:
        quoted = self.standing.find_quoted(chat, fact.reply_to) if fact.reply_to else None
        message = Message(
            chat=chat, origin_id=chat.origin_id, direction="in", author="customer", kind=fact.kind,
            text=clean_text(fact.text)[:MAX_TEXT_CHARS], payload=fact.payload, external_id=fact.external_id,
            reply_to=quoted, created_at=place_in_time(said_at, chat.last_message_at), sent_at=said_at,
            media_due_at=media.first_fetch_due(fact.payload, self.now),
            # of who is blocked no bot hears, of a file that comes later neither
            bot_id=chat.bot_id if chat.state == State.BOT and not chat.is_blocked and answer is None else None,
        )  # fmt: skip
        if fact.files:
            self._take_files(message, fact)
        if fact.reply_to and quoted is None and chat.origin.kind in Origin.NETWORKS:
            self.outline.quoting.append((message, fact.reply_to[:200]))
        if fact.acknowledge:
            self.outline.acknowledged.append(fact.acknowledge)
        if answer is not None:
            message.payload = {**fact.payload, "score": answer.score, "chosen": True}
            if fact.kind == Message.Kind.CHOICE:  # some networks tell but what the button carries
                message.text = str(surveys.LABELS[answer.score])
            numbers.count_score(chat, said_at)
        elif not chat.is_blocked:
            numbers.count_heard(chat, message, said_at, late=late)
            if not late and chat.snoozed_until is not None:
                chat.snoozed_until, self._heard(chat).woke = None, True
        if fact.payload.get("referral"):
            referrals.add_attributes(chat, fact.payload["referral"])
        chat.last_message_at = max(chat.last_message_at or message.created_at, message.created_at)
        self._add_row(message)
        return message

    def _take_files(self, message: Message, fact: Incoming) -> None:
        files = [one for one in self.standing.find_files(fact) if one.pk not in self._taken]
        self._taken |= {one.pk for one in files}
        if len(files) != len(fact.files):
            raise OriginError(_("El archivo no existe o ya se envió"))
        if message.kind in (Message.Kind.TEXT, Message.Kind.CHOICE):
            # the web chat does not say what its file is; lists show "Foto" where there is no text
            message.kind = kind_of(files)
        self.outline.files.append((message, files))

    def _add_row(self, message: Message) -> None:
        self.outline.items.append(message)
        self._heard(message.chat).messages.append(message)

    def _heard(self, chat: Chat) -> Heard:
        return self.outline.heard.setdefault(chat.pk, Heard(chat))

    # --- what follows ------------------------------------------------------------------------------

    def _arrive(self, chat: Chat, message: Message, *, late: bool) -> None:
        if late:
            if not chat.state:
                self._add_step(moves.plan_first_seen_late(chat, at=message.sent_at or self.now))
            return
        if chat.is_blocked:
            return
        if moves.may_start("arrive", chat):
            reception = self.standing.reception
            bot = reception.bot if is_attended(reception) else None
            tray = None if bot is not None else self.standing.hold_reception_tray()
            self._add_step(moves.plan_arrival(chat, at=self.now, tray=tray, bot=bot))
        if chat.state == State.BOT:
            message.bot = chat.bot

    def _take_answer(self, chat: Chat, message: Message, answer: surveys.Answer) -> None:
        """The chat stays where it is; the customer is thanked, once."""
        if answer.survey_id is None:
            return
        self.outline.scores.append((message, answer))
        chat.survey_until = None
        if free_text_allowed(chat, self.now, by_person=False):
            thanks = surveys.make_thanks(chat, self.now)
            show_latest(chat, thanks)
            self._add_row(thanks)

    def _take_stop(self, chat: Chat, message: Message) -> None:
        """No bot answers it: the customer is told that it was heard."""
        self.outline.stops.append(message)
        for line in opting_out.plan_lines(chat, self.now):
            if line.direction != "note":
                show_latest(chat, line)
            self._add_row(line)

    def _ask_bot(self, chat: Chat, message: Message) -> None:
        """The embedded bot answers here and now, an external one is told."""
        if chat.bot is not None and chat.bot.is_external:
            self._tell_bot(chat, message)
        else:
            self._let_menu_answer(chat, message)

    def _add_step(self, planned: Planned) -> None:
        chat = planned.step.chat
        before = self._last_steps.get(chat.pk)
        self._last_steps[chat.pk] = planned = replace(planned, after=before)
        self.outline.items.append(planned)
        if before is None:
            heard = self._heard(chat)
            heard.left, heard.before = planned.left, len(heard.messages)

    def _tell_bot(self, chat: Chat, message: Message) -> None:
        endpoint = getattr(chat.bot, "endpoint", None)
        is_told = endpoint is not None and endpoint.is_active and events.SAID in endpoint.events
        if is_told:
            self.outline.items.append(Told(message))
        elif deadlines.is_cut_off(chat):
            self._give_to_people(chat, chat.bot, _("El bot no está conectado"))
            return
        chat.bot_memory = {**chat.bot_memory, "streak": 0}
        chat.bot_due_at = chat.bot_due_at or self.now + deadlines.ANSWER_WITHIN

    def _let_menu_answer(self, chat: Chat, message: Message) -> None:
        """If it cannot answer, the customer does not wait: to the origin's tray, with a note."""
        bot = chat.bot or self.standing.reception.bot
        try:
            with self._all_or_nothing(chat):
                if bot is None or bot.is_external or not bot.is_active:
                    raise LookupError(_("No hay un bot activo en esta línea"))
                message.bot = bot
                self._say_answer(chat, bot, message)
        except (DatabaseError, HoldsOthers):
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a bot, a person takes over
            log.warning("bot could not answer chat %s: %s", chat.pk, type(error).__name__)
            reason = error.message if isinstance(error, Rejected) else _("El bot no pudo responder")
            self._give_to_people(chat, bot, reason)

    @contextmanager
    def _all_or_nothing(self, chat: Chat) -> Iterator[None]:
        """What a bot says within goes again if it breaks."""
        heard = self._heard(chat)
        stood = {name: getattr(chat, name) for name in _OF_TURN}
        planned, said = len(self.outline.items), len(heard.messages)
        try:
            yield
        except Exception:  # raised again: who asked says what follows
            for name, value in stood.items():
                setattr(chat, name, value)
            del self.outline.items[planned:]
            del heard.messages[said:]
            raise

    def _say_answer(self, chat: Chat, bot: Bot, message: Message) -> None:
        answer = engine.answer_message(
            self.standing.menu_of(bot),
            chat.bot_memory,
            message.text,
            str(message.payload.get("payload", "")),
            context_of(show_name(chat.contact.name), chat.attributes, self.now, bot),
        )
        chat.bot_memory, chat.bot_path = answer.memory, list(answer.path)
        chat.attributes = _merge_attributes(chat, answer.attributes)
        if answer.how and chat.change is not None:
            step = MenuStep(change=chat.change, bot=bot, node=answer.node, how=answer.how, at=self.now)
            self.outline.items.append(Turn(chat, step))
        for number, text in enumerate(answer.texts, 1):
            self._say(chat, bot, text, answer.offer if number == len(answer.texts) else ())
        if answer.hand_over:
            tray = self.standing.hold_tray(answer.tray_id)
            self._add_step(moves.plan_move("hand_over", chat, tray, at=self.now))
        if answer.chosen:
            message.payload = {**message.payload, "chosen": True}
            if message.pk:  # written early
                message.save(update_fields=("payload",))

    def _say(self, chat: Chat, bot: Bot, text: str, offer: Sequence[engine.Choice] = ()) -> None:
        choices = tuple({"title": choice.label, "payload": choice.id} for choice in offer)
        for message in rows.plan_parts(chat, bot, Saying(text=text, choices=choices), self.now):
            show_latest(chat, message)
            self._add_row(message)

    def _give_to_people(self, chat: Chat, bot: Bot | None, reason: str) -> None:
        """With a note. The customer is told once, where that works."""
        if bot is not None and bot.farewell.strip() and free_text_allowed(chat, self.now, by_person=False):
            with suppress(Exception), self._all_or_nothing(chat):
                self._say(chat, bot, str(bot.farewell))
        chat.bot_due_at = None
        tray = self.standing.hold_reception_tray()
        self._add_step(moves.plan_move("relocate", chat, tray, at=self.now, note=reason))


def _merge_attributes(chat: Chat, told: dict[str, Any]) -> dict[str, Any]:
    """Its attributes with what the customer told; as they were where no more fit, which is not the customer's fault."""
    try:
        return validation.merge_attributes(chat, told)
    except Rejected as refused:
        log.warning("an answer in chat %s is not kept as an attribute: %s", chat.pk, refused.message)
        return chat.attributes
