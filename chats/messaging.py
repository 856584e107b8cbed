"""What is said in a chat: the only writer of messages (lines about moves are written with the move)."""

import contextlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import moves, news
from chats.models import Attachment, Chat, Message, Template
from chats.moves import Refused
from contacts.models import Address, Contact, State
from origins.facts import Incoming, OriginError, Reaction, Receipt
from origins.models import Origin
from trays.models import Agent
from wittybots import menu
from wittybots.models import Reception
from wittybots.reception import attends, menu_of, reception_of

log = logging.getLogger(__name__)

LONGEST = 65_536
LONGEST_REPLY = 4_096
# origins that count whole seconds: within this, what comes later stands later
SAME_MOMENT = timedelta(seconds=60)
# of the networks that have one; a session may be set longer or shorter, this not
WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Stored:
    """What became of a customer's message: the row, or the one that already stood there."""

    message: Message
    is_new: bool


# --- coming in ---------------------------------------------------------------------------------


class _Twice(Exception):
    """This id stands on this origin."""


def receive(origin: Origin, fact: Incoming, *, now: datetime | None = None) -> Stored:
    """Store a customer's message once, extend its session, and let the moves and the bot follow.

    Raises OriginError when the fact cannot be a message of this origin.
    """
    try:
        return _receive(origin, fact, now or timezone.now())
    except _Twice:
        return Stored(Message.objects.get(origin=origin, external_id=fact.external_id), False)


@transaction.atomic
def _receive(origin: Origin, fact: Incoming, now: datetime) -> Stored:
    said_at = min(fact.at or now, now)
    chat = _chat_of(origin, fact, said_at)
    if Message.objects.filter(origin=origin, external_id=fact.external_id).exists():
        # with it goes what was made for a sender whom nobody knows otherwise
        raise _Twice
    late = said_at + origin.session <= now
    message = _store(chat, fact, said_at)
    _keep_numbers(chat, message, said_at, late=late)
    news.said(chat, message)
    if fact.payload.get("media"):
        news.media_named(message)
    if late:
        if chat.change_id is None:
            moves.first_seen_late(chat, at=said_at)
        return Stored(message, True)
    reception = None
    if moves.spot(chat) in moves.MOVES["arrive"].sources:
        reception = reception_of(origin.pk)
        moves.arrive(chat, at=now, reception_tray=reception.tray, has_bot=attends(reception))
    if chat.state == State.BOT:
        _bot_turn(chat, message, reception or reception_of(origin.pk), now)
    return Stored(message, True)


def _chat_of(origin: Origin, fact: Incoming, said_at: datetime) -> Chat:
    """The chat of this sender, locked; made with its contact when it is the first message."""
    for _attempt in range(3):
        chat = (
            moves.locked()
            .filter(
                contact__addresses__origin=origin,
                contact__addresses__kind=fact.address_kind,
                contact__addresses__value=fact.sender,
            )
            .first()
        )
        if chat:
            if fact.name and not chat.contact.name:
                chat.contact.name = fact.name[:200]
                chat.contact.save(update_fields=("name",))
            return chat
        try:
            with transaction.atomic():
                contact = Contact.objects.create(
                    origin=origin, name=fact.name[:200], active_at=said_at, created_at=said_at,
                    shown_address=fact.payload.get("shown_address", fact.sender)[:200],
                )  # fmt: skip
                Address.objects.create(contact=contact, origin=origin, kind=fact.address_kind, value=fact.sender)
                # nowhere until the first move; EXPIRADO only because a place must be written
                return Chat.objects.create(
                    contact=contact,
                    origin=origin,
                    state=State.EXPIRADO,
                    session_expires_at=said_at + origin.session,
                )
        except IntegrityError:
            continue  # the same person on another connection was first
    raise OriginError(_("No se pudo abrir el chat"), permanent=False)


def _store(chat: Chat, fact: Incoming, said_at: datetime) -> Message:
    created_at = said_at
    if chat.last_message_at and said_at < chat.last_message_at < said_at + SAME_MOMENT:
        created_at = chat.last_message_at
    try:
        with transaction.atomic():
            message = Message.objects.create(
                chat=chat, origin_id=chat.origin_id, direction="in", author="customer", kind=fact.kind,
                text=clean(fact.text)[:LONGEST], payload=fact.payload, external_id=fact.external_id,
                reply_to=_quoted(chat, fact.reply_to), created_at=created_at, sent_at=said_at,
            )  # fmt: skip
    except IntegrityError as error:
        if "an_origin_id_is_stored_once" in str(error):
            raise _Twice from error  # at this very moment, from another sender
        raise
    if fact.files:
        taken = Attachment.objects.filter(
            uuid__in=fact.files, message=None, origin_id=chat.origin_id, visitor=fact.sender
        ).update(message=message, chat=chat)
        if taken != len(fact.files):
            raise OriginError(_("El archivo no existe o ya se envió"))
        if message.kind in (Message.Kind.TEXT, Message.Kind.CHOICE):
            # the web chat does not say what its file is; lists show "Foto" where there is no text
            message.kind = _kind_of(message.attachments.all())
            message.save(update_fields=("kind",))
    return message


