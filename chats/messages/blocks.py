"""Blocking and unblocking a contact. What it writes is kept, enters no tray and tells nobody; nothing goes out to it,
what waits in the outbox neither.

Its chat stays where it was, seen by who saw it, and can still be taken, moved and closed by hand; no tray counts it as
waiting, and no move, no snooze that ends and no reminder of it rings. What comes in neither begins the session anew nor
waits for an answer, and no bot hears of it, so that the chat expires in its time. Once the contact is unblocked, its
next message arrives as any other, and reminders whose time has passed ring.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, publish
from chats.errors import Rejected, Rejection
from chats.messages.rows import clean_text
from chats.models import Chat, Message
from contacts.models import MAX_REASON_CHARS, Block, CardChange, Contact
from contacts.place import Place, Viewer, may_see
from trays.models import Agent


def may_block(viewer: Viewer, place: Place) -> bool:
    """Who may see its chat, and supervisors."""
    return viewer.is_active and (viewer.is_supervisor or may_see(viewer, place))


@transaction.atomic
def block_contact(contact_pk: int, agent: Agent, reason: str, *, at: datetime | None = None) -> Chat:
    """Raises Rejected: CONFLICT where it is blocked already, FORBIDDEN without the right, INVALID without a reason."""
    chat = _lock_for(contact_pk, agent)
    if chat.is_blocked:
        raise Rejected(Rejection.CONFLICT, _("Ya estaba bloqueado"), chat=chat)
    reason = " ".join(clean_text(reason).split())
    if not reason or len(reason) > MAX_REASON_CHARS:
        words = _("Escribí el motivo, con %(most)s caracteres como máximo") % {"most": MAX_REASON_CHARS}
        raise Rejected(Rejection.INVALID, words, chat=chat)
    at = at or timezone.now()
    Block.objects.create(
        contact_id=contact_pk, at=at, by=agent, reason=reason, unread=chat.unread, asked_at=chat.asked_at
    )
    _record(contact_pk, agent, at, after=reason)
    # nobody waits for an answer, and no bot owes one
    chat.unread, chat.asked_at = 0, None
    _write(chat, agent, at, _("%(name)s lo bloqueó: “%(reason)s”") % {"name": agent, "reason": reason}, is_blocked=True)
    return chat


@transaction.atomic
def unblock_contact(contact_pk: int, agent: Agent, *, at: datetime | None = None) -> Chat:
    """What waited for an answer before, and got none since, waits again.

    Raises Rejected: CONFLICT where it is not blocked, FORBIDDEN.
    """
    chat = _lock_for(contact_pk, agent)
    block = Block.objects.filter(contact=contact_pk, lifted_at=None).first()
    if block is None:
        raise Rejected(Rejection.CONFLICT, _("Ya no está bloqueado"), chat=chat)
    at = max(at or timezone.now(), block.at)
    block.lifted_at, block.lifted_by = at, agent
    block.save(update_fields=("lifted_at", "lifted_by"))
    _record(contact_pk, agent, at, before=block.reason)
    if chat.answered_at is None or chat.answered_at < block.at:  # it may have been answered by the line's own app
        chat.unread, chat.asked_at = block.unread, block.asked_at
    # reminded of anew, so that it does not go back at once (chats/forgotten.py)
    chat.reminded_at = None
    _write(chat, agent, at, _("%(name)s lo desbloqueó") % {"name": agent}, is_blocked=False)
    return chat


def _lock_for(contact_pk: int, agent: Agent) -> Chat:
    """Raises Chat.DoesNotExist."""
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(Chat.objects.values_list("pk", flat=True).get(contact=contact_pk))
    if not may_block(Viewer.of(agent), Place.of(chat)):
        words = _("Lo bloquea o desbloquea quien ve su chat, o un supervisor")
        raise Rejected(Rejection.FORBIDDEN, words, chat=chat)
    return chat


def _record(contact_pk: int, agent: Agent, at: datetime, *, before: str = "", after: str = "") -> None:
    """A step in the history of the card."""
    CardChange.objects.create(
        contact_id=contact_pk, at=at, actor=agent, field=CardChange.Field.BLOCK, before=before, after=after
    )


def _write(chat: Chat, agent: Agent, at: datetime, words: str, *, is_blocked: bool) -> None:
    """The chat, its contact and the line in the conversation."""
    Contact.objects.filter(pk=chat.contact_id).update(blocked_at=at if is_blocked else None)
    chat.is_blocked, chat.bot_due_at = is_blocked, None
    chat.save(update_fields=("is_blocked", "bot_due_at", "unread", "asked_at", "reminded_at"))
    line = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="system", text=words, created_at=at
    )
    publish.message_stored(chat, line)
    publish.block_changed(chat)
