"""The networks by the name of their kind, and what each of their modules offers."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from origins.facts import Finding, Item, Known, Outgoing, RemoteTemplate, Sent
from origins.models import Origin

MODULES = {
    "web": "origins.web",
    "http": "origins.http",
    "whatsapp": "origins.whatsapp.network",
    "telegram": "origins.telegram.network",
    "messenger": "origins.meta.messenger",
    "instagram": "origins.meta.instagram",
}


class Network(Protocol):
    """One module a network."""

    def verify(self, origin: Origin, headers: Mapping[str, str], raw: bytes) -> bool:
        """Whether these bytes are really the network's. Headers by lower-case name."""

    def parse(self, raw: bytes) -> Iterator[Item]:
        """Pure: what a body says, each item on its own. Raises OriginError when nothing can be read."""

    def send(self, origin: Origin, out: Outgoing) -> Sent:
        """Give one message to the network. Raises OriginError."""

    def fetch_media(self, origin: Origin, media: dict[str, Any], most: int) -> bytes:
        """The bytes of media that a message named, `most` of them at most. Raises OriginError."""

    def check_connection(self, origin: Origin) -> list[Finding]:
        """*Probar conexión*: real calls, and what they found. Never raises OriginError."""

    def read_templates(self, origin: Origin) -> Iterator[RemoteTemplate]:
        """All templates of the account, page by page (Capabilities.remote_templates). Raises OriginError."""

    def show_typing(self, origin: Origin, to: tuple[Known, ...], last: str) -> None:
        """Show that somebody is about to answer (Capabilities.typing); `last`: the id of the customer's last message.

        Raises OriginError.
        """

    def ids_of_phone(self, digits: str) -> tuple[Known, ...]:
        """The ids by which a phone is known there, the one to write to first (Capabilities.first_by_phone)."""

    def acknowledge(self, origin: Origin, ref: str) -> None:
        """Answer what Incoming.acknowledge named. Raises OriginError."""


def network_of(kind: str) -> Network:
    """The module of a kind of origin."""
    # imported when first asked for: a process reads only the networks that it speaks
    return cast(Network, import_module(MODULES[kind]))
