"""Receiving a customer's message: stored once, with what follows from it for the chat."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs, moves, publish
from chats.attachments import media
from chats.bots import deadlines
from chats.bots.menu_turn import bot_turn
from chats.messages import identity, parked, senders
from chats.messages.rows import MAX_TEXT_CHARS, Stored, clean_text, find_by_ref, kind_of, place_in_time, update_preview
from chats.models import Attachment, Chat, Message
from chats.receive import referrals
from common.errors import OriginError
from contacts.models import State
from origins.facts import Incoming
from origins.models import Origin
from wittybots.models import Reception
from wittybots.reception import is_attended, reception_of


class _Twice(Exception):
    """This id stands on this origin."""


def receive(origin: Origin, fact: Incoming, *, now: datetime | None = None) -> Stored:
    """Store a customer's message once, extend its session, and let the moves and the bot follow.

    Raises OriginError when the fact cannot be a message of this origin.
    """
    try:
        return _receive_once(origin, fact, now or timezone.now())
    except _Twice:
        return Stored(Message.objects.get(origin=origin, external_id=fact.external_id), False)


@transaction.atomic
def _receive_once(origin: Origin, fact: Incoming, now: datetime) -> Stored:
    said_at = min(fact.at or now, now)
    chat = identity.find_chat(origin, senders.sender_of(fact), said_at)
    if Message.objects.filter(origin=origin, external_id=fact.external_id).exists():
        # with it goes what was made for a sender whom nobody knows otherwise
        raise _Twice
    late = said_at + origin.session <= now
    fact = referrals.add_arrival(origin, fact)
    message = _store_message(chat, fact, said_at)
    _keep_numbers(chat, message, said_at, late=late)
    if fact.payload.get("referral"):
        referrals.keep_at_contact(chat, fact.payload["referral"])
    if parked.apply_parked(message):
        message.refresh_from_db()
        chat.refresh_from_db(fields=("preview", "preview_kind"))
    publish.message_stored(chat, message)
    if fact.payload.get("media"):
        jobs.fetch_media(message.pk)
    if fact.acknowledge:
        jobs.acknowledge(origin.pk, fact.acknowledge)
    if late:
        if chat.change_id is None:
            moves.first_seen_late(chat, at=said_at)
        return Stored(message, True)
    reception = None
    if moves.may_start("arrive", chat):
        reception = reception_of(origin.pk)
        bot = reception.bot if is_attended(reception) else None
        moves.arrive(chat, at=now, reception_tray=reception.tray, bot=bot)
    if chat.state == State.BOT:
        _let_bot_answer(chat, message, reception, now)
    return Stored(message, True)


def _let_bot_answer(chat: Chat, message: Message, reception: Reception | None, now: datetime) -> None:
    """The embedded bot answers here and now, an external one is told."""
    if message.bot_id != chat.bot_id:
        message.bot = chat.bot
        message.save(update_fields=("bot",))
    if chat.bot is not None and chat.bot.is_external:
        deadlines.ask_bot(chat, message, now)
    else:
        bot_turn(chat, message, reception or reception_of(chat.origin_id), now)


def _store_message(chat: Chat, fact: Incoming, said_at: datetime) -> Message:
    try:
        with transaction.atomic():
            message = Message.objects.create(
                chat=chat, origin_id=chat.origin_id, direction="in", author="customer", kind=fact.kind,
                text=clean_text(fact.text)[:MAX_TEXT_CHARS], payload=fact.payload, external_id=fact.external_id,
                reply_to=_find_quoted(chat, fact.reply_to), created_at=place_in_time(said_at, chat.last_message_at),
                sent_at=said_at, media_due_at=media.first_fetch_due(fact.payload),
                bot_id=chat.bot_id if chat.state == State.BOT else None,
            )  # fmt: skip
    except IntegrityError as error:
        if "an_origin_id_is_stored_once" in str(error):
            raise _Twice from error  # at this very moment, from another sender
        raise
    if fact.files:
        _take_files(message, fact)
    if fact.reply_to and message.reply_to is None and chat.origin.kind in Origin.NETWORKS:
        parked.park_quote(message, fact.reply_to[:200])
    return message


def _take_files(message: Message, fact: Incoming) -> None:
    taken = Attachment.objects.filter(
        uuid__in=fact.files, message=None, origin_id=message.origin_id, visitor=fact.sender
    ).update(message=message, chat=message.chat)
    if taken != len(fact.files):
        raise OriginError(_("El archivo no existe o ya se envió"))
    if message.kind in (Message.Kind.TEXT, Message.Kind.CHOICE):
        # the web chat does not say what its file is; lists show "Foto" where there is no text
        message.kind = kind_of(message.attachments.all())
        message.save(update_fields=("kind",))


def _find_quoted(chat: Chat, ref: str) -> Message | None:
    return find_by_ref(Message.objects.filter(chat=chat), ref).first() if ref else None


def _keep_numbers(chat: Chat, message: Message, said_at: datetime, *, late: bool) -> None:
    """The numbers that lists read, in the transaction of the message."""
    fields = ["last_customer_at", "session_expires_at"]
    chat.last_customer_at = max(chat.last_customer_at or said_at, said_at)
    expires = [chat.last_customer_at] + ([chat.last_template_at] if chat.last_template_at else [])
    chat.session_expires_at = max(expires) + chat.origin.session
    if not late:
        chat.unread += 1
        fields.append("unread")
    update_preview(chat, message, fields)
