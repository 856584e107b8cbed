"""One action on many chats: each is moved for itself, in its own transaction, and each has its own result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chats import moves
from chats.errors import Rejected, Rejection
from chats.models import Chat
from contacts import card
from contacts.models import State, Tag
from inbox.contact_cards import change_card
from trays.models import Agent, Tray

MAX_CHATS = 50


@dataclass(frozen=True)
class Result:
    """What became of one: where it is now, or why it stayed. `chat` None: it may not be seen (any more)."""

    pk: int
    chat: Chat | None
    is_done: bool
    words: str


def take_many(agent: Agent, pks: Sequence[int]) -> list[Result]:
    def take(chat: Chat) -> str:
        moves.take(chat.pk, agent)
        return _("Lo tenés vos")

    return _each(agent, pks, take)


def send_many(agent: Agent, pks: Sequence[int], tray: Tray) -> list[Result]:
    """To a tray; Conversaciones Cerradas closes them. What waits in a tray is taken first, as the moves have it."""

    def send(chat: Chat) -> str:
        if chat.state == State.BANDEJA:
            if chat.tray_id == tray.pk:
                raise Rejected(Rejection.CONFLICT, _("Ya está en %(tray)s") % {"tray": tray})
            moves.take(chat.pk, agent)
        try:
            moves.send(chat.pk, tray, agent)
        except Rejected as refused:
            if chat.state == State.BANDEJA and Chat.objects.held_by(agent).filter(pk=chat.pk).exists():
                raise Rejected(refused.code, _("Quedó con vos: %(why)s") % {"why": refused.message}) from refused
            raise
        return _("Cerrado") if tray.kind == Tray.Kind.CLOSED else _("En %(tray)s") % {"tray": tray}

    return _each(agent, pks, send)


def tag_many(agent: Agent, pks: Sequence[int], tag: Tag) -> list[Result]:
    """Gives their contacts a tag."""

    def give(chat: Chat) -> str:
        given = change_card(chat.contact, lambda: card.give_tag(chat.contact_id, agent, tag))
        return _("Tiene %(tag)s") % {"tag": tag} if given else _("Ya tenía %(tag)s") % {"tag": tag}

    return _each(agent, pks, give)


def _each(agent: Agent, pks: Sequence[int], act: Callable[[Chat], str]) -> list[Result]:
    if not pks:
        raise Rejected(Rejection.INVALID, _("Elegí al menos un chat"))
    if len(pks) > MAX_CHATS:
        raise Rejected(Rejection.INVALID, _("Se eligen hasta %(most)s chats por vez") % {"most": MAX_CHATS})
    seen = Chat.objects.visible_to(agent).with_people().in_bulk(pks)
    return [_one(pk, seen.get(pk), act) for pk in pks]


def _one(pk: int, chat: Chat | None, act: Callable[[Chat], str]) -> Result:
    if chat is None:
        return Result(pk, None, False, _("Ya no podés verlo"))
    try:
        return Result(pk, chat, True, act(chat))
    except Rejected as refused:
        return Result(pk, chat, False, refused.message)
