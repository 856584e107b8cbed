"""The chats of a tray, paged by key."""

from dataclasses import dataclass

from django.db.models import Q

from chats.models import Chat
from common.folding import words_q
from common.paging import read_key, write_key

PAGE_SIZE = 50


@dataclass
class ChatPage:
    chats: list[Chat]
    after: str  # key of the next page, '' at the end
    newest_first: bool


def read_page(tray_pk: int, *, q: str = "", after: str = "", newest_first: bool = False) -> ChatPage:
    """A page of a tray, those that wait longest first or those that came last first."""
    chats = Chat.objects.filter(state=Chat.State.BANDEJA, tray=tray_pk).with_people()
    if q:
        chats = chats.filter(words_q("contact__searched", q))
    key = read_key(after)
    if key:
        at, pk = key
        later = Q(waiting_since__lt=at) | Q(waiting_since=at, pk__lt=pk)
        earlier = Q(waiting_since__gt=at) | Q(waiting_since=at, pk__gt=pk)
        chats = chats.filter(later if newest_first else earlier)
    order = ("-waiting_since", "-id") if newest_first else ("waiting_since", "id")
    page = list(chats.order_by(*order)[: PAGE_SIZE + 1])
    more = len(page) > PAGE_SIZE
    page = page[:PAGE_SIZE]
    return ChatPage(page, write_key(page[-1].waiting_since, page[-1].pk) if more else "", newest_first)
