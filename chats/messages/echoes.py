"""Echoes: what left by the line itself, ours or typed in the business's own app."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from chats import jobs, moves, publish
from chats.attachments import media
from chats.messages import identity, parked, senders
from chats.messages.receipts import apply_receipt
from chats.messages.rows import ANSWERED, MAX_TEXT_CHARS, clean_text, find_by_ref, mark_answered, update_preview
from chats.models import Chat, Message
from origins.choices import number_choices, prompt_above_choices
from origins.facts import Echo, Receipt
from origins.models import Origin


@transaction.atomic
def store_echo(origin: Origin, fact: Echo) -> bool:
    """What left by the line: one of ours gets its id; what was typed in the business's own app is stored once.

    False: it stood there already.
    """
    if _is_ours(origin, fact):
        return True
    if Message.objects.filter(origin=origin, external_id=fact.external_id).exists():
        return False
    now = timezone.now()
    at = min(fact.at or now, now)
    chat = identity.find_chat(
        origin, senders.Sender(senders.ids_of(fact), shown=fact.payload.get("shown_address", "")), at
    )
    if _matches_words(chat, fact):
        return True
    try:
        with transaction.atomic():
            message = Message.objects.create(
                chat=chat, origin_id=chat.origin_id, direction="out", author="agent", kind=fact.kind,
                text=clean_text(fact.text)[:MAX_TEXT_CHARS], payload={**fact.payload, "from_phone": True},
                external_id=fact.external_id, status="sent", created_at=at, sent_at=at,
                reply_to=find_by_ref(chat.messages, fact.reply_to).first() if fact.reply_to else None,
                media_due_at=media.first_fetch_due(fact.payload, now),
            )  # fmt: skip
    except IntegrityError:
        return False  # on another connection at this very moment
    if chat.change_id is None:
        moves.first_seen_late(chat, at=at)
    # what the customer wrote after that is unread still
    after = chat.messages.filter(direction="in", created_at__gt=at).order_by("created_at")[: chat.unread]
    waits = list(after.values_list("created_at", flat=True)) if chat.unread else []
    mark_answered(chat, at)
    chat.unread, chat.asked_at = len(waits), waits[0] if waits else None
    update_preview(chat, message, ANSWERED)
    if parked.apply_parked(message):
        message.refresh_from_db()
    publish.message_stored(chat, message)
    if fact.payload.get("media"):
        jobs.fetch_media(message.pk)
    return True


def _is_ours(origin: Origin, fact: Echo) -> bool:
    """An echo that names our uuid, or the id that we know."""
    receipt = Receipt(fact.external_id, "sent", ours=fact.ours, at=fact.at)
    return bool(fact.ours) and apply_receipt(origin, receipt)


def _matches_words(chat: Chat, fact: Echo) -> bool:
    """An echo without our uuid that is quicker than the answer to our request, or all that is left of it."""
    if chat.origin.can.says_our_id:
        return False  # without it, it is not ours
    waiting = Message.objects.filter(chat=chat, external_id=None, status__in=("sending", "unconfirmed"))
    waiting = waiting.exclude(kind__in=Message.COMMANDS).order_by("id")
    words = clean_text(fact.text).split()
    ours = next((one for one in waiting if words in _as_sent(one) and (words or one.kind == fact.kind)), None)
    if ours is None:
        return False
    return apply_receipt(chat.origin, Receipt(fact.external_id, "sent", ours=str(ours.uuid), at=fact.at))


def _as_sent(message: Message) -> list[list[str]]:
    """The words of a message as they may have left: choices stand below it where the origin has no buttons."""
    choices = message.payload.get("choices", ())
    return [
        text.split()
        for text in (message.text, prompt_above_choices(message.text), number_choices(message.text, choices))
    ]
