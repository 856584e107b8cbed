"""Replies, notes and retries of agents. Rows first: the worker sends them (gateway/outbound/outbox.py)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs, locks, moves, publish
from chats.attachments import bot_files
from chats.attachments.conversion import plan_reply_file
from chats.errors import Rejected, Rejection
from chats.messages import mentions
from chats.messages.missed import check_nothing_missed
from chats.messages.reverts import SAFE_TO_REPEAT
from chats.messages.rows import ANSWERED, clean_text, first_status, kind_of, mark_answered, update_preview
from chats.models import Attachment, Chat, Message
from chats.window import free_text_allowed
from common.text_splitting import split_text
from contacts.models import State
from origins.file_rules import FilePlan
from trays.models import Agent

# longer than any network takes at once: it leaves in parts
MAX_REPLY_CHARS = 16_384
MAX_NOTE_CHARS = 4_096


@transaction.atomic
def send_reply(
    chat_pk: int,
    agent: Agent,
    text: str,
    *,
    files: Sequence[Attachment] = (),
    client_id: UUID | None = None,
    last_seen: int | None = None,
    quotes: int | None = None,
    voice: bool = False,
    now: datetime | None = None,
) -> Message:
    """The agent answers. The same form twice is one message; an answer that missed a newer message waits.

    What is longer than the origin takes becomes several messages, in order; the first one is returned.
    Raises Rejected: CONFLICT where the chat is another's, expired, or has news that were not seen; INVALID where
    nothing is to be sent, or the origin does not take it.
    """
    now = now or timezone.now()
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(chat_pk)
    if client_id and (standing := Message.objects.filter(chat=chat, client_id=client_id).first()):
        return standing
    check_holder(chat, agent)
    text = clean_text(text).strip()
    if not text and not files:
        raise Rejected(Rejection.INVALID, _("Escribí un mensaje o adjuntá un archivo"), chat=chat)
    check_length(text, chat)
    check_session(chat, now)
    plan = plan_reply_file(chat, files[0], voice=voice) if files else None
    if last_seen is not None:
        check_nothing_missed(chat, agent, last_seen)
    quoted = find_in_chat(chat, quotes) if quotes else None
    said = [
        _write_row(chat, agent, now, plan=plan if own else None, text=part, reply_to=quoted if not number else None,
             client_id=client_id if not number else None, files=own, voice=voice)
        for number, (part, own) in enumerate(_split_parts(chat, text, files, plan))
    ]  # fmt: skip
    return said[0]


def _split_parts(
    chat: Chat, text: str, files: Sequence[Attachment], plan: FilePlan | None
) -> list[tuple[str, Sequence[Attachment]]]:
    """What leaves as one message each: a text that is too long for a caption follows its file."""
    can = chat.origin.can
    if plan and len(text) <= can.max_caption_chars(plan.kind):
        return [(text, files)]
    texts: list[tuple[str, Sequence[Attachment]]] = [
        (part, ()) for part in split_text(text, can.text, counts_bytes=can.counts_bytes)
    ]
    return [("", files), *texts] if files else texts


def _write_row(
    chat: Chat,
    agent: Agent,
    now: datetime,
    *,
    kind: str = "text",
    plan: FilePlan | None = None,
    text: str = "",
    payload: dict[str, Any] | None = None,
    reply_to: Message | None = None,
    client_id: UUID | None = None,
    files: Sequence[Attachment] = (),
    voice: bool = False,
) -> Message:
    """One row of the outbox, in the thread and on the screens. The caller holds the lock and has checked."""
    kind, unready = (plan.kind, bool(plan.becomes)) if plan else (kind, False)
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="out", author="agent", agent=agent, kind=kind, text=text,
        payload=payload or {}, reply_to=reply_to, client_id=client_id, created_at=now,
        **first_status(chat, now, unready=unready),
    )  # fmt: skip
    _attach(message, files, voice=voice)
    mark_answered(chat, now)
    update_preview(chat, message, ANSWERED)
    publish.message_stored(chat, message)
    return message


def _attach(message: Message, files: Sequence[Attachment], *, voice: bool) -> None:
    for file in files:
        file.message, file.chat, file.is_voice = message, message.chat, voice and message.kind == "audio"
        file.save(update_fields=("message", "chat", "is_voice"))


def check_length(text: str, chat: Chat) -> None:
    if len(text) > MAX_REPLY_CHARS:
        message = _("El mensaje tiene %(n)s caracteres; entran %(most)s") % {"n": len(text), "most": MAX_REPLY_CHARS}
        raise Rejected(Rejection.INVALID, message, chat=chat)


def check_not_blocked(chat: Chat) -> None:
    if chat.is_blocked:
        raise Rejected(Rejection.CONFLICT, _("El contacto está bloqueado: no se le puede escribir"), chat=chat)


def check_session(chat: Chat, now: datetime) -> None:
    check_not_blocked(chat)
    if not free_text_allowed(chat, now):
        raise Rejected(
            Rejection.CONFLICT, _("La sesión de 24 h expiró. Para volver a escribirle, enviá una plantilla"), chat=chat
        )


def check_holder(chat: Chat, agent: Agent) -> None:
    """Raises Rejected unless the chat is in this agent's hands."""
    if chat.state != State.AGENTE:
        raise Rejected(Rejection.CONFLICT, moves.where_now(chat), chat=chat)
    if chat.agent_id != agent.pk:
        raise Rejected(Rejection.FORBIDDEN, _("El chat lo tiene %(name)s") % {"name": chat.agent}, chat=chat)


