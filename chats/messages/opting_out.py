"""Customers who want no more broadcasts: a word of theirs (the line's, else OPT_OUT_WORDS), what the network tells, an
agent's switch.

Only a text that is but the word counts. It arrives as any other message, and no bot answers it: the customer is told
that it was heard, and the next message is the bot's as ever. An agent who holds the chat answers instead of that.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import publish
from chats.locks import lock_chat, lock_if_there
from chats.messages import senders
from chats.messages.rows import first_status
from chats.models import Chat, Message
from chats.window import free_text_allowed
from contacts import opting_out
from contacts.models import State
from origins.facts import Incoming, Promotions
from origins.models import Origin
from trays.models import Agent
from wittybots.menu.intents import fold_words

# longer is no word but a sentence, and a person reads it
MAX_WORD_CHARS = 40


def asks_to_stop(origin: Origin, fact: Incoming) -> bool:
    """Whether it is nothing but one of the words, typed or on a button."""
    if fact.kind not in (Message.Kind.TEXT, Message.Kind.CHOICE) or fact.files or len(fact.text) > MAX_WORD_CHARS:
        return False
    said = fold_words(fact.text)
    return bool(said) and said in {fold_words(word) for word in origin.stop_words}


def plan_lines(chat: Chat, now: datetime) -> list[Message]:
    """What follows in the conversation, not stored yet: a line for the team, and the customer's confirmation."""
    lines = [_make_line(chat, _("Pidió no recibir más difusiones"), now)]
    if settings.OPT_OUT_REPLY and chat.state != State.AGENTE and free_text_allowed(chat, now, by_person=False):
        lines.append(
            Message(
                chat=chat, origin_id=chat.origin_id, direction="out", author="bot", text=settings.OPT_OUT_REPLY,
                payload={"opt_out": True}, created_at=now, **first_status(chat, now),
            )
        )  # fmt: skip
    return lines


def write_requests(messages: Sequence[Message]) -> None:
    """Of messages that are stored, whose chats the caller holds."""
    for message in messages:
        reason = _("escribió “%(words)s”") % {"words": message.text.strip()[:MAX_WORD_CHARS]}
        opting_out.opt_out([message.chat.contact_id], None, reason, message.created_at)


@transaction.atomic
def record_by_network(chat_pk: int, at: datetime | None = None, *, wants: bool = False) -> None:
    """The network says that this person has stopped what the line promotes, or wants it again. What was said later,
    there or here, stands."""
    at = min(at or timezone.now(), timezone.now())
    if (chat := lock_if_there(chat_pk)) is None or opting_out.is_said_since(chat.contact_id, at):
        return
    if wants and opting_out.opt_in(chat.contact_id, None, at):
        _write_line(chat, _("La red avisa que vuelve a aceptar promociones: le llegan difusiones otra vez"), at)
    elif not wants and opting_out.opt_out([chat.contact_id], None, _("lo pidió en la red"), at):
        _write_line(chat, _("La red avisa que pidió no recibir promociones: no le llegan más difusiones"), at)


def note_preference(origin: Origin, fact: Promotions) -> None:
    """Of who never wrote nothing is kept: the network refuses what is promoted to them."""
    ids = [(fact.address_kind, fact.sender), *fact.aliases]
    whose = senders.find_owners(origin, ids)
    contact = next((whose[one] for one in ids if one in whose), None)
    if chat := Chat.objects.filter(contact=contact).values_list("pk", flat=True).first():
        record_by_network(chat, fact.at, wants=fact.wants)


@transaction.atomic
def switch(contact_pk: int, agent: Agent, *, wants: bool, at: datetime | None = None) -> bool:
    """By hand, on the card. Returns whether anything changed. Raises Chat.DoesNotExist."""
    chat = lock_chat(Chat.objects.values_list("pk", flat=True).get(contact=contact_pk))
    at = at or timezone.now()
    if wants:
        changed = opting_out.opt_in(contact_pk, agent, at)
        words = _("%(name)s anotó que quiere recibir difusiones")
    else:
        changed = bool(opting_out.opt_out([contact_pk], agent, _("a mano"), at))
        words = _("%(name)s anotó que no quiere difusiones")
    if changed:
        _write_line(chat, words % {"name": agent}, at)
    return changed


def _make_line(chat: Chat, words: str, at: datetime) -> Message:
    return Message(chat=chat, origin_id=chat.origin_id, direction="note", author="system", text=words, created_at=at)


def _write_line(chat: Chat, words: str, at: datetime) -> None:
    line = _make_line(chat, words, at)
    line.save(force_insert=True)
    publish.message_stored(chat, line)
