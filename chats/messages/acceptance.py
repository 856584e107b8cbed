"""The origins' answers to what was sent: they took it, each under an id of its own."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from chats import bot_events, publish
from chats.messages import parked
from chats.messages.receipts import ON_ITS_WAY, keep_external_id
from chats.models import Chat, Message

# a message, the id that its origin gave it ("": none), and when it was begun
Taken = tuple[Message, str, datetime]

_ACCEPT = """
UPDATE chats_message AS m SET
  external_id = COALESCE(NULLIF(given.ref, ''), m.external_id), sent_at = COALESCE(m.sent_at, given.began),
  next_try_at = NULL,
  status = CASE WHEN m.status = ANY(%(on_its_way)s) THEN 'sent' ELSE m.status END,
  reason = CASE WHEN m.status = ANY(%(on_its_way)s) THEN '' ELSE m.reason END
FROM unnest(%(id)s::bigint[], %(ref)s::text[], %(began)s::timestamptz[]) AS given(id, ref, began)
WHERE m.id = given.id
"""


@transaction.atomic
def record_accepted(taken: Sequence[Taken], *, skip_held: bool = False) -> list[Message]:
    """The origins took these. A receipt may have been quicker than the answer, also one that says that it failed.

    Returns them as they are now; where `skip_held`, without those whose chat somebody else holds.
    """
    # the chats first, as everywhere: what came early may change a message under that lock
    free = Chat.objects.select_for_update(no_key=True, skip_locked=skip_held)
    chats = free.filter(pk__in={message.chat_id for message, *_rest in taken}).order_by("pk")
    locked = set(chats.values_list("pk", flat=True))
    taken = [one for one in taken if one[0].chat_id in locked]
    if not taken:
        return []
    try:
        with transaction.atomic():
            _write_all(taken)
    except IntegrityError:
        # an id that another message has: each is looked at by itself
        _write_all([(message, "", began) for message, _given, began in taken])
        for message, given, _began in taken:
            keep_external_id(Message.objects.get(pk=message.pk), given)
    messages = _read_all(taken)
    if parked.apply_all_parked(messages):
        messages = _read_all(taken)
    for message in messages:
        bot_events.record_message_update(message)
    publish.messages_changed(messages)
    return messages


def _write_all(taken: Sequence[Taken]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _ACCEPT,
            {
                "id": [message.pk for message, *_rest in taken],
                "ref": [given for _message, given, _began in taken],
                "began": [began for *_rest, began in taken],
                "on_its_way": list(ON_ITS_WAY),
            },
        )


def _read_all(taken: Sequence[Taken]) -> list[Message]:
    """As they are now, with what stays as it is."""
    found = Message.objects.in_bulk([message.pk for message, *_rest in taken])
    for message, *_rest in taken:
        found[message.pk].chat = message.chat
    return [found[message.pk] for message, *_rest in taken]
