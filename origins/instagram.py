"""Instagram, by its messaging API of Graph API v25.0 (docs/origins/instagram.md).

Two set-ups: with Instagram's own login (the line is the Instagram account), or through a Facebook page, whose
id is then `account_id`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from origins import graph, meta_check, meta_in, meta_out
from origins.facts import Finding, Item, Known, Outgoing, Sent
from origins.graph import challenge, verify
from origins.messenger import acknowledge, fetch, templates
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

BASE = "https://graph.instagram.com"
# what the app is to be subscribed to; echoes come with the messages
FIELDS = ("messages", "messaging_postbacks", "messaging_seen", "message_reactions")

CAN = Can(
    text=1000,
    counts_bytes=True,
    caption=0,
    kinds=frozenset({"image", "audio", "video", "document", "sticker", "location", "contact", "template", "reaction"}),
    reactions=("❤️",),
    file_bytes={
        "image": 8 * meta_out.MB,
        "sticker": 8 * meta_out.MB,
        "audio": 25 * meta_out.MB,
        "video": 25 * meta_out.MB,
        "document": 25 * meta_out.MB,
    },
    typing=True,
    window=True,
    human_agent=True,
    line_rate=40,
    line_burst=40,
)
WAY = meta_out.Dialect(
    network="Instagram",
    address="igsid",
    can=CAN,
    file_bytes=CAN.file_bytes or {},
    ascii_names=True,
    only_loves=True,
    takes={
        "image": (frozenset({"image/jpeg", "image/png", "image/gif"}), "JPG, PNG o GIF"),
        "audio": (
            frozenset(
                {"audio/aac", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/wav", "audio/x-wav", "audio/vnd.wave"}
            ),
            "AAC, M4A o WAV",
        ),
        "video": (
            frozenset({"video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"}),
            "MP4, OGG, AVI, MOV o WEBM",
        ),
        "file": (frozenset({"application/pdf"}), "PDF"),
    },
)


def parse(raw: bytes) -> Iterator[Item]:
    """The events of a body, each on its own. Raises OriginError when nothing can be read."""
    return meta_in.read(raw, "instagram", "igsid")


def _line(origin: "Origin") -> tuple[str, str]:
    """Whom to ask, and at which address."""
    if origin.account_id:
        return quote(origin.account_id, safe=""), graph.BASE
    return quote(origin.line_id, safe="") or "me", BASE


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Give one message to the account's customer. Raises OriginError."""
    line, base = _line(origin)
    # with its own login Instagram takes a file by its address only
    return meta_out.send(origin, out, WAY, f"{line}/messages", base, by_link=not origin.account_id)


def typing(origin: "Origin", to: tuple[Known, ...], last: str) -> None:
    """The dots of somebody who writes. Raises OriginError."""
    line, base = _line(origin)
    meta_out.typing(origin, to, WAY, f"{line}/messages", base)


def check(origin: "Origin") -> list[Finding]:
    """Whether the token is the account's, and whether the app gets its messages."""
    line, base = _line(origin)
    if origin.account_id:
        return meta_check.check(origin, line, "id,name", base, ("messages",), ("id",), origin.account_id)
    return meta_check.check(origin, line, "id,user_id,username", base, FIELDS, ("user_id", "id"), origin.line_id)
