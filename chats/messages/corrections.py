"""Changes of what was said: the agent's reactions, corrections and withdrawals, as commands of the outbox."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs, publish
from chats.errors import Rejected, Rejection
from chats.messages.replies import check_kind, find_in_chat, open_chat
from chats.messages.rows import clean_text, first_status, show_again
from chats.models import Chat, Message
from trays.models import Agent

OUT_THERE = ("sent", "delivered", "read")


def _write_command(
    chat: Chat, agent: Agent, target: Message, kind: str, now: datetime, text: str, **payload: Any
) -> Message:
    """A row of the outbox that is no message of its own; with what stood `before`, should it be refused."""
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="out", author="agent", agent=agent, kind=kind, text=text,
        payload={"target": target.pk, **payload}, created_at=now, **first_status(chat, now),
    )  # fmt: skip
    if message.status == "queued":
        jobs.deliver()
    publish.message_changed(target)
    return message


@transaction.atomic
def react_to(chat_pk: int, agent: Agent, target_pk: int, emoji: str) -> Message:
    """Our reaction to a customer's message; '' takes it back. Raises Rejected."""
    now = timezone.now()
    chat, _standing = open_chat(chat_pk, agent, None, now)
    check_kind(chat, "reaction")
    target, emoji = find_in_chat(chat, target_pk), clean_text(emoji).strip()[:40]
    if target.direction != "in" or (not target.external_id and not chat.origin.tells_nobody):
        raise Rejected(Rejection.INVALID, _("Solo se reacciona a lo que escribió el cliente"), chat=chat)
    _check_emoji(chat, emoji)
    before = target.own_reaction
    Message.objects.filter(pk=target.pk).update(own_reaction=emoji)
    target.own_reaction = emoji
    return _write_command(chat, agent, target, "reaction", now, "", emoji=emoji, before=before)


def _check_emoji(chat: Chat, emoji: str) -> None:
    origin = chat.origin
    # with or without the mark that asks for colour it is the same one
    only = {one.rstrip("\ufe0f") for one in origin.can.reactions}
    if emoji and only and emoji.rstrip("\ufe0f") not in only:
        raise Rejected(
            Rejection.INVALID, _("%(kind)s no toma esa reacción. Elegí entre %(those)s")
            % {"kind": origin.get_kind_display(), "those": " ".join(origin.can.reactions)}, chat=chat,
        )  # fmt: skip


@transaction.atomic
def edit_message(chat_pk: int, agent: Agent, target_pk: int, text: str) -> Message:
    """What we said says something else now, at the customer's too. Raises Rejected."""
    now = timezone.now()
    chat, _standing = open_chat(chat_pk, agent, None, now)
    check_kind(chat, "edit")
    target, text = _own_message(chat, target_pk), clean_text(text).strip()
    can = chat.origin.can
    most = can.caption if target.kind != "text" else can.text
    if not text or len(text) > most:
        raise Rejected(
            Rejection.INVALID, _("El texto está vacío o pasa de %(most)s caracteres") % {"most": most}, chat=chat
        )
    before = {"text": target.text, "edited_at": target.edited_at.isoformat() if target.edited_at else None}
    Message.objects.filter(pk=target.pk).update(text=text, edited_at=now)
    target.text, target.edited_at = text, now
    show_again(target)
    return _write_command(chat, agent, target, "edit", now, text, is_caption=target.kind != "text", before=before)


@transaction.atomic
def withdraw_message(chat_pk: int, agent: Agent, target_pk: int) -> Message:
    """Take back what we said. Raises Rejected."""
    now = timezone.now()
    chat, _standing = open_chat(chat_pk, agent, None, now)
    check_kind(chat, "withdrawal")
    target = _own_message(chat, target_pk)
    Message.objects.filter(pk=target.pk).update(withdrawn_at=now)
    target.withdrawn_at = now
    show_again(target)
    return _write_command(chat, agent, target, "withdrawal", now, "", before=None)


def _own_message(chat: Chat, pk: int) -> Message:
    target = find_in_chat(chat, pk)
    if target.direction == "out" and target.status == "failed":
        raise Rejected(
            Rejection.INVALID, _("Ese mensaje no salió: el cliente no lo tiene. Reintentalo o escribí otro"), chat=chat
        )
    if target.direction != "out" or not target.external_id or target.withdrawn_at or target.status not in OUT_THERE:
        raise Rejected(Rejection.INVALID, _("Solo se cambia lo que ya salió y sigue en el chat"), chat=chat)
    return target
