"""WhatsApp's webhook values: messages of customers, and the statuses of what they are sent."""

import base64
from typing import Any

from sandbox import samples
from sandbox.errors import GraphError
from sandbox.records import Customer, MediaFile, OurLine, ThreadEntry
from sandbox.world import SandboxWorld

TYPES = {"voice": "audio", "contact": "contacts", "choice": "interactive", "withdrawal": "revoke", "moved": "system"}


def new_id(world: SandboxWorld, customer: Customer | None) -> str:
    return world.new_id("wamid.", customer.ids.get("wa_id", "user") if customer else "nobody")


def build_incoming(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> dict[str, Any]:
    """What the webhook holds of a customer's message. Raises ValueError."""
    ids, kind = customer.ids, TYPES.get(entry.kind, entry.kind)
    message: dict[str, Any] = {"id": entry.id, "timestamp": str(int(entry.at)), "type": kind}
    if ids.get("wa_id"):
        message["from"] = ids["wa_id"]
    message["from_user_id"] = ids["bsuid"]
    if entry.reply_to:
        message["context"] = {"from": customer.line.phone, "id": entry.reply_to}
    if entry.payload.get("forwarded"):
        message["context"] = {"forwarded": True}
    if entry.payload.get("referral"):
        message["referral"] = samples.describe_referral(entry.payload["referral"])
    _add_content(world, customer, entry, message)
    # system messages have no contacts
    return {"message": message} if kind == "system" else {"message": message, "contact": describe_contact(customer)}


def build_preference(world: SandboxWorld, customer: Customer) -> dict[str, Any]:
    """The customer stopped what the line promotes, or wants it again."""
    value = "stop" if customer.stopped else "resume"
    said = {
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(world.now()),
        "user_id": customer.ids["bsuid"],
    }
    if customer.ids.get("wa_id"):
        said["wa_id"] = customer.ids["wa_id"]
    metadata = {"display_phone_number": customer.line.phone, "phone_number_id": customer.line.line_id}
    shown = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [describe_contact(customer)]}
    return {"field": "user_preferences", "value": {**shown, "user_preferences": [said]}}


def describe_contact(customer: Customer) -> dict[str, Any]:
    profile = {"name": customer.name}
    if customer.ids.get("username"):
        profile["username"] = customer.ids["username"]
    contact: dict[str, Any] = {"profile": profile, "user_id": customer.ids["bsuid"]}
    if customer.ids.get("wa_id"):
        contact["wa_id"] = customer.ids["wa_id"]
    return contact


def _add_content(world: SandboxWorld, customer: Customer, entry: ThreadEntry, message: dict[str, Any]) -> None:
    said = entry.payload
    match entry.kind:
        case "text":
            message["text"] = {"body": entry.text}
        case "image" | "voice" | "audio" | "video" | "document" | "sticker":
            message[message["type"]] = _describe_media(world.media[entry.media], entry)
        case "location":
            message["location"] = samples.describe_place(said)
        case "contact":
            message["contacts"] = [samples.describe_card(said)]
        case "choice":
            _add_choice(entry, message, customer.line)
        case "reaction":
            message["reaction"] = {"message_id": entry.target}
            if said.get("emoji"):
                message["reaction"]["emoji"] = said["emoji"]
        case "edit":
            content = {"type": "text", "text": {"body": entry.text}}
            message["edit"] = {"original_message_id": entry.target, "message": content}
        case "withdrawal":
            message["revoke"] = {"original_message_id": entry.target}
        case "order":
            item = {"product_retailer_id": "sku-1", "quantity": "2", "item_price": "350", "currency": "UYU"}
            message["order"] = {"catalog_id": "1", "text": entry.text, "product_items": [item]}
        case "moved":
            _move_customer(world, customer, entry, message)
        case _:
            details = {"details": "Message type is currently not supported."}
            error = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}
            message["errors"] = [{**error, "error_data": details}]
            message["unsupported"] = {"type": str(said.get("type") or "poll_creation")}


def _describe_media(media: MediaFile, entry: ThreadEntry) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": media.id,
        "mime_type": media.mime,
        # in webhooks the digest is base64, in answers of the API hexadecimal
        "sha256": base64.b64encode(media.digest).decode(),
    }
    if entry.kind in ("voice", "audio"):
        said["voice"] = entry.kind == "voice"
    if entry.kind == "document":
        said["filename"] = media.name
    if entry.kind == "sticker":
        said["animated"] = False
    if entry.text and entry.kind in ("image", "video", "document"):
        said["caption"] = entry.text
    return said


