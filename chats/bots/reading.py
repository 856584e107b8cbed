"""What a bot may read of a chat: the API, webhooks and signed files all ask here.

Only while it has the chat (contacts/place.py). Then: what it said or heard itself, also in earlier rounds, and all
since this round began; never notes, nor what agents and customers said meanwhile. Once the chat has left, nothing.
"""

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When

from chats.models import Chat, Message
from common.prepared import Prepared
from contacts.models import State
from contacts.place import with_bot_q


def readable_message(chat: Chat, bot_pk: int, message_pk: int) -> Message | None:
    """One of those that the bot heard or said itself, as below."""
    return _ONE.find_one(chat.pk, chat.change_id or 0, bot_pk, message_pk)


def readable_messages(chat: Chat, bot_pk: int) -> QuerySet[Message]:
    """In order, none once the chat has moved on since it was read. `is_hidden`: changed behind the bot's back.

    The place is part of the query: what is said a moment after the hand-over does not slip through between the two.
    """
    return _readable(chat.pk, chat.change_id or 0, bot_pk)


def _readable(chat_pk: int, change_pk: int, bot_pk: int) -> QuerySet[Message]:
    # the message that begins a round is stored before the move, and has the bot's name
    move = Message.objects.filter(change=change_pk)
    its = Q(bot=bot_pk) | Q(pk__gt=move.values("pk"))
    behind = Q(edited_at__gte=_left_at()) & Q(edited_at__lt=move.values("change__at"))
    said = (
        Message.objects.filter(its, with_bot_q(bot_pk, "chat__"), chat=chat_pk, chat__change=change_pk)
        .exclude(direction=Message.Direction.NOTE)
        .exclude(kind__in=Message.COMMANDS)
    )
    hidden = Case(When(Q(edited_at__isnull=False) & behind, then=True), default=False)
    return said.annotate(is_hidden=hidden).select_related("reply_to").prefetch_related("attachments").order_by("pk")


def _left_at() -> Subquery:
    """When the chat left the bot that had it when this message was stored."""
    later = Message.objects.filter(chat=OuterRef("chat"), kind=Message.Kind.MOVE, pk__gt=OuterRef("pk"))
    return Subquery(later.exclude(change__state=State.BOT).order_by("pk").values("change__at")[:1])


_ONE = Prepared(lambda chat_pk, change_pk, bot_pk, pk: _readable(chat_pk, change_pk, bot_pk).filter(pk=pk, bot=bot_pk))
