"""The whole state of a sandbox: its lines, its customers with their conversations, its media, in memory."""

import base64
import hashlib
import time
from collections import OrderedDict
from typing import Any

from sandbox.conditions import Conditions
from sandbox.posting import WebhookPost
from sandbox.records import Customer, MediaFile, OurLine, ThreadEntry

KINDS = ("whatsapp", "messenger", "instagram", "telegram")
MAX_CUSTOMERS, MAX_ENTRIES, MAX_MEDIA_BYTES = 20_000, 1_000_000, 256 * 1024 * 1024
MAX_QUERIES = 10_000
DAY_SECONDS = 24 * 3600


class SandboxWorld(Conditions):
    """Everything, of one run of the sandbox."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        # ids differ from run to run, or a product that met an earlier run would take them for duplicates
        self.started = int(time.time() * 1000)
        self.number = 0
        self.base = ""
        self.lines: dict[str, OurLine] = {}
        self.customers: dict[str, Customer] = {}
        self.addresses: dict[tuple[str, str, str], Customer] = {}
        self.media: OrderedDict[str, MediaFile] = OrderedDict()
        self.media_bytes = 0
        # of apps at Meta: by app and object, as the API shows them
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.templates: dict[str, list[dict[str, Any]]] = {}
        # Telegram's tapped buttons that wait for an answer: by line and query, since when
        self.queries: dict[tuple[str, str], float] = {}
        self.post = WebhookPost(self)
        self.run: dict[str, Any] = {"running": False}

    def forget_everything(self, seed: int) -> None:
        """Forgets everything but the address that it listens at."""
        self.post.stop_posting()
        # the numbers go on, so that no id comes again
        base, started, number = self.base, self.started, self.number
        self.__init__(seed)  # type: ignore[misc]
        self.base, self.started, self.number = base, started, number

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def new_id(self, prefix: str, about: str) -> str:
        """An id as Meta's look: opaque, unique, long."""
        secret = hashlib.sha256(f"{self.started}:{self.next_number()}".encode()).digest()[:18]
        return prefix + base64.b64encode(about.encode()[-16:] + secret).decode().replace("/", "A").replace("+", "B")

    # --- lines and customers ------------------------------------------------------------------

    def find_line(self, named: str) -> OurLine | None:
        """A line by `kind:line_id`, or the first of a kind."""
        if named in self.lines:
            return self.lines[named]
        return next((line for line in self.lines.values() if line.kind == named), None)

    def add_line(self, line: OurLine) -> OurLine:
        """Registers a line; one that is known keeps its customers and takes the new values."""
        known = self.lines.get(line.key)
        if known is None:
            if len(self.lines) >= 1000:
                raise ValueError("at most 1000 lines")
            self.lines[line.key] = line
            return line
        for name in (
            "account_id",
            "app_id",
            "secret",
            "access_token",
            "verify_token",
            "webhook",
            "name",
            "human_agent",
        ):
            setattr(known, name, getattr(line, name))
        return known

    def add_customer(self, customer: Customer) -> Customer:
        if len(self.customers) >= MAX_CUSTOMERS:
            raise ValueError(f"at most {MAX_CUSTOMERS} customers")
        self.customers[customer.id] = customer
        for kind, value in customer.ids.items():
            self.addresses[customer.line.key, kind, value] = customer
        return customer

    def find_customer(self, line: OurLine, kind: str, value: str) -> Customer | None:
        return self.addresses.get((line.key, kind, value))

    def add_entry(self, customer: Customer, entry: ThreadEntry) -> ThreadEntry:
        """Takes a message into a conversation, and counts it where it reached the customer."""
        if self.counts["entries"] >= MAX_ENTRIES:
            raise ValueError(f"at most {MAX_ENTRIES} messages; start the sandbox anew")
        self.counts["entries"] += 1
        customer.thread.append(entry)
        customer.entries[entry.id] = entry
        return entry

    def await_answer(self, line: OurLine, query: str) -> None:
        """A tapped button waits for its answer; the oldest are given up."""
        self.queries[line.key, query] = self.now()
        while len(self.queries) > MAX_QUERIES:
            del self.queries[next(iter(self.queries))]

    # --- files --------------------------------------------------------------------------------

    def keep_file(self, data: bytes, mime: str, name: str = "", *, of_customer: bool = False) -> MediaFile:
        """Keeps a file; the oldest go when there is no room. Those of customers may turn out faulty."""
        fault = ""
        if of_customer:
            fault = next((name for name in ("lost", "html", "digest") if self.draw_fault(f"media_{name}")), "")
        number = str(1_000_000_000_000_000 + self.started % 1_000_000_000 * 1_000_000 + self.next_number())
        media = MediaFile(number, data, mime, name, hashlib.sha256(data).digest(), fault)
        self.media[media.id] = media
        self.media_bytes += len(data)
        while self.media_bytes > MAX_MEDIA_BYTES and len(self.media) > 1:
            self.media_bytes -= len(self.media.popitem(last=False)[1].data)
        return media

    def bytes_of(self, media: MediaFile) -> tuple[bytes, str] | None:
        """What a download gives, with its type; None where the file is lost."""
        if media.fault == "lost":
            return None
        if media.fault == "html":
            return b"<!doctype html><title>Error</title><h1>Sorry, something went wrong.</h1>", "text/html"
        if media.fault == "digest" and media.data:
            return media.data[:-1] + bytes([media.data[-1] ^ 1]), media.mime
        return media.data, media.mime