def clean(text: str) -> str:
    """The text as PostgreSQL can keep it: without NUL, lone surrogates replaced."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _quoted(chat: Chat, ref: str) -> Message | None:
    return _of_ref(Message.objects.filter(chat=chat), ref).first() if ref else None


def _of_ref(messages: Any, ref: str) -> Any:
    """Messages by our uuid or by the id that the origin gave."""
    by = Q(external_id=ref)
    with contextlib.suppress(ValueError):
        by |= Q(uuid=UUID(ref))
    return messages.filter(by)


def _keep_numbers(chat: Chat, message: Message, said_at: datetime, *, late: bool) -> None:
    """The numbers that lists read, in the transaction of the message."""
    fields = ["last_customer_at", "session_expires_at"]
    chat.last_customer_at = max(chat.last_customer_at or said_at, said_at)
    expires = [chat.last_customer_at] + ([chat.last_template_at] if chat.last_template_at else [])
    chat.session_expires_at = max(expires) + chat.contact.origin.session
    if not late:
        chat.unread += 1
        fields.append("unread")
    _look(chat, message, fields)


def _look(chat: Chat, message: Message, fields: list[str]) -> None:
    """Make this message the one that lists show, unless a later one stands there."""
    if not chat.last_message_at or message.created_at >= chat.last_message_at:
        chat.preview, chat.preview_kind = " ".join(message.text.split())[:140], message.kind
        chat.last_message_at = message.created_at
        fields += ["preview", "preview_kind", "last_message_at"]
    chat.save(update_fields=fields)
    Contact.objects.filter(pk=chat.contact_id).update(active_at=Greatest("active_at", message.created_at))


@transaction.atomic
def react(origin: Origin, fact: Reaction) -> bool:
    """Apply a reaction to the message it names; False while that one is unknown. Never makes a chat arrive."""
    own = Q(chat__contact__addresses__value=fact.sender, chat__contact__addresses__kind=fact.address_kind)
    message = _of_ref(Message.objects.filter(own, origin=origin), fact.target).select_related("chat").first()
    if message is None:
        return False
    Message.objects.filter(pk=message.pk).update(reaction=fact.emoji[:40])
    message.reaction = fact.emoji[:40]
    news.changed(message)
    return True


# --- the bot -----------------------------------------------------------------------------------


def _bot_turn(chat: Chat, message: Message, reception: Reception, now: datetime) -> None:
    """Let the embedded bot answer. If it cannot, the customer does not wait: to the origin's tray, with a note."""
    try:
        with transaction.atomic():
            if not attends(reception) or reception.bot is None:
                raise LookupError(_("No hay un bot activo en este origen"))
            choices = menu_of(reception.bot)
            answer = menu.answer(choices, chat.bot_memory, message.text, str(message.payload.get("payload", "")))
            chat.bot_memory = answer.memory
            chat.bot_path = [*chat.bot_path, *answer.path][-12:]
            chat.save(update_fields=("bot_memory", "bot_path"))
            for number, text in enumerate(answer.texts, 1):
                offer = answer.offer if number == len(answer.texts) else ()
                _bot_says(chat, text, offer, now)
            if answer.hand_over:
                tray = moves.Tray(pk=answer.tray_id) if answer.tray_id else moves.Tray.objects.general()
                _place(chat, moves.hand_over(chat.pk, tray, at=now))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a bot, a person takes over
        log.warning("bot could not answer chat %s: %s", chat.pk, type(error).__name__)
        chat.refresh_from_db(fields=("bot_memory", "bot_path", "preview", "preview_kind", "last_message_at"))
        reason = error.words if isinstance(error, Refused) else _("El bot no pudo responder")
        _place(chat, moves.relocate(chat.pk, moves.standing(reception.tray), note=reason, at=now))


