"""Messages that leave at an hour that the agent chose, through the door of all replies, or are cancelled and say why.

All of a chat's are written under its lock: whoever sends them, and however many at once, each leaves once.
"""

import logging
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chats import locks, publish
from chats.errors import Rejected, Rejection
from chats.messages.replies import check_holder, check_length, check_session, send_reply
from chats.messages.rows import clean_text
from chats.models import Chat, Message, ScheduledMessage
from chats.undo import UNDO_GRACE, UNDO_WITHIN
from chats.window import free_text_allowed, free_text_until
from contacts.models import State
from trays.models import Agent

log = logging.getLogger(__name__)

MAX_OF_A_CHAT = 10
# who has just moved the chat on may still take that back
UNDONE_WITHIN = UNDO_WITHIN + UNDO_GRACE


def format_hour(at: datetime) -> str:
    """lunes 23, 9:00."""
    return date_format(timezone.localtime(at), "l j, G:i")


@transaction.atomic
def schedule_message(
    chat_pk: int,
    agent: Agent,
    text: str,
    send_at: datetime,
    *,
    unless_answered: bool = True,
    client_id: UUID | None = None,
    last_seen: int | None = None,
    now: datetime | None = None,
) -> ScheduledMessage:
    """The agent who holds the chat writes ahead. The same form twice is one.

    Raises Rejected: as `send_reply`; INVALID for an hour that is past, or at which only a template could leave, and
    where the customer has written since `last_seen` and was to be waited for.
    """
    now = now or timezone.now()
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(chat_pk)
    if client_id and (standing := ScheduledMessage.objects.filter(chat=chat, client_id=client_id).first()):
        return standing
    if client_id and Message.objects.filter(chat=chat, client_id=client_id).exists():
        raise Rejected(Rejection.CONFLICT, _("Ese mensaje ya salió"), chat=chat)
    check_holder(chat, agent)
    text = clean_text(text).strip()
    if not text:
        raise Rejected(Rejection.INVALID, _("Escribí el mensaje que va a salir"), chat=chat)
    check_length(text, chat)
    check_session(chat, now)
    _check_hour(chat, send_at, now)
    if unless_answered and last_seen is not None and has_heard_since(chat, last_seen):
        raise Rejected(Rejection.INVALID, _("El cliente escribió mientras tanto. Leelo antes de programar"), chat=chat)
    _check_room(chat)
    made = ScheduledMessage.objects.create(
        chat=chat, agent=agent, text=text, send_at=send_at, created_at=now, client_id=client_id or uuid4(),
        unless_answered=unless_answered, heard_id=last_heard_id(chat),
    )  # fmt: skip
    publish.window_changed(chat.pk)
    return made


def has_heard_since(chat: Chat, message_id: int) -> bool:
    """Whether the customer has said something after this message."""
    return chat.messages.filter(direction="in", id__gt=message_id).exists()


def last_heard_id(chat: Chat) -> int:
    """The customer's newest message; 0: nothing was said."""
    return chat.messages.filter(direction="in").order_by("-id").values_list("id", flat=True).first() or 0


def _check_hour(chat: Chat, send_at: datetime, now: datetime) -> None:
    if send_at <= now:
        raise Rejected(Rejection.INVALID, _("Esa hora ya pasó"), chat=chat)
    if not free_text_allowed(chat, send_at):
        until = format_hour(free_text_until(chat))
        message = _("La sesión vence el %(until)s. Después, solo con plantilla") % {"until": until}
        raise Rejected(Rejection.INVALID, message, chat=chat)


def _check_room(chat: Chat) -> None:
    if ScheduledMessage.objects.filter(chat=chat).count() >= MAX_OF_A_CHAT:
        message = _("Este chat ya tiene %(most)s mensajes programados") % {"most": MAX_OF_A_CHAT}
        raise Rejected(Rejection.INVALID, message, chat=chat)


