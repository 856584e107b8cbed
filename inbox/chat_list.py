"""The chats of a tray, paged by key."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from chats.models import Chat
from common.folding import words_q
from common.paging import read_key, write_key
from contacts.models import Tag
from contacts.tags import show_tags
from inbox.row_filters import RowFilters
from origins.models import Origin
from trays.models import Tray

PAGE_SIZE = 50
# before the key of a page that begins in the second leg
_SECOND = "~"


@dataclass
class ChatPage:
    chats: list[Chat]
    after: str  # key of the next page, '' at the end


def read_page(
    tray: Tray,
    filters: RowFilters,
    lines: Sequence[Origin] = (),
    tags: Sequence[Tag] = (),
    *,
    q: str = "",
    after: str = "",
    agent_pk: int | None = None,
) -> ChatPage:
    """A page of a tray, as it is wanted by an agent. `lines` and `tags`: those that are known already."""
    chats = filters.narrow(Chat.objects.filter(state=Chat.State.BANDEJA, tray=tray), agent_pk)
    chats = chats.with_people(known=("origin", "tray", "preview_agent")).select_related("preview_agent")
    if q:
        chats = chats.filter(words_q("contact__searched", q))
    key = read_key(after.removeprefix(_SECOND))
    page: list[Chat] = []
    for leg in filters.legs[1:] if key and after.startswith(_SECOND) else filters.legs:
        page += leg.read(chats, key, PAGE_SIZE + 1 - len(page))
        key = None
        if len(page) > PAGE_SIZE:
            break
    more = len(page) > PAGE_SIZE
    page = page[:PAGE_SIZE]
    for chat in page:
        chat.tray = tray
    _give_lines(page, lines)
    show_tags([chat.contact for chat in page], tags)
    return ChatPage(page, _key_after(filters, page[-1]) if more else "")


def _give_lines(chats: Sequence[Chat], lines: Sequence[Origin]) -> None:
    known = {one.pk: one for one in lines}
    for chat in chats:
        if chat.origin_id in known:
            chat.origin = known[chat.origin_id]
    prefetch_related_objects([one for one in chats if one.origin_id not in known], "origin")


def _key_after(filters: RowFilters, last: Chat) -> str:
    number = filters.leg_of(last)
    return _SECOND * number + write_key(getattr(last, filters.legs[number].name), last.pk)
