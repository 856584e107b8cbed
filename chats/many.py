"""One action on many chats: each is moved for itself, in its own transaction, and each has its own result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.models import Chat, ChatQuerySet
from trays.models import Agent

MAX_CHATS = 50


@dataclass(frozen=True)
class Result:
    """What became of one: where it is now, or why it stayed. `chat` None: it may not be seen (any more)."""

    pk: int
    chat: Chat | None
    is_done: bool
    words: str
    # it is otherwise than before
    is_changed: bool = False


class Done(NamedTuple):
    words: str
    is_changed: bool = True


def act_on_each(
    agent: Agent, pks: Sequence[int], act: Callable[[Chat], Done], among: ChatQuerySet | None = None
) -> list[Result]:
    """`act` on each of those that the agent may see, or of these, in their order. Raises Rejected for too many."""
    if not pks:
        raise Rejected(Rejection.INVALID, _("Elegí al menos un chat"))
    if len(pks) > MAX_CHATS:
        raise Rejected(Rejection.INVALID, _("Se eligen hasta %(most)s chats por vez") % {"most": MAX_CHATS})
    seen = (Chat.objects.visible_to(agent) if among is None else among).with_people().in_bulk(pks)
    return [_act(pk, seen.get(pk), act) for pk in pks]


def _act(pk: int, chat: Chat | None, act: Callable[[Chat], Done]) -> Result:
    if chat is None:
        return Result(pk, None, False, _("Ya no podés verlo"))
    try:
        return Result(pk, chat, True, *act(chat))
    except Rejected as refused:
        return Result(pk, chat, False, refused.message)
