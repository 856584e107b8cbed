"""The origin's answer to a send: it took the message, under an id of its own."""

from datetime import datetime

from django.db import transaction

from chats import bot_events, publish
from chats.messages import parked
from chats.messages.receipts import ON_ITS_WAY, keep_external_id
from chats.models import Chat, Message


@transaction.atomic
def record_accepted(message: Message, given: str, began: datetime) -> Message:
    """The origin took it. A receipt may have been quicker than its answer, also one that says that it failed."""
    # the chat first, as everywhere: what came early may change the message under that lock
    Chat.objects.select_for_update(no_key=True).only("pk").get(pk=message.chat_id)
    fresh = Message.objects.select_for_update().get(pk=message.pk)
    keep_external_id(fresh, given)
    fresh.sent_at, fresh.next_try_at = fresh.sent_at or began, None
    fields = ["sent_at", "next_try_at"]
    if fresh.status in ON_ITS_WAY:
        fresh.status, fresh.reason = "sent", ""
        fields += ["status", "reason"]
    fresh.save(update_fields=fields)
    if parked.apply_parked(fresh):
        fresh.refresh_from_db()
    bot_events.record_message_update(fresh)
    publish.message_changed(fresh)
    return fresh
