"""Instagram, by its messaging API of Graph API v25.0 (docs/origins/instagram.md).

Two set-ups: with Instagram's own login (the line is the Instagram account), or through a Facebook page, whose
id is then `account_id`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from origins import graph
from origins.capabilities import CAPABILITIES
from origins.facts import Finding, Item, Known, Outgoing, Sent
from origins.graph import answer_challenge, verify
from origins.meta import connection_check, inbound, outbound
from origins.meta.messenger import acknowledge, fetch_media, read_templates

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

BASE = "https://graph.instagram.com"
# what the app is to be subscribed to; echoes come with the messages
FIELDS = ("messages", "messaging_postbacks", "messaging_seen", "message_reactions")

DIALECT = outbound.Dialect(
    network="Instagram",
    address="igsid",
    capabilities=CAPABILITIES["instagram"],
    ascii_names=True,
    only_loves=True,
)


def parse(raw: bytes) -> Iterator[Item]:
    """The events of a body, each on its own. Raises OriginError when nothing can be read."""
    return inbound.read_body(raw, "instagram", "igsid")


def _account_path(origin: "Origin") -> tuple[str, str]:
    """Whom to ask, and at which address."""
    if origin.account_id:
        return quote(origin.account_id, safe=""), graph.BASE
    return quote(origin.line_id, safe="") or "me", BASE


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Give one message to the account's customer. Raises OriginError."""
    line, base = _account_path(origin)
    # with its own login Instagram takes a file by its address only
    return outbound.send_message(origin, out, DIALECT, f"{line}/messages", base, by_link=not origin.account_id)


def show_typing(origin: "Origin", to: tuple[Known, ...], last: str) -> None:
    """The dots of somebody who writes. Raises OriginError."""
    line, base = _account_path(origin)
    outbound.show_typing(origin, to, DIALECT, f"{line}/messages", base)


def check_connection(origin: "Origin") -> list[Finding]:
    """Whether the token is the account's, and whether the app gets its messages."""
    line, base = _account_path(origin)
    if origin.account_id:
        return connection_check.check_account(origin, line, "id,name", base, ("messages",), ("id",), origin.account_id)
    return connection_check.check_account(
        origin, line, "id,user_id,username", base, FIELDS, ("user_id", "id"), origin.line_id
    )