def find_in_chat(chat: Chat, pk: int) -> Message:
    found = Message.objects.filter(chat=chat, pk=pk).exclude(direction="note").first()
    if found is None:
        raise Rejected(Rejection.INVALID, _("Ese mensaje ya no está en este chat"), chat=chat)
    return found


def open_chat(chat_pk: int, agent: Agent, client_id: UUID | None, now: datetime) -> tuple[Chat, Message | None]:
    """The chat, locked, for what its holder sends now; and what this very form has sent already."""
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(chat_pk)
    if client_id and (standing := Message.objects.filter(chat=chat, client_id=client_id).first()):
        return chat, standing
    check_holder(chat, agent)
    check_session(chat, now)
    return chat, None


@transaction.atomic
def send_place(
    chat_pk: int,
    agent: Agent,
    *,
    latitude: float,
    longitude: float,
    name: str = "",
    address: str = "",
    client_id: UUID | None = None,
) -> Message:
    """A place on the map. Raises Rejected; INVALID for what is no place."""
    now = timezone.now()
    chat, standing = open_chat(chat_pk, agent, client_id, now)
    if standing:
        return standing
    check_kind(chat, "location")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Rejected(Rejection.INVALID, _("La latitud va de -90 a 90 y la longitud de -180 a 180"), chat=chat)
    payload: dict[str, Any] = {"latitude": latitude, "longitude": longitude}
    payload |= {key: clean_text(value).strip()[:300] for key, value in (("place", name), ("address", address)) if value}
    return _write_row(chat, agent, now, kind="location", payload=payload, client_id=client_id)


@transaction.atomic
def send_card(chat_pk: int, agent: Agent, *, name: str, phone: str, client_id: UUID | None = None) -> Message:
    """A contact card. Raises Rejected; INVALID without a name or a number."""
    now = timezone.now()
    chat, standing = open_chat(chat_pk, agent, client_id, now)
    if standing:
        return standing
    check_kind(chat, "contact")
    name, phone = clean_text(name).strip()[:200], clean_text(phone).strip()[:60]
    if not name or sum(char.isdecimal() for char in phone) < 5:
        raise Rejected(Rejection.INVALID, _("Completá el nombre y un teléfono con característica"), chat=chat)
    payload = {"name": name, "phone": phone, "contacts": [{"name": name, "phones": [phone]}]}
    return _write_row(chat, agent, now, kind="contact", payload=payload, client_id=client_id)


def check_kind(chat: Chat, kind: str) -> None:
    origin = chat.origin
    if kind not in origin.can.kinds:
        raise Rejected(Rejection.INVALID, _("%(kind)s no permite eso") % {"kind": origin.get_kind_display()}, chat=chat)


# --- what stays inside, and another try ----------------------------------------------------------


def check_may_note(chat: Chat, agent: Agent) -> None:
    """Raises Rejected unless this agent holds the chat, or supervises who does."""
    if not (chat.state == State.AGENTE and agent.is_supervisor):
        check_holder(chat, agent)


@transaction.atomic
def write_note(
    chat_pk: int,
    agent: Agent,
    text: str,
    *,
    files: Sequence[Attachment] = (),
    client_id: UUID | None = None,
    voice: bool = False,
    now: datetime | None = None,
) -> Message:
    """An internal note: never leaves, nor do its files. By who holds the chat, or a supervisor. Raises Rejected."""
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(chat_pk)
    if client_id and (standing := Message.objects.filter(chat=chat, client_id=client_id).first()):
        return standing
    check_may_note(chat, agent)
    text = clean_text(text).strip()
    if not (text or files) or len(text) > MAX_NOTE_CHARS:
        raise Rejected(
            Rejection.INVALID, _("La nota está vacía o pasa de %(most)s caracteres") % {"most": MAX_NOTE_CHARS}
        )
    named, now = mentions.find_named(text, agent), now or timezone.now()
    payload = {"mentions": {one.username.lower(): str(one) for one in named}} if named else {}
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="agent", agent=agent, kind=kind_of(files),
        text=text, payload=payload, client_id=client_id, created_at=now,
    )  # fmt: skip
    _attach(message, files, voice=voice)
    publish.message_stored(chat, message)
    mentions.write_mentions(chat, message, named, now)
    return message


@transaction.atomic
def retry_message(message_pk: int, agent: Agent) -> Message:
    """*Reintentar*: a new attempt of the same message, by who holds the chat. Raises Rejected; INVALID: taken back."""
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(Message.objects.values_list("chat", flat=True).get(pk=message_pk))
    check_holder(chat, agent)
    message = Message.objects.get(pk=message_pk)
    if message.withdrawn_at:
        raise Rejected(Rejection.INVALID, _("Ese mensaje se retiró. Si hace falta, escribí otro"), chat=chat)
    if message.kind in SAFE_TO_REPEAT:
        raise Rejected(
            Rejection.INVALID, _("Ese cambio no salió y se deshizo. Hacelo de nuevo en el mensaje"), chat=chat
        )
    check_not_blocked(chat)
    if message.kind != Message.Kind.TEMPLATE:
        check_session(chat, timezone.now())
    # compare and set: two clicks are one attempt
    renewed = Message.objects.filter(pk=message_pk, status__in=("failed", "unconfirmed")).update(
        status="queued", reason="", attempts=0, next_try_at=None
    )
    message.refresh_from_db()
    if renewed:
        if bot_files.is_missing(message):
            bot_files.restart_fetch(message)
        publish.message_changed(message)
        jobs.deliver()
    return message
