"""A chat's messages as the screen shows them: by days, in runs of one author, newest page first, or around one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from chats.messages.missed import NEWS
from chats.models import Chat, Message
from common.paging import read_key, write_key
from common.parsing import parse_id
from contacts.models import StateChange

PAGE_SIZE = 50


@dataclass
class ThreadLine:
    """A message, with the day that begins above it (or None) and whether its author begins to speak."""

    message: Message
    day: datetime | None
    is_first: bool
    # whether it is the first that nobody has answered
    begins_unread: bool = False


@dataclass
class Thread:
    lines: list[ThreadLine]
    before: str  # key of the next older page, '' where there is none
    last_seen: int  # the newest message of the customer, or note of an agent, that this shows
    after: int = 0  # the last message shown, where newer ones follow that are not
    around: int = 0  # the message that it was asked around


def read_thread(chat: Chat, before: str = "") -> Thread:
    """The newest page, or the one older than the key `before` ("<time>,<id>"; a bad one is ignored)."""
    # of the chat, not of the page: what was there when this was read, wherever it stands; asked once, with the page
    heard, noted = (Subquery(chat.messages.filter(said).order_by("-id").values("id")[:1]) for said in NEWS)
    messages = _shown_messages(chat).annotate(heard=Greatest(heard, noted))
    key = read_key(before)
    if key:
        at, pk = key
        messages = messages.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    page = list(messages.order_by("-created_at", "-id")[: PAGE_SIZE + 1])
    more = len(page) > PAGE_SIZE
    page = page[:PAGE_SIZE][::-1]
    older = write_key(page[0].created_at, page[0].pk) if more else ""
    _mark_chosen(page)
    last = page[0].heard if page else None
    return Thread(list(_split_in_lines(chat, page)), older, last or 0)


def read_around(chat: Chat, message: Message) -> Thread:
    """Half a page up to this message, and half a page after it."""
    at, pk, half = message.created_at, message.pk, PAGE_SIZE // 2
    shown = _shown_messages(chat)
    # asked apart: each is a walk along the index from where the message stands
    until = shown.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lte=pk)).order_by("-created_at", "-id")
    since = shown.filter(Q(created_at__gt=at) | Q(created_at=at, pk__gt=pk)).order_by("created_at", "id")
    older, newer = list(until[: half + 1]), list(since[: half + 1])
    page = older[:half][::-1] + newer[:half]
    _mark_chosen(page)
    before = write_key(page[0].created_at, page[0].pk) if len(older) > half else ""
    after = page[-1].pk if len(newer) > half else 0
    return Thread(list(_split_in_lines(chat, page)), before, 0, after, pk)


def find_shown(chat: Chat, number: str) -> Message | None:
    """The message of this number, if it is a line of this chat's thread."""
    pk = parse_id(number)
    return None if pk is None else chat.messages.exclude(kind__in=Message.COMMANDS).filter(pk=pk).first()


def find_since(chat: Chat, at: datetime) -> Message | None:
    """The first that was said from then on; where nothing was, the last one."""
    shown = chat.messages.exclude(kind__in=Message.COMMANDS)
    first = shown.filter(created_at__gte=at).order_by("created_at", "id").first()
    return first or shown.order_by("-created_at", "-id").first()


def read_since(chat: Chat, pk: int) -> list[Message] | None:
    """This message and what was stored after it, in order; None where that is more than a page."""
    found = list(_shown_messages(chat).filter(pk__gte=pk).order_by("created_at", "id")[: PAGE_SIZE + 1])
    return found if len(found) <= PAGE_SIZE else None


def _shown_messages(chat: Chat) -> QuerySet[Message]:
    # few messages are moves, and fewer quote another: what those say is read apart (see Chat.objects.with_people)
    moves = Prefetch("change", StateChange.objects.select_related("tray__owner", "from_tray__owner", "actor", "agent"))
    quoted = Prefetch("reply_to", Message.objects.select_related("agent"))
    messages = chat.messages.exclude(kind__in=Message.COMMANDS)
    return messages.prefetch_related("agent", "attachments", moves, quoted)


def _split_in_lines(chat: Chat, messages: Iterable[Message]) -> Iterable[ThreadLine]:
    unread_from = chat.asked_at if chat.unread else None
    day: date | None = None
    author: Any = None
    for message in messages:
        local = timezone.localtime(message.created_at)
        begins = local if local.date() != day else None
        speaks = (message.direction, message.author, message.agent_id)
        begins_unread = unread_from == message.created_at and message.direction == "in"
        if begins_unread:
            # of several of one instant the first
            unread_from = None
        is_first = bool(begins) or speaks != author or message.kind == "template" or begins_unread
        yield ThreadLine(message, begins, is_first, begins_unread)
        day = local.date()
        author = None if message.kind == "move" else speaks


def _mark_chosen(page: Iterable[Message]) -> None:
    """Of the options that the bot offered: which one the customer's next message took (`message.chosen`)."""
    offer: Message | None = None
    for message in page:
        if message.direction == "out" and message.payload.get("choices"):
            offer = message
        elif message.direction == "in" and offer is not None:
            taken = (message.payload.get("payload"), message.text)
            for choice in offer.payload["choices"]:
                if choice.get("payload") == taken[0] or choice.get("title") == taken[1]:
                    offer.chosen = choice.get("title")  # type: ignore[attr-defined]
                    break
            offer = None
