"""The customer's reactions, edits and withdrawals of messages that stand."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chats import bot_events, locks, publish
from chats.messages import senders
from chats.messages.rows import MAX_TEXT_CHARS, clean_text, find_by_ref, show_again
from chats.models import Message
from origins.facts import Edit, Reaction, Withdrawal
from origins.models import Origin
from origins.readable import say

log = logging.getLogger(__name__)

# attachments of one message of Messenger or Instagram
MAX_PARTS = 30


@transaction.atomic
def apply_amendment(origin: Origin, fact: Reaction | Edit | Withdrawal) -> bool:
    """Apply it to the message that it names; False while that one is unknown. Never makes a chat arrive."""
    known = senders.ids_of(fact)
    own = Q(chat__contact__addresses__kind=known[0][0], chat__contact__addresses__value=known[0][1])
    for kind, value in known[1:]:
        own |= Q(chat__contact__addresses__kind=kind, chat__contact__addresses__value=value)
    found = find_by_ref(Message.objects.filter(own, origin=origin), fact.target).values_list("pk", "chat").first()
    if found is None:
        return False
    chat = locks.lock_chat(found[1])
    if chat.erased_at is not None:
        return False
    message = Message.objects.select_for_update().get(pk=found[0])
    if _apply_change(message, fact):
        if not chat.is_blocked:
            bot_events.record_message_update(message)
        publish.message_changed(message)
    return True


def _apply_change(message: Message, fact: Reaction | Edit | Withdrawal) -> bool:
    if isinstance(fact, Reaction):
        message.reaction = clean_text(fact.emoji)[:40]
        message.save(update_fields=("reaction",))
        return True
    is_typed_outside = bool(message.payload.get("from_phone"))
    if message.direction != "in" and not (isinstance(fact, Withdrawal) and is_typed_outside):
        # nobody edits or takes back what we said; only where it was typed it may have been taken back
        return False
    at = min(fact.at or timezone.now(), timezone.now())
    if isinstance(fact, Withdrawal):
        message.withdrawn_at = message.withdrawn_at or at
        message.save(update_fields=("withdrawn_at",))
        _withdraw_rest(message, at)
    else:
        if message.edited_at and message.edited_at > at:
            return False  # an older one that comes later
        text, read = fact.text, fact.payload
        if read is None:
            text, read = say(fact.text, message.payload.get("cards", []))
        message.text, message.edited_at = clean_text(text)[:MAX_TEXT_CHARS], at
        # in place of what was read of it before
        kept = {name: value for name, value in message.payload.items() if name not in ("cards", "words")}
        message.payload = kept | read
        message.save(update_fields=("text", "payload", "edited_at"))
    show_again(message)
    return True


def _withdraw_rest(message: Message, at: datetime) -> None:
    """Several pictures that were one message at the network (mid, mid:1, …) go together."""
    parts = [f"{message.external_id}:{number}" for number in range(1, MAX_PARTS)]
    rest = Message.objects.filter(chat=message.chat_id, external_id__in=parts, withdrawn_at=None)
    for one in rest:
        one.withdrawn_at = at
        one.save(update_fields=("withdrawn_at",))
        show_again(one)
        publish.message_changed(one)
