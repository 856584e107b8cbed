"""Moves of many chats at once: a tray that is emptied, an agent who leaves."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from chats.locks import locked_chats
from chats.models import Chat
from chats.moves import may_start
from chats.steps import Step, go_many
from contacts.models import Cause, State
from trays.models import Agent, Tray

# chats that are moved together in one statement
MAX_BATCH_CHATS = 1000


def empty_tray(tray: Tray, *, note: str, at: datetime | None = None, to: Tray | None = None) -> int:
    """Relocate every chat that waits in a tray (archived, or of an agent who left). Returns how many."""
    target = to or Tray.objects.general()
    return relocate_all(Q(tray=tray), lambda _chat: target, note=note, at=at)


def release_held_chats(agent: Agent, *, note: str, at: datetime | None = None) -> int:
    """The chats that an agent holds go back to the trays they were taken from. Returns how many."""
    general = Tray.objects.general()
    sources = set(Chat.objects.held_by(agent).exclude(taken_from=None).values_list("taken_from", flat=True))
    # held before any chat is locked, as everywhere
    Tray.objects.hold(*sources)
    trays = Tray.objects.select_related("owner").filter(archived_at=None).in_bulk(sources)
    held = Q(state=State.AGENTE, agent=agent)
    return relocate_all(held, lambda chat: trays.get(chat.taken_from_id or 0, general), note=note, at=at)


def relocate_all(here: Q, target: Callable[[Chat], Tray], *, note: str, at: datetime | None = None) -> int:
    """Relocate all chats that are `here`, locked in the order of their ids, in batches. Returns how many.

    A condition on the row itself, no subquery: only that is asked again of a row that somebody else had locked, and
    what has left meanwhile is theirs.
    """
    moved, last = 0, 0
    while True:
        chats = list(locked_chats().filter(here, pk__gt=last).order_by("pk")[:MAX_BATCH_CHATS])
        steps = [Step(chat, State.BANDEJA, tray=target(chat)) for chat in chats if may_start("relocate", chat)]
        moved += len(go_many(steps, Cause.RELOCATED, at=at or timezone.now(), note=note))
        if len(chats) < MAX_BATCH_CHATS:
            return moved
        last = chats[-1].pk
