"""Customers: their names and ids, and the messages that they write."""

import base64
import zlib
from collections.abc import Callable
from typing import Any

from sandbox import pages, samples, telegram, whatsapp
from sandbox.posting import WebhookEvent
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.world import SandboxWorld

FIRST_NAMES = (
    "Marta",
    "João",
    "Lucía",
    "Peñarol",
    "Iñaki",
    "Ana María",
    "Zoë",
    "Nahuel",
    "Conceição",
    "Óscar",
    "Kiara 🌻",
)
LAST_NAMES = (
    "Pereyra",
    "da Conceição",
    "Núñez",
    "O'Higgins",
    "Güemes",
    "Ñandú",
    "Fernández",
    "Araújo",
    "Müller",
    "Silva",
)

# kinds that are no message of their own, and so open no customer service window
ASIDE = ("reaction", "edit", "withdrawal", "moved")
MEDIA = ("image", "voice", "audio", "video", "document", "sticker")


def add_customer(world: SandboxWorld, line: OurLine, given: dict[str, Any] | None = None) -> Customer:
    """A new customer of a line; the same seed and line give the same people. Raises ValueError.

    `given`: name, phone (digits, or '' for one who shows a username only), username, chat_id, psid, igsid.
    """
    given = given or {}
    line.customers += 1
    number = line.customers
    mark = zlib.crc32(f"{world.seed}:{line.key}".encode())
    name = str(
        given.get("name") or f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number // 3 % len(LAST_NAMES)]}"
    )
    ids = {kind: str(value) for kind, value in _make_ids(line.kind, mark, number, given).items() if value}
    for kind, value in ids.items():
        if world.find_customer(line, kind, value):
            raise ValueError(f"{line.key} has a customer with {kind} {value}")
    return world.add_customer(Customer(f"c{len(world.customers) + 1}", line, name, ids))


def _make_ids(kind: str, mark: int, number: int, given: dict[str, Any]) -> dict[str, Any]:
    username = given.get("username", "")
    if kind == "whatsapp":
        phone = given.get("phone", f"5989{mark % 90 + 10}{number:05d}")
        known = given.get("bsuid") or f"UY.{mark % 10**7:07d}{number:010d}"
        if not phone:
            username = username or f"usuario.{number}"
        return {"wa_id": str(phone).lstrip("+"), "bsuid": known, "username": username}
    if kind == "telegram":
        return {"chat_id": given.get("chat_id") or f"7{mark % 100:02d}{number:06d}", "username": username}
    name = "psid" if kind == "messenger" else "igsid"
    return {name: given.get(name) or f"2{mark % 10**6:06d}{number:09d}", "username": username}


def next_timestamp(world: SandboxWorld, customer: Customer, at: float | None = None) -> float:
    """When a customer's next message was written: whole seconds, each later than the one before."""
    customer.last_stamp = float(max(int(world.now() if at is None else at), customer.last_stamp + 1))
    return customer.last_stamp


def network_of(line: OurLine) -> Any:
    """The module that speaks as a line's network."""
    return {"whatsapp": whatsapp, "telegram": telegram}.get(line.kind, pages)


def compose_message(
    world: SandboxWorld, customer: Customer, what: dict[str, Any]
) -> tuple[ThreadEntry, dict[str, Any] | None]:
    """Writes a message: the entry, and what its webhook holds (None: the network says nothing of it). ValueError."""
    line, kind = customer.line, str(what.get("kind") or "text")
    if kind not in (*MEDIA, *ASIDE, "text", "location", "contact", "choice", "unsupported", "order"):
        raise ValueError(f"customers do not write {kind!r}")
    if what.get("at") is not None and not isinstance(what["at"], int | float):
        raise ValueError("at is a number of seconds since 1970")
    at = next_timestamp(world, customer, what.get("at"))
    entry = ThreadEntry(
        network_of(line).new_id(world, customer),
        "customer",
        kind,
        at,
        text=str(what.get("text") or ""),
        reply_to=str(what.get("reply_to") or ""),
        target=str(what.get("target") or ""),
        payload={key: value for key, value in what.items() if key not in ("kind", "text", "data", "at", "wait")},
    )
    if kind == "location":
        entry.payload |= samples.describe_place(entry.payload)
    if kind == "contact":
        entry.text = entry.text or samples.describe_card(entry.payload)["name"]["formatted_name"]
    if kind in MEDIA:
        data, mime, name = _read_file(world, kind, what)
        entry.media = world.keep_file(data, mime, name, of_customer=True).id
    if kind in ("reaction", "edit", "withdrawal", "choice") and entry.target not in customer.entries:
        raise ValueError(f"{customer.id} has no message {entry.target!r}")
    target = customer.entries.get(entry.target)
    if target and target.payload.get("business"):
        entry.payload["business"] = True
    if kind == "choice":
        _choose_option(customer.entries[entry.target], entry, what)
    item = network_of(line).build_incoming(world, customer, entry)
    world.add_entry(customer, entry)
    world.counts["written"] += item is not None
    _apply_effects(world, customer, entry)
    return entry, item


def write_message(
    world: SandboxWorld, customer: Customer, what: dict[str, Any], done: Callable[[int], None] | None = None
) -> ThreadEntry:
    """Writes a message and has it posted. `done` is told the webhook's status (200; 0: given up). Raises ValueError."""
    entry, item = compose_message(world, customer, what)
    if item is None:
        if done:
            done(200)
        return entry

    def told(status: int) -> None:
        if status == 200 and not entry.accepted:
            entry.accepted = True
            world.counts["accepted"] += 1
        if done:
            done(status)

    world.post.put_event(WebhookEvent(customer.line, item, customer.id, told))
    return entry


def _read_file(world: SandboxWorld, kind: str, what: dict[str, Any]) -> tuple[bytes, str, str]:
    if not what.get("data"):
        return samples.make_sample(kind, world.next_number())
    data = base64.b64decode(what["data"])
    mime = str(what.get("mime") or "application/octet-stream")
    return data, mime, str(what.get("name") or "")


def _choose_option(asked: ThreadEntry, entry: ThreadEntry, what: dict[str, Any]) -> None:
    """Which of a message's choices was tapped: by its place, payload or title."""
    wanted = what.get("choice", 0)
    for place, choice in enumerate(asked.choices):
        if wanted in (place, choice.get("payload"), choice.get("title")):
            entry.text = choice["title"]
            entry.payload["choice"] = choice
            return
    raise ValueError(f"{asked.id} has no choice {wanted!r}")


def _apply_effects(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> None:
    """What a message changes on the customer's side."""
    target = customer.entries.get(entry.target)
    if entry.kind not in ASIDE and entry.payload.get("business"):
        customer.wrote_account = max(customer.wrote_account, entry.at)
    elif entry.kind not in ASIDE:
        customer.last_wrote = max(customer.last_wrote, entry.at)
    elif target and entry.kind == "reaction":
        target.reactions["customer"] = str(entry.payload.get("emoji") or "")
    elif target and entry.kind == "edit":
        target.text, target.payload["edited"] = entry.text, True
    elif target and entry.kind == "withdrawal":
        target.payload["withdrawn"] = True


def read_messages(world: SandboxWorld, customer: Customer) -> int:
    """The customer reads what arrived, and the network says so. Returns the number of messages."""
    unread = [entry for entry in customer.thread if entry.side == "line" and entry.status in ("sent", "delivered")]
    for item in network_of(customer.line).build_read_receipts(world, customer, unread):
        world.post.put_event(WebhookEvent(customer.line, item, customer.id))
    for entry in unread:
        entry.status = "read"
    return len(unread)
