"""The networks by the name of their kind, and what each of them can do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from origins.facts import Finding, Item, Known, Outgoing, RemoteTemplate, Sent

if TYPE_CHECKING:
    from origins.models import Origin

# of a session that somebody on the other side may be answered in
DAY = 24 * 3600


@dataclass(frozen=True)
class Can:
    """What a network takes, and how quickly. Lengths in characters, or in UTF-8 bytes where `counts_bytes`."""

    text: int = 65_536
    counts_bytes: bool = False
    caption: int = 65_536
    # outgoing kinds, beside text
    kinds: frozenset[str] = frozenset()
    # the only emoji that it takes as a reaction; none named: any
    reactions: tuple[str, ...] = ()
    # most bytes of a file, by kind of message
    file_bytes: Mapping[str, int] | None = None
    # a free text goes out only within 24 h of the customer's last message
    window: bool = False
    # what a person wrote may go out for seven days, where the line was given that right
    human_agent: bool = False
    # its templates live in the account at the network; else they are ours
    remote_templates: bool = False
    # the same message may be given twice: it knows our id
    repeats_safely: bool = False
    # says our own id in receipts or echoes, so that an unsure one can be told
    says_our_id: bool = False
    # shows that somebody is about to answer
    typing: bool = False
    # a line's messages a second, and how many may go at once
    line_rate: float = 0
    line_burst: int = 1
    # the same for one chat
    chat_rate: float = 0
    chat_burst: int = 1


class Network(Protocol):
    """One module a network."""

    CAN: Can

    def verify(self, origin: "Origin", headers: Mapping[str, str], raw: bytes) -> bool:
        """Whether these bytes are really the network's. Headers by lower-case name."""

    def parse(self, raw: bytes) -> Iterator[Item]:
        """Pure: what a body says, each item on its own. Raises OriginError when nothing can be read."""

    def send(self, origin: "Origin", out: Outgoing) -> Sent:
        """Give one message to the network. Raises OriginError."""

    def fetch(self, origin: "Origin", media: dict[str, Any], most: int) -> bytes:
        """The bytes of media that a message named, `most` of them at most. Raises OriginError."""

    def check(self, origin: "Origin") -> list[Finding]:
        """*Probar conexión*: real calls, and what they found. Never raises OriginError."""

    def templates(self, origin: "Origin") -> Iterator[RemoteTemplate]:
        """All templates of the account, page by page (CAN.remote_templates). Raises OriginError."""

    def typing(self, origin: "Origin", to: tuple[Known, ...], last: str) -> None:
        """Show that somebody is about to answer (CAN.typing); `last`: the id of the customer's last message.

        Raises OriginError.
        """

    def acknowledge(self, origin: "Origin", ref: str) -> None:
        """Answer what Incoming.acknowledge named. Raises OriginError."""


def network(kind: str) -> Network:
    """The module of a kind of origin."""
    if kind not in ("web", "http", "whatsapp", "telegram", "messenger", "instagram"):
        raise LookupError(kind)
    return cast(Network, import_module(f"origins.{kind}"))


def can(kind: str) -> Can:
    return network(kind).CAN
