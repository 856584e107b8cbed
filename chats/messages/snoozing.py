"""Snoozes: an agent sets a held chat aside until a time, or until the customer writes; it stays the agent's.

It keeps the wait that it had. An answer of the customer ends a snooze where it is stored (chats/receive/plan.py), every
move where it is written (chats/steps.py), and the clock here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, publish
from chats.errors import Rejected, Rejection
from chats.messages.replies import check_holder
from chats.models import Chat, Message, Reminder
from chats.models.chat import UNTIL_ANSWER
from trays.models import Agent

MAX_SNOOZE = timedelta(days=90)
MAX_BATCH = 200
# what a line in the conversation says (templates/inbox/_snooze_line.html)
SNOOZED, WOKEN, RETURNED = "snoozed", "woken", "returned"


@transaction.atomic
def snooze_chat(chat_pk: int, agent: Agent, until: datetime, *, now: datetime | None = None) -> Chat:
    """By its agent, until a time or UNTIL_ANSWER. The same again changes nothing. Raises Rejected: INVALID where it is
    no time to come."""
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(chat_pk)
    check_holder(chat, agent)
    now = now or timezone.now()
    if until != UNTIL_ANSWER:
        check_time(until, now, MAX_SNOOZE)
    if chat.snoozed_until != until:
        chat.snoozed_until = until
        _write([chat], SNOOZED, now, agent=agent, until=until)
    return chat


@transaction.atomic
def wake_chat(chat_pk: int, agent: Agent, *, now: datetime | None = None) -> Chat:
    """Back at once, by its agent; one that is not snoozed stays as it is. Raises Rejected."""
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(chat_pk)
    check_holder(chat, agent)
    if chat.is_snoozed:
        chat.snoozed_until = None
        _write([chat], WOKEN, now or timezone.now(), agent=agent)
    return chat


def return_due(now: datetime, *, batch: int = MAX_BATCH) -> int:
    """Chats whose time has come are back, and their agents are told, but of who is blocked. Any number of sweepers at
    once, each chat once."""
    total = 0
    while True:
        returned = _return_batch(now, batch)
        total += returned
        if returned < batch:
            return total


@transaction.atomic
def _return_batch(now: datetime, batch: int) -> int:
    due = Chat.objects.filter(snoozed_until__lte=now).order_by("snoozed_until")
    found = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).values_list("pk", flat=True)[:batch]
    chats = list(Chat.objects.with_people().filter(pk__in=list(found)))
    told = [
        Reminder(
            chat=chat, agent=chat.agent, due_at=chat.snoozed_until or now, is_return=True, made_at=now, rung_at=now
        )
        for chat in chats
        if not chat.is_blocked
    ]
    Reminder.objects.bulk_create(told, ignore_conflicts=True)
    for chat in chats:
        chat.snoozed_until = None
    _write(chats, RETURNED, now)
    publish.reminders_rung(told)
    return len(chats)


def check_time(at: datetime, now: datetime, within: timedelta) -> None:
    """Raises Rejected (INVALID) for a time that is past, or too far away."""
    if at <= now:
        raise Rejected(Rejection.INVALID, _("Esa hora ya pasó. Elegí una que venga"))
    if at - now > within:
        raise Rejected(Rejection.INVALID, _("Elegí una fecha dentro de los próximos %(n)s días") % {"n": within.days})


def _write(
    chats: Sequence[Chat], what: str, now: datetime, *, agent: Agent | None = None, until: datetime | None = None
) -> None:
    """What chats are in memory, and a line in each. The caller holds them."""
    if not chats:
        return
    # that it is back reminds of it as well: the wait for an answer counts from then on (chats/forgotten.py)
    reminded_at = now if what == RETURNED else None
    Chat.objects.filter(pk__in=[chat.pk for chat in chats]).update(snoozed_until=until, reminded_at=reminded_at)
    payload = {"snooze": what} | ({"until": until.isoformat()} if until else {})
    lines = [
        Message(
            chat=chat, origin_id=chat.origin_id, direction="note", author="system", agent=agent, payload=payload,
            created_at=now,
        )
        for chat in chats
    ]  # fmt: skip
    for line in Message.objects.bulk_create(lines):
        publish.message_stored(line.chat, line)
    publish.snoozes_changed(chats)