@transaction.atomic
def cancel_scheduled(scheduled_pk: int, agent: Agent) -> ScheduledMessage:
    """By who holds the chat, or a supervisor. Raises Rejected; CONFLICT: it has left, or was cancelled."""
    locks.hold_active_agent(agent)
    found = ScheduledMessage.objects.filter(pk=scheduled_pk).first()
    chat = locks.lock_chat(found.chat_id) if found else None
    if found is None or chat is None or not ScheduledMessage.objects.filter(pk=scheduled_pk).delete()[0]:
        raise Rejected(Rejection.CONFLICT, _("Ese mensaje ya salió o se canceló"), chat=chat)
    if not (chat.state == State.AGENTE and agent.is_supervisor):
        check_holder(chat, agent)
    publish.window_changed(chat.pk)
    return found


# --- the clock -----------------------------------------------------------------------------------


def settle_due(*, now: datetime | None = None, batch: int = 500) -> int:
    """Send those whose hour has come, and cancel those that will not leave. Any number of sweepers at once."""
    now = now or timezone.now()
    news = Message.objects.filter(chat=OuterRef("chat"), direction="in", id__gt=OuterRef("heard_id"))
    is_over = ~Q(chat__state=State.AGENTE) | ~Q(chat__agent=F("agent")) | Q(unless_answered=True) & Exists(news)
    due = ScheduledMessage.objects.filter(Q(send_at__lte=now) | is_over).order_by("send_at").select_related("agent")
    settled = 0
    for one in due[:batch]:
        try:
            settled += _settle(one, now)
        except Exception:  # one that cannot be sent must not keep the others from their hour
            log.exception("a scheduled message was not settled: %s", one.pk)
    return settled


@transaction.atomic
def _settle(scheduled: ScheduledMessage, now: datetime) -> bool:
    """False: there is nothing to do, or somebody else has done it."""
    why_not = ""
    try:
        locks.hold_active_agent(scheduled.agent)
    except Rejected:
        why_not = _("%(name)s ya no está") % {"name": scheduled.agent.short_name}
    chat = locks.lock_chat(scheduled.chat_id)
    if not ScheduledMessage.objects.filter(pk=scheduled.pk).exists():
        return False
    why_not = why_not or _reason_against(scheduled, chat)
    is_due = scheduled.send_at <= now
    if not is_due and (not why_not or now < chat.waiting_since + UNDONE_WITHIN):
        return False
    if not why_not:
        try:
            send_reply(chat.pk, scheduled.agent, scheduled.text, client_id=scheduled.client_id, now=now)
        except Rejected as refusal:
            why_not = refusal.message
    scheduled.delete()
    if why_not:
        _tell_cancelled(scheduled, chat, why_not, now)
    publish.window_changed(chat.pk)
    return True


def _reason_against(scheduled: ScheduledMessage, chat: Chat) -> str:
    if chat.state == State.EXPIRADO:
        return _("la sesión expiró")
    if chat.state != State.AGENTE or chat.agent_id != scheduled.agent_id:
        return _("el chat ya no es de %(name)s") % {"name": scheduled.agent.short_name}
    if scheduled.unless_answered and has_heard_since(chat, scheduled.heard_id):
        return _("el cliente escribió antes")
    return ""


def _tell_cancelled(scheduled: ScheduledMessage, chat: Chat, why: str, now: datetime) -> None:
    """A line in the conversation with what was not said, and a notice to its author without it."""
    when = format_hour(scheduled.send_at)
    words = _("No salió lo que %(name)s programó para el %(when)s: %(why)s. Decía: “%(text)s”") % {
        "name": scheduled.agent.short_name, "when": when, "why": why, "text": scheduled.text,
    }  # fmt: skip
    line = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="system", text=words, created_at=now
    )
    publish.message_stored(chat, line)
    title = _("No salió un mensaje programado: %(why)s") % {"why": why}
    publish.agent_told(scheduled.agent_id, title, str(chat.contact), reverse("contact_chat", args=[chat.contact_id]))
