"""Undo: who has just given a chat back, sent or closed it takes that back, for a moment, while nothing has happened."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.locks import hold_active_agent, lock_chat, tray_in_use_or_general
from chats.models import Chat
from chats.moves import authorise, last_tray, where_now
from chats.steps import Step, go_many
from contacts.models import Cause, State, StateChange
from contacts.place import where
from trays.models import Agent, Tray

# and what the click takes to come here, of a bar that stays while it is pointed at
UNDO_WITHIN, UNDO_GRACE = timedelta(seconds=10), timedelta(seconds=5)


@transaction.atomic
def undo_move(chat_pk: int, actor: Agent, *, at: datetime | None = None) -> Chat:
    """Back to the agent who had it before the actor's last move, as it was; while nothing has happened to it since."""
    hold_active_agent(actor)
    holder = _holder_before(chat_pk)
    if holder is not None and holder.pk != actor.pk:
        hold_active_agent(holder, _("%(name)s ya no está") % {"name": holder})
    chat = lock_chat(chat_pk)
    authorise("undo", chat, actor)
    at = at or timezone.now()
    if chat.change is None or at - chat.change.at > UNDO_WITHIN + UNDO_GRACE:
        raise Rejected(Rejection.CONFLICT, _("Pasó el tiempo para deshacerlo: %(where)s") % {"where": where(chat)})
    if holder is None or _holder_before(chat_pk) != holder:  # moved between the two reads
        raise Rejected(Rejection.CONFLICT, where_now(chat), chat=chat)
    step = Step(chat, State.AGENTE, agent=holder, taken_from=_taken_from_before(chat))
    return go_many([step], Cause.UNDONE, at=at, actor=actor)[0]


@transaction.atomic
def undo_bulk_move(chat_pk: int, actor: Agent, *, at: datetime | None = None) -> Chat:
    """The same of one among many that were sent or closed: what was taken only to be moved waits again where it waited,
    since it did."""
    last = Chat.objects.select_related("change", "contact", "tray", "agent").get(pk=chat_pk)
    if last.change is not None and last.change.cause == Cause.GIVEN_BACK:  # by this very undo, a moment ago
        raise Rejected(Rejection.CONFLICT, where_now(last), chat=last)
    wait = _wait_before(chat_pk, actor)
    if wait is None:
        return undo_move(chat_pk, actor, at=at)
    hold_active_agent(actor)
    tray = tray_in_use_or_general(wait.tray)
    chat = undo_move(chat_pk, actor, at=at)
    if chat.taken_from_id != wait.tray_id:  # moved between the two reads
        raise Rejected(Rejection.CONFLICT, where_now(chat), chat=chat)
    authorise("give_back", chat, actor)
    step = Step(chat, State.BANDEJA, tray=tray, since=wait.at)
    return go_many([step], Cause.GIVEN_BACK, at=chat.waiting_since, actor=actor)[0]


def _wait_before(chat_pk: int, actor: Agent) -> StateChange | None:
    """How it waited before one order took and moved it: both steps are of one time then."""
    steps = StateChange.objects.filter(contact__chat=chat_pk).select_related("tray__owner").order_by("-id")[:3]
    if len(steps) < 3:
        return None
    moved, taken, wait = steps
    is_one = (taken.cause, taken.actor_id, taken.at) == (Cause.TAKEN, actor.pk, moved.at)
    return wait if is_one and wait.tray is not None else None


def _holder_before(chat_pk: int) -> Agent | None:
    """Who had it before its last step."""
    before = Chat.objects.select_related("contact__previous__agent").get(pk=chat_pk).contact.previous
    return before.agent if before else None


def _taken_from_before(chat: Chat) -> Tray | None:
    """Where its agent could give it back to: what the step says by which the agent came to it."""
    steps = StateChange.objects.filter(contact_id=chat.contact_id)
    began = (
        steps.filter(cause__in=(Cause.TAKEN, Cause.ASSIGNED, Cause.REOPENED))
        .select_related("from_tray__owner")
        .latest("id")
    )
    return began.from_tray if began.cause != Cause.REOPENED else last_tray(steps.filter(pk__lt=began.pk))
