"""What changes what stands: reactions, edits and withdrawals of the customer, echoes of the line, new ids."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import bot_events, jobs, moves, publish
from chats.attachments import media
from chats.messages import parked, senders
from chats.messages.receipts import settle
from chats.messages.rows import LONGEST, clean, look, of_ref, shown
from chats.models import Chat, Message
from contacts.models import Address
from origins.choices import number_choices, prompt_above_choices
from origins.facts import Echo, Edit, Reaction, Receipt, Renamed, Withdrawal
from origins.models import Origin

log = logging.getLogger(__name__)

# attachments of one message of Messenger or Instagram
MOST_PARTS = 30


@transaction.atomic
def amend(origin: Origin, fact: Reaction | Edit | Withdrawal) -> bool:
    """Apply it to the message that it names; False while that one is unknown. Never makes a chat arrive."""
    known = senders.ids(fact)
    own = Q(chat__contact__addresses__kind=known[0][0], chat__contact__addresses__value=known[0][1])
    for kind, value in known[1:]:
        own |= Q(chat__contact__addresses__kind=kind, chat__contact__addresses__value=value)
    found = of_ref(Message.objects.filter(own, origin=origin), fact.target).values_list("pk", "chat").first()
    if found is None:
        return False
    moves.lock(found[1])
    message = Message.objects.select_for_update().get(pk=found[0])
    if _changed(message, fact):
        bot_events.record_message_update(message)
        publish.changed(message)
    return True


def _changed(message: Message, fact: Reaction | Edit | Withdrawal) -> bool:
    if isinstance(fact, Reaction):
        message.reaction = clean(fact.emoji)[:40]
        message.save(update_fields=("reaction",))
        return True
    if message.direction != "in":
        # nobody edits or takes back what we said
        return False
    at = min(fact.at or timezone.now(), timezone.now())
    if isinstance(fact, Withdrawal):
        message.withdrawn_at = message.withdrawn_at or at
        message.save(update_fields=("withdrawn_at",))
        _withdraw_rest(message, at)
    else:
        if message.edited_at and message.edited_at > at:
            return False  # an older one that comes later
        message.text, message.edited_at = clean(fact.text)[:LONGEST], at
        message.save(update_fields=("text", "edited_at"))
    _show_in_lists(message)
    return True


def _withdraw_rest(message: Message, at: datetime) -> None:
    """Several pictures that were one message at the network (mid, mid:1, …) go together."""
    parts = [f"{message.external_id}:{number}" for number in range(1, MOST_PARTS)]
    rest = Message.objects.filter(chat=message.chat_id, external_id__in=parts, withdrawn_at=None)
    for one in rest:
        one.withdrawn_at = at
        one.save(update_fields=("withdrawn_at",))
        _show_in_lists(one)
        publish.changed(one)


def _show_in_lists(message: Message) -> None:
    """What lists say of it, where it is the last one of its chat."""
    text = _("Mensaje retirado") if message.withdrawn_at else shown(message.text)
    kind = "text" if message.withdrawn_at else message.kind
    changed = Chat.objects.filter(pk=message.chat_id, last_message_at=message.created_at).update(
        preview=text, preview_kind=kind
    )
    if changed:
        publish.summarised(message.chat_id)


@transaction.atomic
def echo(origin: Origin, fact: Echo) -> bool:
    """What left by the line: one of ours gets its id; what was typed in the business's own app is stored once.

    False: it stood there already.
    """
    if _ours(origin, fact):
        return True
    if Message.objects.filter(origin=origin, external_id=fact.external_id).exists():
        return False
    now = timezone.now()
    at = min(fact.at or now, now)
    chat = senders.chat_of(origin, senders.Who(senders.ids(fact), shown=fact.payload.get("shown_address", "")), at)
    if _same_words(chat, fact):
        return True
    try:
        with transaction.atomic():
            message = Message.objects.create(
                chat=chat, origin_id=chat.origin_id, direction="out", author="agent", kind=fact.kind,
                text=clean(fact.text)[:LONGEST], payload={**fact.payload, "from_phone": True},
                external_id=fact.external_id, status="sent", created_at=at, sent_at=at,
                reply_to=of_ref(chat.messages, fact.reply_to).first() if fact.reply_to else None,
                media_due_at=media.first_fetch_due(fact.payload),
            )  # fmt: skip
    except IntegrityError:
        return False  # on another connection at this very moment
    if chat.change_id is None:
        moves.first_seen_late(chat, at=at)
    # what he wrote after that is unread still
    after = chat.messages.filter(direction="in", created_at__gt=at)[: chat.unread].count() if chat.unread else 0
    chat.unread = min(chat.unread, after)
    look(chat, message, ["unread"])
    if parked.apply(message):
        message.refresh_from_db()
    publish.said(chat, message)
    if fact.payload.get("media"):
        jobs.fetch_media(message.pk)
    return True


def _ours(origin: Origin, fact: Echo) -> bool:
    """An echo that names our uuid, or the id that we know."""
    receipt = Receipt(fact.external_id, "sent", ours=fact.ours, at=fact.at)
    return bool(fact.ours) and settle(origin, receipt)


def _same_words(chat: Chat, fact: Echo) -> bool:
    """An echo without our uuid that is quicker than the answer to our request, or all that is left of it."""
    if chat.contact.origin.can.says_our_id:
        return False  # without it, it is not ours
    waiting = Message.objects.filter(chat=chat, external_id=None, status__in=("sending", "unconfirmed"))
    waiting = waiting.exclude(kind__in=("reaction", "edit", "withdrawal")).order_by("id")
    words = clean(fact.text).split()
    ours = next((one for one in waiting if words in _as_sent(one) and (words or one.kind == fact.kind)), None)
    if ours is None:
        return False
    return settle(chat.contact.origin, Receipt(fact.external_id, "sent", ours=str(ours.uuid), at=fact.at))


def _as_sent(message: Message) -> list[list[str]]:
    """The words of a message as they may have left: choices stand below it where the origin has no buttons."""
    choices = message.payload.get("choices", ())
    return [
        text.split()
        for text in (message.text, prompt_above_choices(message.text), number_choices(message.text, choices))
    ]


@transaction.atomic
def rename(origin: Origin, fact: Renamed) -> bool:
    """The same person has another id. Two contacts that both exist are never merged: a note tells people.

    False: nobody has any of the old ids.
    """
    whose = senders.owners(origin, [*fact.old, *fact.new])
    contact = next((whose[one] for one in fact.old if one in whose), None)
    if contact is None:
        return False
    chat = moves.locked().filter(contact=contact).first()
    if chat is None:
        return False
    now = timezone.now()
    if not any(one in whose and whose[one] != contact for one in fact.new):
        senders.attach(chat.contact, fact.new)
    # asked again: at this very moment his first message by the new one may have made a contact of its own
    others = set(senders.owners(origin, fact.new).values()) - {contact}
    if others:
        words = _("El cliente cambió de número o de usuario, y con el nuevo ya hay otro contacto.")
        if not Message.objects.filter(chat=chat, direction="note", author="system", text=words).exists():
            _tell(chat, words, now)
        log.warning("origin %s: contact %s has become %s, who exists", origin.pk, contact, sorted(others))
        return True
    changed = any(one not in whose for one in fact.new)
    for kind, value in set(fact.old) - set(fact.new):
        if any(kind == new for new, _value in fact.new):
            # somebody else may get this number one day
            old = Address.objects.filter(origin=origin, contact=contact, kind=kind, value=value, revoked_at=None)
            changed = bool(old.update(revoked_at=now)) or changed
    _show_new_address(chat, fact)
    if fact.words and changed:
        _tell(chat, fact.words, now)
    return True


def _show_new_address(chat: Chat, fact: Renamed) -> None:
    phone = next((value for kind, value in fact.new if kind == "wa_id"), "")
    if phone and chat.contact.shown_address.startswith("+"):
        chat.contact.shown_address = f"+{phone}"
        chat.contact.save(update_fields=("shown_address",))


def _tell(chat: Chat, words: str, now: datetime) -> None:
    """A line in the conversation that never leaves."""
    line = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="system", text=words[:1000], created_at=now
    )
    publish.said(chat, line)
