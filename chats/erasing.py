"""Erasing a person: the chat leaves for EXPIRADO for good, and words, files and ids go from all that was said in it.

`erase_contact` is one transaction, after which nobody sees the contact and what comes from its addresses makes a new
one. The rest goes in batches (`erase_words`, `erase_traces`), each safe to repeat and to run at once. Rows of messages
stay without a word: when, by whom and of what kind is what reports count, with the history of states.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from chats import locks, publish
from chats.attachments.budgets import visitor_budget
from chats.attachments.removal import remove_files
from chats.erased_ids import hide_id
from chats.models import (
    Attachment,
    Chat,
    Mention,
    Message,
    ParkedFact,
    Recipient,
    Reminder,
    ScheduledMessage,
    UploadBudget,
)
from chats.moves import MOVES, authorise
from chats.steps import Step, go_many
from common.naming import Names
from common.paging import walk_ids
from contacts.erasing import erase_card
from contacts.models import State
from trays.models import Agent
from wittybots.models import Answered, Event

BATCH = 500
# of tables that no index finds a chat in: so many rows are looked through by one statement
RANGE = 20_000
# columns of a message that say something, and what they are without it
NOTHING_SAID = {"text": "", "payload": {}, "reaction": "", "own_reaction": "", "reason": ""}
_EMPTY: dict[str, Any] = {
    "preview": "", "preview_kind": "", "preview_author": "", "preview_agent": None, "preview_at": None, "unread": 0,
    "asked_at": None, "bot_memory": {}, "bot_path": [], "attributes": {}, "bot_summary": "", "tags": [],
    "is_blocked": False, "mentioned_ids": [], "survey": None, "survey_until": None,
}  # fmt: skip


@transaction.atomic
def erase_contact(contact_pk: int, agent: Agent, *, at: datetime | None = None) -> Chat:
    """The contact is nobody from now on, its chat nowhere. Twice is once. Raises Rejected; Chat.DoesNotExist."""
    locks.hold_active_agent(agent)
    chat = locks.lock_chat(Chat.objects.values_list("pk", flat=True).get(contact=contact_pk))
    if chat.erased_at is not None:
        return chat
    authorise("erase", chat, agent)
    at = at or timezone.now()
    erase_card(chat.contact, at)
    for model in (ScheduledMessage, Reminder):
        model._default_manager.filter(chat=chat).delete()
    Mention.objects.filter(message__chat=chat).delete()
    # that somebody got it is counted; who is nobody's business any more
    Recipient.objects.filter(contact=contact_pk).update(columns={}, reason="")
    for name, value in _EMPTY.items():
        setattr(chat, name, value)
    chat.save(update_fields=tuple(_EMPTY))
    go_many([Step(chat, State.EXPIRADO)], MOVES["erase"].cause, at=at, actor=agent)
    Chat.objects.filter(pk=chat.pk).update(erased_at=at)
    chat.erased_at = at
    publish.card_changed([contact_pk])
    publish.visitor_ended(contact_pk)
    return chat


def erase_words(chat_pk: int, tell: Callable[[int], None]) -> None:
    """Of every message, the newest first; `tell` hears how many a batch had."""
    said = Message.objects.filter(chat=chat_pk).order_by("-created_at", "-pk")
    last: tuple[datetime, int] | None = None
    while True:
        rest = said
        if last is not None:
            rest = said.filter(created_at__lte=last[0]).exclude(created_at=last[0], pk__gte=last[1])
        batch = list(rest.only("pk", "origin", "external_id", "created_at")[:BATCH])
        if not batch:
            return
        _erase_batch(batch)
        last = batch[-1].created_at, batch[-1].pk
        tell(len(batch))


def _erase_batch(batch: Sequence[Message]) -> None:
    pks = [one.pk for one in batch]
    remove_files(Attachment.objects.filter(message__in=pks))
    named = [one for one in batch if one.external_id]
    ParkedFact.objects.filter(
        origin__in={one.origin_id for one in named}, ref__in=[one.external_id for one in named]
    ).delete()
    for one in named:
        one.external_id = hide_id(str(one.external_id))
    unsent = Q(status__in=(Message.Status.QUEUED, Message.Status.SENDING))
    with transaction.atomic():
        Message.objects.bulk_update(named, ["external_id"])
        Message.objects.filter(pk__in=pks).update(
            **NOTHING_SAID, reply_to=None, next_try_at=None, media_due_at=None,
            status=Case(When(unsent, then=Value(Message.Status.FAILED)), default=F("status")),
        )  # fmt: skip


def erase_traces(chat_pk: int, origin_pk: int, addresses: Sequence[str]) -> None:
    """What else keeps something of the person: files that no message has, facts that wait for one, and what bots and
    integrations were told or answered."""
    remove_files(Attachment.objects.filter(Q(chat=chat_pk) | Q(origin=origin_pk, message=None, visitor__in=addresses)))
    budgets = [visitor_budget(origin_pk, one) for one in addresses]
    UploadBudget.objects.filter(name__in=budgets).delete()
    names = Names(addresses)
    for fact in ParkedFact.objects.filter(origin=origin_pk).iterator(BATCH):
        if names.stand_in(f"{fact.ref} {fact.data}"):
            fact.delete()
    _erase_events(chat_pk)
    _erase_answers(chat_pk, names)


def _erase_events(chat_pk: int) -> None:
    """Why a call failed may be in its receiver's words; what was said and not told yet is told no more."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for low, high in walk_ids(Event.objects.filter(pk__lte=last), RANGE):
        events = Event.objects.filter(pk__gte=low, pk__lte=high, chat_id=chat_pk)
        events.exclude(reason="").update(reason="")
        events.filter(state=Event.State.QUEUED, message_id__isnull=False).update(
            state=Event.State.DROPPED, next_try_at=None
        )


def _erase_answers(chat_pk: int, names: Names) -> None:
    """Asked again without its kept answer, a request is refused: the chat is nobody's."""
    of_chat = Names([str(chat_pk)])
    for answered in Answered.objects.exclude(body=None).only("pk", "body").iterator(BATCH):
        words = str(answered.body)
        if of_chat.stand_in(words) or names.stand_in(words):
            Answered.objects.filter(pk=answered.pk).delete()
