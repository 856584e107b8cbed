"""Facebook Messenger, by the Messenger Platform of Graph API v25.0 (docs/origins/messenger.md)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from common.errors import OriginError
from origins import graph, meta_check, meta_in, meta_out
from origins.facts import Finding, Item, Known, Outgoing, RemoteTemplate, Sent
from origins.graph import challenge, verify
from origins.networks import Can

if TYPE_CHECKING:
    from origins.models import Origin

__all__ = [
    "CAN",
    "FIELDS",
    "acknowledge",
    "challenge",
    "check",
    "fetch",
    "parse",
    "send",
    "templates",
    "typing",
    "verify",
]

MOST = 25 * meta_out.MB
# what the app is to be subscribed to
FIELDS = (
    "messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_reactions",
    "message_edits",
)  # fmt: skip

CAN = Can(
    text=2000,
    # a file has no caption: words go as a message of their own
    caption=0,
    kinds=frozenset({"image", "audio", "video", "document", "sticker", "location", "contact", "template", "reaction"}),
    file_bytes=dict.fromkeys(("image", "audio", "video", "document", "sticker"), MOST),
    typing=True,
    window=True,
    human_agent=True,
    says_our_id=True,
    line_rate=40,
    line_burst=40,
)
WAY = meta_out.Dialect(
    network="Messenger",
    address="psid",
    can=CAN,
    file_bytes=CAN.file_bytes or {},
    echoes_metadata=True,
)


def parse(raw: bytes) -> Iterator[Item]:
    """The events of a body, each on its own. Raises OriginError when nothing can be read."""
    return meta_in.read(raw, "page", "psid")


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Give one message to the page's customer. Raises OriginError."""
    return meta_out.send(origin, out, WAY, f"{quote(origin.line_id, safe='') or 'me'}/messages", graph.BASE)


def typing(origin: "Origin", to: tuple[Known, ...], last: str) -> None:
    """The dots of somebody who writes. Raises OriginError."""
    meta_out.typing(origin, to, WAY, f"{quote(origin.line_id, safe='') or 'me'}/messages", graph.BASE)


def fetch(origin: "Origin", media: dict[str, Any], most: int) -> bytes:
    """The bytes at the link that a message named. Raises OriginError."""
    url = str(media.get("url") or "")
    if not url:
        raise OriginError(_("El mensaje llegó sin el archivo. Pedile al cliente que lo envíe de nuevo."))
    return graph.fetch_url(origin, url, most)


def check(origin: "Origin") -> list[Finding]:
    """Whether the token is the page's, and whether the app gets its messages."""
    page = quote(origin.line_id, safe="") or "me"
    return meta_check.check(origin, page, "id,name", graph.BASE, FIELDS, ("id",), origin.line_id)


def templates(origin: "Origin") -> Iterator[RemoteTemplate]:
    """None: those of this line are our own."""
    return iter(())


def acknowledge(origin: "Origin", ref: str) -> None:
    """Nothing waits for that here."""