def _place(chat: Chat, moved: Chat) -> None:
    """Carry a move over to the instance at hand."""
    chat.state, chat.tray, chat.agent, chat.change = moved.state, moved.tray, moved.agent, moved.change


def _bot_says(chat: Chat, text: str, offer: Sequence[menu.Choice], now: datetime) -> Message:
    payload = {"choices": [{"title": c.label, "payload": c.id} for c in offer]} if offer else {}
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="out", author="bot", kind="text", text=text, payload=payload,
        created_at=now, **_leaves(chat, now),
    )  # fmt: skip
    _look(chat, message, [])
    news.said(chat, message)
    return message


# --- going out ---------------------------------------------------------------------------------


def _leaves(chat: Chat, now: datetime) -> dict[str, Any]:
    """The first status of what goes out: where nobody waits for it outside, sent is at commit."""
    if chat.contact.origin.tells_nobody:
        return {"status": "sent", "sent_at": now}
    return {"status": "queued"}


def session_open(chat: Chat, now: datetime) -> bool:
    return chat.state != State.EXPIRADO and now < chat.session_expires_at


def free_text_allowed(chat: Chat, now: datetime) -> bool:
    """Whether anything but a template may go out at this moment (by the clock, not by the sweep)."""
    if not session_open(chat, now):
        return False
    if not chat.contact.origin.has_window:
        return True
    heard = chat.last_customer_at
    return heard is not None and now < heard + WINDOW


@transaction.atomic
def reply(
    chat_pk: int,
    agent: Agent,
    text: str,
    *,
    files: Sequence[Attachment] = (),
    client_id: UUID | None = None,
    last_seen: int | None = None,
    now: datetime | None = None,
) -> Message:
    """The agent answers. The same form twice is one message; an answer that missed a newer message waits.

    Raises Refused: 409 not his, expired, or not up to date; 422 nothing to send.
    """
    now = now or timezone.now()
    moves.working(agent)
    chat = moves.lock(chat_pk)
    if client_id and (standing := Message.objects.filter(chat=chat, client_id=client_id).first()):
        return standing
    _holds(chat, agent)
    text = clean(text).strip()
    if not text and not files:
        raise Refused(_("Escribí un mensaje o adjuntá un archivo"), status=422, chat=chat)
    if len(text) > LONGEST_REPLY:
        raise Refused(
            _("El mensaje tiene %(n)s caracteres; entran %(most)s") % {"n": len(text), "most": LONGEST_REPLY},
            status=422, chat=chat,
        )  # fmt: skip
    _check_session(chat, now)
    if last_seen is not None and Message.objects.filter(chat=chat, direction="in", id__gt=last_seen).exists():
        raise Refused(_("El cliente escribió mientras tanto. Leelo y volvé a enviar"), chat=chat)
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="out", author="agent", agent=agent,
        kind=_kind_of(files), text=text, client_id=client_id, created_at=now, **_leaves(chat, now),
    )  # fmt: skip
    for file in files:
        file.message, file.chat = message, chat
        file.save()
    chat.unread = 0
    _look(chat, message, ["unread"])
    news.said(chat, message)
    return message


def _check_session(chat: Chat, now: datetime) -> None:
    if not free_text_allowed(chat, now):
        raise Refused(_("La sesión de 24 h expiró. Para volver a escribirle, enviá una plantilla"), chat=chat)


def _holds(chat: Chat, agent: Agent) -> None:
    if chat.state != State.AGENTE:
        raise Refused(moves.elsewhere(chat), chat=chat)
    if chat.agent_id != agent.pk:
        raise Refused(_("El chat lo tiene %(name)s") % {"name": chat.agent}, status=403, chat=chat)


def _kind_of(files: Sequence[Attachment] | QuerySet[Attachment]) -> str:
    if not files:
        return "text"
    if files[0].is_picture:
        return "image"
    major = files[0].mime.split("/")[0]
    return major if major in ("audio", "video") else "document"


@transaction.atomic
def note(
    chat_pk: int, agent: Agent, text: str, *, client_id: UUID | None = None, now: datetime | None = None
) -> Message:
    """An internal note: never leaves. By who holds the chat, or a supervisor. Raises Refused."""
    moves.working(agent)
    chat = moves.lock(chat_pk)
    if client_id and (standing := Message.objects.filter(chat=chat, client_id=client_id).first()):
        return standing
    if not (chat.state == State.AGENTE and agent.is_supervisor):
        _holds(chat, agent)
    text = clean(text).strip()
    if not text or len(text) > LONGEST_REPLY:
        raise Refused(_("La nota está vacía o pasa de %(most)s caracteres") % {"most": LONGEST_REPLY}, status=422)
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="agent", agent=agent, text=text,
        client_id=client_id, created_at=now or timezone.now(),
    )  # fmt: skip
    news.said(chat, message)
    return message


VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
LONGEST_VALUE = 60


def variables_of(template: Template) -> list[str]:
    """The names between double braces, each once, in order."""
    return list(dict.fromkeys(VARIABLE.findall(template.body)))


def filled_in(template: Template, values: dict[str, str]) -> dict[str, str]:
    """Its variables as they leave. Raises Refused (422) naming what is missing or too long."""
    filled = {}
    for name in variables_of(template):
        value = " ".join(clean(values.get(name, "")).split())
        if not value or len(value) > LONGEST_VALUE:
            raise Refused(
                _("Completá “%(name)s” con %(most)s caracteres como máximo") % {"name": name, "most": LONGEST_VALUE},
                status=422,
            )
        filled[name] = value
    return filled


def fill(template: Template, values: dict[str, str]) -> str:
    """The text that the customer reads. Raises Refused (422) naming what is missing or too long."""
    filled = filled_in(template, values)
    text = VARIABLE.sub(lambda match: filled[match[1]], template.body)
    return f"{text}\n{template.footer}" if template.footer else text


@transaction.atomic
def send_template(
    chat_pk: int,
    agent: Agent,
    template: Template,
    values: dict[str, str],
    *,
    client_id: UUID | None = None,
    now: datetime | None = None,
) -> Message:
    """Send a template: reopens an EXPIRADO chat as its sender's, or goes out from his open pane. Raises Refused."""
    now = now or timezone.now()
    moves.working(agent)
    chat = moves.lock(chat_pk)
    if client_id and (standing := Message.objects.filter(chat=chat, client_id=client_id).first()):
        return standing
    if chat.state == State.AGENTE:
        _holds(chat, agent)
    else:
        moves.fit("reopen", chat)
    if not template.is_active or template.origin_id not in (None, chat.origin_id):
        raise Refused(_("La plantilla ya no se puede usar"), status=422, chat=chat)
    text = fill(template, values)
    chat.last_template_at = now
    chat.session_expires_at = max(chat.session_expires_at, now + chat.contact.origin.session)
    chat.save(update_fields=("last_template_at", "session_expires_at"))
    if chat.state == State.EXPIRADO:
        moves.reopen(chat, agent, at=now)
    message = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="out", author="agent", agent=agent, kind="template", text=text,
        payload={"template": {"name": template.name, "language": template.language,
                              "variables": filled_in(template, values)}},
        client_id=client_id, created_at=now, **_leaves(chat, now),
    )  # fmt: skip
    chat.unread = 0
    _look(chat, message, ["unread"])
    news.said(chat, message)
    return message


# --- what became of it -------------------------------------------------------------------------

ORDER = [status.value for status in Message.Status]


@transaction.atomic
def settle(origin: Origin, receipt: Receipt) -> bool:
    """Move a message of ours forward, never back, whatever order the receipts come in. False: unknown id."""
    if receipt.status not in ORDER:
        raise OriginError(_("Estado desconocido: %(status)s") % {"status": receipt.status[:40]})
    ours = _of_ref(Message.objects.filter(origin=origin, direction="out"), receipt.ref)
    if receipt.sender:
        ours = ours.filter(chat__contact__addresses__value=receipt.sender)
    message = ours.select_for_update(of=("self",)).first()
    if message is None:
        return False
    if ORDER.index(receipt.status) > ORDER.index(message.status):
        message.status = receipt.status
        message.reason = receipt.reason[:300] if receipt.status == "failed" else ""
        message.save(update_fields=("status", "reason"))
        news.changed(message)
    return True


@transaction.atomic
def retry(message_pk: int, agent: Agent) -> Message:
    """*Reintentar*: a new attempt of the same message, by who holds the chat. Raises Refused."""
    moves.working(agent)
    message = Message.objects.select_related("chat").get(pk=message_pk)
    chat = moves.lock(message.chat_id)
    _holds(chat, agent)
    if message.kind != Message.Kind.TEMPLATE:
        _check_session(chat, timezone.now())
    # compare and set: two clicks are one attempt
    renewed = Message.objects.filter(pk=message_pk, status__in=("failed", "unconfirmed")).update(
        status="queued", reason="", attempts=0, next_try_at=None
    )
    message.refresh_from_db()
    if renewed:
        news.changed(message)
        news.wake(chat.pk)
    return message
