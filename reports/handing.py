"""What a supervisor does with chats that agents hold: give them back or send them to a tray, and undo that, each for
itself."""

from collections.abc import Mapping

from django.http import QueryDict
from django.utils.translation import gettext as _

from chats import moves, undo
from chats.errors import Rejected, Rejection
from chats.many import MAX_CHATS, Done, Result, act_on_each
from chats.models import Chat
from common.parsing import parse_id
from contacts.models import State
from reports.asked import read_asked
from trays.models import Agent, Tray


def read_chosen(given: QueryDict) -> dict[int, int]:
    """Each chosen chat with the agent who is to have it; of an agent all of whose chats are chosen, as many as are
    moved at once, the longest held first."""
    asked = read_asked(given)
    chosen = dict(sorted(asked.chats))
    if asked.agents:
        theirs = Chat.objects.filter(state=State.AGENTE, agent__in=asked.agents).order_by("waiting_since", "id")
        chosen |= dict(theirs.values_list("pk", "agent")[: max(0, MAX_CHATS - len(chosen))])
    return chosen


def hand_on(actor: Agent, chosen: Mapping[int, int], what: str, tray_id: str) -> tuple[str, list[Result]]:
    """What was done, in words, and what became of each. Raises Rejected where it is no order."""
    if what == "give_back":
        return _("Devolver a su bandeja"), _give_back(actor, chosen)
    if what == "send":
        tray = _read_tray(tray_id)
        return _("Enviar a %(tray)s") % {"tray": tray}, _send(actor, chosen, tray)
    if what == "undo":
        return _("Deshacer"), _undo(actor, chosen)
    raise Rejected(Rejection.INVALID, _("Elegí qué hacer con los chats"))


def _give_back(actor: Agent, chosen: Mapping[int, int]) -> list[Result]:
    def give_back(chat: Chat) -> Done:
        moved = moves.give_back(chat.pk, actor, held_by=chosen[chat.pk])
        return Done(_("En %(tray)s") % {"tray": moved.tray})

    return act_on_each(actor, list(chosen), give_back)


def _send(actor: Agent, chosen: Mapping[int, int], tray: Tray) -> list[Result]:
    def send(chat: Chat) -> Done:
        moves.send(chat.pk, tray, actor, held_by=chosen[chat.pk])
        return Done(_("En %(tray)s") % {"tray": tray})

    return act_on_each(actor, list(chosen), send)


def _undo(actor: Agent, chosen: Mapping[int, int]) -> list[Result]:
    """Of what this supervisor moved last, which may stand in a tray that is closed to them."""

    def take_back(chat: Chat) -> Done:
        return Done(_("Con %(agent)s otra vez") % {"agent": undo.undo_move(chat.pk, actor).agent})

    return act_on_each(actor, list(chosen), take_back, Chat.objects.filter(change__actor=actor))


def _read_tray(text: str) -> Tray:
    """Not Conversaciones Cerradas: nobody closes from afar what was not read."""
    trays = Tray.objects.in_use().exclude(kind=Tray.Kind.CLOSED).select_related("owner")
    found = parse_id(text)
    tray = trays.filter(pk=found).first() if found is not None else None
    if tray is None:
        raise Rejected(Rejection.INVALID, _("Elegí la bandeja adonde enviarlos"))
    return tray