def _add_choice(entry: ThreadEntry, message: dict[str, Any], line: OurLine) -> None:
    choice = entry.payload["choice"]
    message["context"] = {"from": line.phone, "id": entry.target}
    if choice["kind"] == "template":
        message["type"] = "button"
        message["button"] = {"payload": choice["payload"], "text": choice["title"]}
        return
    kind = "list_reply" if choice["kind"] == "list" else "button_reply"
    reply = {"id": choice["payload"], "title": choice["title"]}
    if choice.get("description"):
        reply["description"] = choice["description"]
    message["interactive"] = {"type": kind, kind: reply}


def _move_customer(world: SandboxWorld, customer: Customer, entry: ThreadEntry, message: dict[str, Any]) -> None:
    """The same person with another number, and so with another user id."""
    old, phone = dict(customer.ids), str(entry.payload.get("phone") or "").lstrip("+")
    if not phone.isdigit():
        raise ValueError("moved needs the new phone")
    customer.ids.update(wa_id=phone, bsuid=f"UY.{world.started % 10**7:07d}{world.next_number():010d}")
    for kind in ("wa_id", "bsuid"):
        world.addresses.pop((customer.line.key, kind, old.get(kind, "")), None)
        world.addresses[customer.line.key, kind, customer.ids[kind]] = customer
    message["system"] = {
        "type": "user_changed_number",
        "body": f"User {customer.name} changed from {old.get('wa_id', '')} to {phone}",
        "wa_id": phone,
        "user_id": customer.ids["bsuid"],
        "previous_user_id": old["bsuid"],
    }
    message["from_user_id"] = old["bsuid"]


# --- what our line sends ------------------------------------------------------------------------


def find_recipient(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> Customer | None:
    """Whom a message is for; None: nobody on WhatsApp.

    Without a + it may be a whole number all the same, as most client libraries send it, or one of the business's own
    country: then that goes before it.
    """
    to = str(data.get("to") or "").strip()
    if not to:
        return world.find_customer(line, "bsuid", str(data.get("recipient") or ""))
    digits = "".join(letter for letter in to if letter.isdigit())
    forms = number_forms(digits)
    if not to.startswith("+"):
        world.counts["numbers_without_plus"] += 1
        forms += number_forms(line.phone[:1] + digits)
    return next((found for form in forms if (found := world.find_customer(line, "wa_id", form))), None)


def number_forms(digits: str) -> list[str]:
    """A number as it was given, and in the other form that Argentina, Brazil and Mexico have."""
    found = [digits]
    for long, short in (("549", "54"), ("521", "52")):
        if digits.startswith(long):
            found.append(short + digits[3:])
        elif digits.startswith(short):
            found.append(long + digits[2:])
    if digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        found.append(digits[:4] + digits[5:])
    elif digits.startswith("55") and len(digits) == 12:
        found.append(f"{digits[:4]}9{digits[4:]}")
    return found


def build_status(
    world: SandboxWorld,
    customer: Customer | None,
    entry: ThreadEntry,
    named: str,
    to: str = "",
    *,
    priced: bool = False,
) -> dict[str, Any]:
    """A receipt. Without a customer: of a message to nobody. `priced`: it says as what the message is charged."""
    said: dict[str, Any] = {"id": entry.id, "status": named, "timestamp": str(int(world.now()))}
    phone = customer.ids.get("wa_id") if customer else to.lstrip("+")
    if phone:
        said["recipient_id"] = phone
    if customer and named != "failed":
        said["recipient_user_id"] = customer.ids["bsuid"]
    if entry.ours:
        said["biz_opaque_callback_data"] = entry.ours
    if priced:
        said["pricing"] = build_pricing(entry)
    return {"status": said}


def build_pricing(entry: ThreadEntry) -> dict[str, Any]:
    """A template by its category; what is said within the 24 hours is free, up to a thousand a month and number."""
    if entry.kind == "template":
        category = entry.payload.get("category", "utility")
        return {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
    return {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}


def build_failed_status(
    world: SandboxWorld, customer: Customer | None, entry: ThreadEntry, error: GraphError, to: str = ""
) -> list[dict[str, Any]]:
    item = build_status(world, customer, entry, "failed", to)
    item["status"]["errors"] = [error.as_status_error()]
    return [item]


def build_receipts(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> list[dict[str, Any]]:
    """What follows a message that reached the customer, in order."""
    named = ["sent", "delivered", *(["read"] if world.faults.read_at_once else [])]
    if world.draw_fault("no_delivered"):
        named.remove("delivered")
    entry.status = named[-1]
    # the price stands in "sent", and in one of the two that follow
    priced = named[:2]
    return [build_status(world, customer, entry, name, priced=name in priced) for name in named]


def build_read_receipts(world: SandboxWorld, customer: Customer, unread: list[ThreadEntry]) -> list[dict[str, Any]]:
    return [build_status(world, customer, entry, "read") for entry in unread]
