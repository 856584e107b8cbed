"""Reminders: an agent wants to be told of a chat at a time, and is, if the agent may still see it then."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, publish
from chats.errors import Rejected, Rejection
from chats.messages.rows import clean_text
from chats.messages.snoozing import check_time
from chats.models import Chat, Reminder
from chats.models.notice import MAX_REMINDER_CHARS
from common.lease import prune_rows
from trays.models import Agent

MAX_AHEAD = timedelta(days=365)
# of one agent, that are still to come
MAX_WAITING = 200
MAX_BATCH = 200
KEPT = timedelta(days=7)


@transaction.atomic
def set_reminder(chat_pk: int, agent: Agent, at: datetime, text: str = "", *, now: datetime | None = None) -> Reminder:
    """By anybody who may see the chat; the same time twice is one. Raises Rejected, Chat.DoesNotExist."""
    locks.hold_active_agent(agent)
    if not Chat.objects.visible_to(agent).filter(pk=chat_pk).exists():
        chat = Chat.objects.with_people().get(pk=chat_pk)
        raise Rejected(Rejection.FORBIDDEN, _("Ese chat no lo ves: no podés ponerle un recordatorio"), chat=chat)
    check_time(at, now or timezone.now(), MAX_AHEAD)
    if Reminder.objects.waiting().filter(agent=agent)[:MAX_WAITING].count() >= MAX_WAITING:
        raise Rejected(
            Rejection.INVALID, _("Tenés %(n)s recordatorios pendientes. Cancelá alguno antes") % {"n": MAX_WAITING}
        )
    text = " ".join(clean_text(text).split())[:MAX_REMINDER_CHARS]
    standing = Reminder.objects.filter(chat=chat_pk, agent=agent, due_at=at, is_return=False)
    try:
        with transaction.atomic():
            return standing.first() or Reminder.objects.create(chat_id=chat_pk, agent=agent, due_at=at, text=text)
    except IntegrityError:  # the same form, at the same instant
        return standing.get()


def list_waiting(agent: Agent, chat_pks: Iterable[int]) -> dict[int, list[Reminder]]:
    """The agent's own that are still to come, by chat, the next one first."""
    found: dict[int, list[Reminder]] = {}
    for one in Reminder.objects.waiting().filter(agent=agent, chat__in=chat_pks).order_by("due_at", "pk"):
        found.setdefault(one.chat_id, []).append(one)
    return found


def cancel_reminder(pk: int, agent: Agent) -> int | None:
    """One's own that has not rung. Returns its chat; None: there is none any more."""
    chat = Reminder.objects.waiting().filter(pk=pk, agent=agent).values_list("chat", flat=True).first()
    Reminder.objects.waiting().filter(pk=pk, agent=agent).delete()
    return chat


def ring_due(now: datetime, *, batch: int = MAX_BATCH) -> int:
    """Ring those whose time has come. Any number of sweepers at once, each rings once. Returns how many rang."""
    total = 0
    while True:
        found, rung = _ring_batch(now, batch)
        total += rung
        if found < batch:
            return total


@transaction.atomic
def _ring_batch(now: datetime, batch: int) -> tuple[int, int]:
    # of who is blocked it waits until the block is lifted
    due = Reminder.objects.waiting().filter(due_at__lte=now, chat__is_blocked=False).order_by("due_at", "pk")
    found = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("agent", "chat__contact")[:batch])
    seen = _visible(found)
    shown = [one for one in found if one.pk in seen]
    Reminder.objects.filter(pk__in=[one.pk for one in shown]).update(rung_at=now)
    # of what the agent may not see any more nothing is said, then or later
    Reminder.objects.filter(pk__in={one.pk for one in found} - {one.pk for one in shown}).delete()
    publish.reminders_rung(shown)
    return len(found), len(shown)


def _visible(found: list[Reminder]) -> set[int]:
    """Those of chats that their agents may see now."""
    by_agent = {one.agent_id: one.agent for one in found}
    pks = [one.pk for one in found]
    seen = [set(Reminder.objects.seen_by(agent).filter(pk__in=pks).values_list("pk", flat=True))
            for agent in by_agent.values()]  # fmt: skip
    return set().union(*seen)


def prune_reminders(now: datetime) -> int:
    """Forget those that rang a week ago."""
    return prune_rows(Reminder.objects.filter(rung_at__lt=now - KEPT).order_by("pk"), 1000)
