"""The chats of a tray, paged by key."""

from dataclasses import dataclass

from django.db.models import Q

from chats.models import Chat
from common.paging import read_key, write_key
from trays.models import Tray

PAGE = 50


@dataclass
class Rows:
    chats: list[Chat]
    after: str  # key of the next page, '' at the end
    newest_first: bool


def of_tray(tray: Tray, *, q: str = "", after: str = "", newest_first: bool | None = None) -> Rows:
    """A page of a tray: who waits longest first; in Conversaciones Cerradas what was closed last first."""
    if newest_first is None:
        newest_first = tray.kind == Tray.Kind.CLOSED
    chats = Chat.objects.filter(state=Chat.State.BANDEJA, tray=tray).with_people()
    if q:
        chats = chats.filter(Q(contact__name__icontains=q) | Q(contact__shown_address__icontains=q))
    key = read_key(after)
    if key:
        at, pk = key
        later = Q(waiting_since__lt=at) | Q(waiting_since=at, pk__lt=pk)
        earlier = Q(waiting_since__gt=at) | Q(waiting_since=at, pk__gt=pk)
        chats = chats.filter(later if newest_first else earlier)
    order = ("-waiting_since", "-id") if newest_first else ("waiting_since", "id")
    page = list(chats.order_by(*order)[: PAGE + 1])
    more = len(page) > PAGE
    page = page[:PAGE]
    return Rows(page, write_key(page[-1].waiting_since, page[-1].pk) if more else "", newest_first)
