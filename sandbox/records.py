"""The records of a sandbox: lines of ours, customers with their conversations, messages and files."""

import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class OurLine:
    """One line of ours, as the networks know it. Telegram: the access token is the bot's, the secret its webhook's."""

    kind: str
    line_id: str
    account_id: str = ""
    secret: str = ""
    access_token: str = ""
    verify_token: str = ""
    webhook: str = ""
    name: str = ""
    human_agent: bool = True
    is_verified: bool = False
    # Meta: the app that the secret is of, and which fields it is told of this line (None: nobody has said)
    app_id: str = ""
    subscribed: list[str] | None = None
    allowed_updates: list[str] | None = None
    # Telegram: the account that the bot is connected to: connected, silent (it may not answer), off, or none
    account: str = ""
    customers: int = 0

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.line_id}"

    @property
    def phone(self) -> str:
        """The business's own number, of a WhatsApp line."""
        return f"1555{zlib.crc32(self.line_id.encode()) % 10_000_000:07d}"

    def as_dict(self) -> dict[str, Any]:
        shown = ("kind", "line_id", "account_id", "webhook", "name", "is_verified")
        return {"line": self.key, **{name: getattr(self, name) for name in shown}}


@dataclass
class ThreadEntry:
    """One message of a conversation. `side`: customer or line. `ours`: the id that the product gave it."""

    id: str
    side: str
    kind: str
    at: float
    text: str = ""
    ours: str = ""
    media: str = ""
    choices: list[dict[str, str]] = field(default_factory=list)
    reply_to: str = ""
    target: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    reactions: dict[str, str] = field(default_factory=dict)
    status: str = ""
    accepted: bool = False
    attempts: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value not in ("", [], {}, 0) or name == "accepted"}


@dataclass
class Customer:
    """Somebody who writes to a line. `ids`: wa_id, bsuid, username; psid; igsid; chat_id."""

    id: str
    line: OurLine
    name: str
    ids: dict[str, str]
    thread: list[ThreadEntry] = field(default_factory=list)
    entries: dict[str, ThreadEntry] = field(default_factory=dict)
    last_stamp: float = 0.0
    last_wrote: float = 0.0
    # to the account that the bot is connected to
    wrote_account: float = 0.0
    blocked: bool = False
    # wants no promotions of this line (WhatsApp)
    stopped: bool = False
    tokens: float = 45.0
    tokens_at: float = 0.0
    last_number: int = -1
    times: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "line": self.line.key, "name": self.name, "ids": self.ids, "blocked": self.blocked}


@dataclass
class MediaFile:
    """A file at the network. `fault`: lost, html, digest."""

    id: str
    data: bytes
    mime: str
    name: str
    digest: bytes
    fault: str = ""
    # of an upload: whose it is, and until when it may be sent
    account: str = ""
    until: float = float("inf")
