"""What an agent does to many chats of a tray at once, each with its own result (chats/many.py)."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from chats import moves, undo
from chats.errors import Rejected, Rejection
from chats.many import Done, Result, act_on_each
from chats.models import Chat
from contacts import card
from contacts.models import State, Tag
from inbox.contact_cards import change_card
from trays.models import Agent, Tray


def take_many(agent: Agent, pks: Sequence[int]) -> list[Result]:
    def take(chat: Chat) -> Done:
        moves.take(chat.pk, agent)
        return Done(_("Lo tenés vos"))

    return act_on_each(agent, pks, take)


def send_many(agent: Agent, pks: Sequence[int], tray: Tray) -> list[Result]:
    """To a tray; Conversaciones Cerradas closes them. What waits in a tray is taken first, as the moves have it."""

    def send(chat: Chat) -> Done:
        at = None
        if chat.state == State.BANDEJA:
            if chat.tray_id == tray.pk:
                raise Rejected(Rejection.CONFLICT, _("Ya está en %(tray)s") % {"tray": tray})
            # both steps of one time: so undoing knows that it was taken only to be moved
            at = moves.take(chat.pk, agent).waiting_since
        try:
            moves.send(chat.pk, tray, agent, at=at)
        except Rejected as refused:
            if chat.state == State.BANDEJA and Chat.objects.held_by(agent).filter(pk=chat.pk).exists():
                raise Rejected(refused.code, _("Quedó con vos: %(why)s") % {"why": refused.message}) from refused
            raise
        return Done(_("Cerrado") if tray.kind == Tray.Kind.CLOSED else _("En %(tray)s") % {"tray": tray})

    return act_on_each(agent, pks, send)


def undo_many(agent: Agent, pks: Sequence[int]) -> list[Result]:
    """What send_many did, each for itself. Where a chat is now every agent may know, also of one that is not seen."""

    def put_back(chat: Chat) -> Done:
        undone = undo.undo_bulk_move(chat.pk, agent)
        if undone.tray is not None:
            return Done(_("Otra vez en %(tray)s") % {"tray": undone.tray})
        return Done(_("Lo tenés vos") if undone.agent == agent else _("Lo tiene %(name)s") % {"name": undone.agent})

    return act_on_each(agent, pks, put_back, among=Chat.objects.all())


def tag_many(agent: Agent, pks: Sequence[int], tag: Tag) -> list[Result]:
    """Gives their contacts a tag."""

    def give(chat: Chat) -> Done:
        given = change_card(chat.contact, lambda: card.give_tag(chat.contact_id, agent, tag))
        return Done((_("Tiene %(tag)s") if given else _("Ya tenía %(tag)s")) % {"tag": tag}, given)

    return act_on_each(agent, pks, give)


def untag_many(agent: Agent, pks: Sequence[int], tag: Tag) -> list[Result]:
    """Takes it from their contacts."""

    def take(chat: Chat) -> Done:
        taken = change_card(chat.contact, lambda: card.take_tag(chat.contact_id, agent, tag))
        return Done((_("Sin %(tag)s") if taken else _("Ya no tenía %(tag)s")) % {"tag": tag}, taken)

    return act_on_each(agent, pks, take)
