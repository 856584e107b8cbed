"""Nobody is forgotten: an agent is reminded of who waits for an answer, and then the chat goes back to its tray.

Each tray says after how many minutes, of the chats that were taken from it; none does by default. The wait is the
customer's since the agent has the chat, and since the tray opened last: while it is closed nothing happens. Safe to
run twice and at once: an answer at the same moment wins, whichever is written first.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import publish
from chats.locks import locked_chats
from chats.models import Chat, Reminder
from chats.moves import MOVES, may_start
from chats.steps import Step, go_many
from common.durations import format_duration
from contacts.models import State
from trays import hours
from trays.models import Tray

MAX_BATCH_CHATS = 500

# asked again of the newest row once it is locked: what was answered or moved meanwhile is none of them
_WAITS = """
SELECT id FROM chats_chat
WHERE taken_from_id = %(tray)s AND state = 'AGENTE' AND asked_at IS NOT NULL
  AND GREATEST(asked_at, waiting_since) <= %(asked_by)s AND snoozed_until IS NULL AND CONDITION
ORDER BY GREATEST(asked_at, waiting_since) LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
"""
_REMIND = "UPDATE chats_chat SET reminded_at = %(now)s WHERE id IN (WAITS) RETURNING id".replace(
    "WAITS",
    _WAITS.replace("CONDITION", "(reminded_at IS NULL OR reminded_at < GREATEST(asked_at, waiting_since))"),
)
_RETURN = _WAITS.replace("CONDITION", "reminded_at BETWEEN GREATEST(asked_at, waiting_since) AND %(reminded_by)s")


def tend_held(*, now: datetime | None = None) -> tuple[int, int]:
    """Remind and return whatever is due. Returns how many of each."""
    now = now or timezone.now()
    trays = list(Tray.objects.in_use().exclude(remind_after=None))
    own = hours.of(trays)
    reminded = returned = 0
    for tray in trays:
        opened = own.open_since(tray, now)
        if opened is not None:
            reminded += _remind_all(tray, now, opened)
            returned += _return_all(tray, now, opened)
    return reminded, returned


def _remind_all(tray: Tray, now: datetime, opened: datetime) -> int:
    """Once a wait: the time at which it was done stands on the chat."""
    asked_by = now - timedelta(minutes=tray.remind_after or 0)
    if opened > asked_by:
        return 0
    total = 0
    while True:
        with transaction.atomic():
            pks = _fetch(_REMIND, {"tray": tray.pk, "asked_by": asked_by, "now": now, "batch": MAX_BATCH_CHATS})
            _tell_agents(pks, now)
        total += len(pks)
        if len(pks) < MAX_BATCH_CHATS:
            return total


def _tell_agents(pks: Sequence[int], now: datetime) -> None:
    told = []
    for chat in Chat.objects.with_people().filter(pk__in=pks).order_by("pk"):
        wait = format_duration(now - max(chat.asked_at or now, chat.waiting_since))
        words = _("Espera tu respuesta hace %(wait)s") % {"wait": wait}
        told.append(Reminder(chat=chat, agent=chat.agent, due_at=now, text=words, made_at=now, rung_at=now))
    Reminder.objects.bulk_create(told, ignore_conflicts=True)
    publish.reminders_rung(told)


def _return_all(tray: Tray, now: datetime, opened: datetime) -> int:
    """What was reminded of long enough ago, and is not answered yet."""
    if tray.return_after is None or tray.remind_after is None:
        return 0
    # counted from the reminder, so that nothing goes back without time to answer it, however late that one came
    reminded_by = now - timedelta(minutes=tray.return_after - tray.remind_after)
    if opened > reminded_by:
        return 0
    due: dict[str, Any] = {"tray": tray.pk, "asked_by": now, "reminded_by": reminded_by, "batch": MAX_BATCH_CHATS}
    note = _("%(n)s min sin respuesta") % {"n": tray.return_after}
    total = 0
    while True:
        count = _return_batch(tray, due, note, now)
        total += count
        if count < MAX_BATCH_CHATS:
            return total


@transaction.atomic
def _return_batch(tray: Tray, due: dict[str, Any], note: str, now: datetime) -> int:
    # held before any chat is, as everywhere
    Tray.objects.hold(tray.pk)
    here = Tray.objects.in_use().filter(pk=tray.pk).first()
    if here is None:
        return 0
    chats = [chat for chat in locked_chats().filter(pk__in=_fetch(_RETURN, due)) if may_start("return", chat)]
    steps = [Step(chat, State.BANDEJA, tray=here, since=chat.asked_at) for chat in chats]
    return len(go_many(steps, MOVES["return"].cause, at=now, note=note))


def _fetch(statement: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [pk for (pk,) in cursor.fetchall()]
