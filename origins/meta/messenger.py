"""Facebook Messenger, by the Messenger Platform of Graph API v25.0 (docs/origins/messenger.md)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from common.errors import OriginError
from origins import graph
from origins.capabilities import CAPABILITIES
from origins.facts import Finding, Item, Known, Outgoing, RemoteTemplate, Sent
from origins.graph import answer_challenge, verify
from origins.meta import connection_check, inbound, outbound

if TYPE_CHECKING:
    from origins.models import Origin

__all__ = [
    "FIELDS",
    "acknowledge",
    "answer_challenge",
    "check_connection",
    "fetch_media",
    "parse",
    "read_templates",
    "send",
    "show_typing",
    "verify",
]

# what the app is to be subscribed to
FIELDS = (
    "messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_reactions",
    "message_edits",
)  # fmt: skip

DIALECT = outbound.Dialect(
    network="Messenger",
    address="psid",
    capabilities=CAPABILITIES["messenger"],
    echoes_metadata=True,
)


def parse(raw: bytes) -> Iterator[Item]:
    """The events of a body, each on its own. Raises OriginError when nothing can be read."""
    return inbound.read_body(raw, "page", "psid")


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Give one message to the page's customer. Raises OriginError."""
    return outbound.send_message(origin, out, DIALECT, f"{quote(origin.line_id, safe='') or 'me'}/messages", graph.BASE)


def show_typing(origin: "Origin", to: tuple[Known, ...], last: str) -> None:
    """The dots of somebody who writes. Raises OriginError."""
    outbound.show_typing(origin, to, DIALECT, f"{quote(origin.line_id, safe='') or 'me'}/messages", graph.BASE)


def fetch_media(origin: "Origin", media: dict[str, Any], most: int) -> bytes:
    """The bytes at the link that a message named. Raises OriginError."""
    url = str(media.get("url") or "")
    if not url:
        raise OriginError(_("El mensaje llegó sin el archivo. Pedile al cliente que lo envíe de nuevo."))
    return graph.fetch_url(origin, url, most)


def check_connection(origin: "Origin") -> list[Finding]:
    """Whether the token is the page's, and whether the app gets its messages."""
    page = quote(origin.line_id, safe="") or "me"
    return connection_check.check_account(origin, page, "id,name", graph.BASE, FIELDS, ("id",), origin.line_id)


def read_templates(origin: "Origin") -> Iterator[RemoteTemplate]:
    """None: those of this line are our own."""
    return iter(())


def acknowledge(origin: "Origin", ref: str) -> None:
    """Nothing waits for that here."""
