"""What there is: the clock, our lines, the customers with all that they wrote and got, media, and the counts."""

import base64
import hashlib
import random
import time
import zlib
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.faults import Faults
from sandbox.posting import Post

KINDS = ("whatsapp", "messenger", "instagram", "telegram")
MOST_CUSTOMERS, MOST_ENTRIES, MOST_MEDIA = 20_000, 1_000_000, 256 * 1024 * 1024
DAY = 24 * 3600


@dataclass
class Line:
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
    allowed_updates: list[str] | None = None
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
class Entry:
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
    line: Line
    name: str
    ids: dict[str, str]
    thread: list[Entry] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    last_stamp: float = 0.0
    last_wrote: float = 0.0
    blocked: bool = False
    tokens: float = 45.0
    tokens_at: float = 0.0
    last_number: int = -1
    times: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "line": self.line.key, "name": self.name, "ids": self.ids, "blocked": self.blocked}


@dataclass
class Media:
    """A file at the network. `fault`: lost, html, digest."""

    id: str
    data: bytes
    mime: str
    name: str
    digest: bytes
    fault: str = ""


class World:
    """Everything, of one run of the sandbox."""

    def __init__(self, seed: int = 1) -> None:
        self.seed, self.jumped = seed, 0.0
        # ids differ from run to run, or a product that met an earlier run would take them for duplicates
        self.started = int(time.time() * 1000)
        self.number = 0
        self.base = ""
        self.faults = Faults()
        self.chances: dict[str, random.Random] = {}
        self.counts: Counter[str] = Counter()
        self.lines: dict[str, Line] = {}
        self.customers: dict[str, Customer] = {}
        self.addresses: dict[tuple[str, str, str], Customer] = {}
        self.media: OrderedDict[str, Media] = OrderedDict()
        self.media_bytes = 0
        self.templates: dict[str, list[dict[str, Any]]] = {}
        self.post = Post(self)
        self.run: dict[str, Any] = {"running": False}

    # --- time and chance ---------------------------------------------------------------------

    def now(self) -> float:
        """Seconds since 1970 by the networks' clock, which `jump` moves on."""
        return time.time() + self.jumped

    def clock(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat()

    def chance(self, purpose: str) -> random.Random:
        """The dice of one purpose: what happens to sends does not shift what happens to webhooks."""
        if purpose not in self.chances:
            self.chances[purpose] = random.Random(f"{self.seed}:{purpose}")  # noqa: S311
        return self.chances[purpose]

    def falls(self, fault: str) -> bool:
        """Whether a fault happens this time."""
        likely = getattr(self.faults, fault)
        happens = likely > 0 and self.chance(fault).random() < likely
        if happens:
            self.counts[f"fault_{fault}"] += 1
        return happens

    def reset(self, seed: int) -> None:
        """Forgets everything but the address that it listens at."""
        self.post.stop()
        # the numbers go on, so that no id comes again
        base, started, number = self.base, self.started, self.number
        self.__init__(seed)  # type: ignore[misc]
        self.base, self.started, self.number = base, started, number

    def reseed(self, seed: int) -> None:
        self.seed = seed
        self.chances.clear()

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def new_id(self, prefix: str, about: str) -> str:
        """An id as Meta's look: opaque, unique, long."""
        secret = hashlib.sha256(f"{self.started}:{self.next_number()}".encode()).digest()[:18]
        return prefix + base64.b64encode(about.encode()[-16:] + secret).decode().replace("/", "A").replace("+", "B")

    # --- lines and customers ------------------------------------------------------------------

    def line(self, named: str) -> Line | None:
        """A line by `kind:line_id`, or the first of a kind."""
        if named in self.lines:
            return self.lines[named]
        return next((line for line in self.lines.values() if line.kind == named), None)

    def add_line(self, line: Line) -> Line:
        """Registers a line; one that is known keeps its customers and takes the new values."""
        known = self.lines.get(line.key)
        if known is None:
            if len(self.lines) >= 1000:
                raise ValueError("at most 1000 lines")
            self.lines[line.key] = line
            return line
        for name in ("account_id", "secret", "access_token", "verify_token", "webhook", "name", "human_agent"):
            setattr(known, name, getattr(line, name))
        return known

    def add_customer(self, customer: Customer) -> Customer:
        if len(self.customers) >= MOST_CUSTOMERS:
            raise ValueError(f"at most {MOST_CUSTOMERS} customers")
        self.customers[customer.id] = customer
        for kind, value in customer.ids.items():
            self.addresses[customer.line.key, kind, value] = customer
        return customer

    def find(self, line: Line, kind: str, value: str) -> Customer | None:
        return self.addresses.get((line.key, kind, value))

    def add_entry(self, customer: Customer, entry: Entry) -> Entry:
        """Takes a message into a conversation, and counts it where it reached the customer."""
        if self.counts["entries"] >= MOST_ENTRIES:
            raise ValueError(f"at most {MOST_ENTRIES} messages; start the sandbox anew")
        self.counts["entries"] += 1
        customer.thread.append(entry)
        customer.entries[entry.id] = entry
        return entry

    # --- files --------------------------------------------------------------------------------

    def keep(self, data: bytes, mime: str, name: str = "", *, of_customer: bool = False) -> Media:
        """Keeps a file; the oldest go when there is no room. Those of customers may turn out faulty."""
        fault = ""
        if of_customer:
            fault = next((name for name in ("lost", "html", "digest") if self.falls(f"media_{name}")), "")
        number = str(1_000_000_000_000_000 + self.started % 1_000_000_000 * 1_000_000 + self.next_number())
        media = Media(number, data, mime, name, hashlib.sha256(data).digest(), fault)
        self.media[media.id] = media
        self.media_bytes += len(data)
        while self.media_bytes > MOST_MEDIA and len(self.media) > 1:
            self.media_bytes -= len(self.media.popitem(last=False)[1].data)
        return media

    def bytes_of(self, media: Media) -> tuple[bytes, str] | None:
        """What a download gives, with its type; None where the file is lost."""
        if media.fault == "lost":
            return None
        if media.fault == "html":
            return b"<!doctype html><title>Error</title><h1>Sorry, something went wrong.</h1>", "text/html"
        if media.fault == "digest" and media.data:
            return media.data[:-1] + bytes([media.data[-1] ^ 1]), media.mime
        return media.data, media.mime
