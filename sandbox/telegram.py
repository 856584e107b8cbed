"""Telegram's updates: what customers do, as its webhook says it."""

from typing import Any

from sandbox import business, samples
from sandbox.bot_files import make_file_id
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.world import SandboxWorld

MEDIA = {"image": "photo", "voice": "voice", "audio": "audio", "video": "video", "document": "document"}


def _next_number(world: SandboxWorld) -> int:
    """Larger than any of an earlier run, as long as that had less than a thousand a second."""
    return world.started - 1_790_000_000_000 + world.next_number()


def new_id(world: SandboxWorld, customer: Customer | None) -> str:
    """A message's number in its chat."""
    return str(_next_number(world))


def is_message(entry: ThreadEntry) -> bool:
    """Whether an entry of a conversation is a message of its own: reactions and tapped inline buttons are none."""
    is_tap = entry.kind == "choice" and entry.payload.get("choice", {}).get("kind") == "callback"
    return entry.kind not in ("reaction", "edit", "withdrawal") and not is_tap and not entry.payload.get("withdrawn")


def make_update(world: SandboxWorld, line: OurLine, what: dict[str, Any]) -> dict[str, Any] | None:
    """An update, None where the bot did not ask for such."""
    kind = next(iter(what))
    if line.allowed_updates and kind not in line.allowed_updates:
        return None
    return {"update_id": _next_number(world), **what}


def describe_user(customer: Customer) -> dict[str, Any]:
    first, _, last = customer.name.partition(" ")
    found: dict[str, Any] = {"id": int(customer.ids["chat_id"]), "is_bot": False, "first_name": first}
    if last:
        found["last_name"] = last
    if customer.ids.get("username"):
        found["username"] = customer.ids["username"]
    return {**found, "language_code": "es"}


def describe_chat(customer: Customer) -> dict[str, Any]:
    shown = {
        name: value for name, value in describe_user(customer).items() if name in ("id", "first_name", "last_name")
    }
    if customer.ids.get("username"):
        shown["username"] = customer.ids["username"]
    return {**shown, "type": "private"}


def describe_bot(line: OurLine) -> dict[str, Any]:
    name = line.account_id or "witty_sandbox_bot"
    number = line.access_token.partition(":")[0] or line.line_id
    return {
        "id": int(number) if number.isdigit() else 900001,
        "is_bot": True,
        "first_name": line.name or "WittyAgent",
        "username": name,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def describe_message(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> dict[str, Any]:
    """A message, as both the updates and the answers of the Bot API show it."""
    sender = describe_bot(customer.line) if entry.side == "line" else describe_user(customer)
    message: dict[str, Any] = {
        "message_id": int(entry.id),
        "from": sender,
        "chat": describe_chat(customer),
        "date": int(entry.at),
    }
    if entry.reply_to in customer.entries:
        message["reply_to_message"] = describe_message(world, customer, customer.entries[entry.reply_to])
        message["reply_to_message"].pop("reply_to_message", None)
    if business.is_of_account(entry):
        message["business_connection_id"] = business.name_connection(customer.line)
        if entry.side == "line":
            message |= {"from": business.describe_owner(customer.line), "sender_business_bot": sender}
    return message | _describe_content(world, customer, entry)


def _describe_content(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> dict[str, Any]:
    said = entry.payload
    if entry.kind == "location":
        place = samples.describe_place(said)
        spot = {"latitude": place["latitude"], "longitude": place["longitude"]}
        if not place.get("name"):
            return {"location": spot}
        venue = {"location": spot, "title": place["name"], "address": place.get("address", "")}
        return {"location": spot, "venue": venue}
    if entry.kind == "contact":
        card = samples.describe_card(said)
        return {
            "contact": {"phone_number": card["phones"][0]["phone"], "first_name": card["name"]["formatted_name"]}
            | ({"user_id": int(customer.ids["chat_id"])} if said.get("own") else {})
        }
    if entry.kind == "sticker":
        return {
            "sticker": {
                **_describe_file(world, entry),
                "width": 96,
                "height": 96,
                "is_animated": False,
                "is_video": False,
            }
        }
    if entry.kind in MEDIA and entry.media:
        caption = {"caption": entry.text} if entry.text else {}
        if entry.kind == "image":
            small = {**_describe_file(world, entry), "width": 90, "height": 67}
            return {"photo": [{**small, "file_size": 900}, {**small, "width": 320, "height": 240}], **caption}
        more: dict[str, Any] = {"duration": 2} if entry.kind in ("voice", "audio", "video") else {}
        if entry.kind == "video":
            more |= {"width": 160, "height": 120}
        return {MEDIA[entry.kind]: {**_describe_file(world, entry), **more}, **caption}
    if entry.kind == "unsupported":
        return {"dice": {"emoji": "🎲", "value": 4}} if said.get("type") == "dice" else {"story": {"id": 1}}
    entities = {"entities": said["entities"]} if said.get("entities") else {}
    return {"text": entry.text, **entities}


def _describe_file(world: SandboxWorld, entry: ThreadEntry) -> dict[str, Any]:
    media = world.media.get(entry.media)
    if media is None:
        return {"file_id": entry.media, "file_unique_id": entry.media}
    found: dict[str, Any] = {
        "file_id": make_file_id(entry.kind, media.id),
        "file_unique_id": f"AQAD{media.id[-10:]}",
        "file_size": len(media.data),
    }
    if entry.kind in ("voice", "audio", "video", "document"):
        found["mime_type"] = media.mime.partition(";")[0]
    if entry.kind in ("audio", "video", "document") and media.name:
        found["file_name"] = media.name
    return found


def build_incoming(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> dict[str, Any] | None:
    """The update of what a customer did; None where Telegram tells nothing of it. Raises ValueError."""
    target = customer.entries.get(entry.target)
    if entry.kind in ("moved", "order"):
        raise ValueError(f"nothing like {entry.kind!r} is written here")
    of_account = business.is_of_account(entry)
    if of_account and customer.line.account in ("", "off"):
        raise ValueError("the bot is connected to no account")
    if entry.kind == "withdrawal":
        # of its own chats a bot is told nothing
        return _describe_deletion(world, customer, entry) if of_account else None
    if entry.kind == "edit" and target:
        edited = describe_message(world, customer, target)
        edited["caption" if "caption" in edited else "text"] = entry.text
        kind = "edited_business_message" if of_account else "edited_message"
        return make_update(world, customer.line, {kind: {**edited, "edit_date": int(entry.at)}})
    if entry.kind == "reaction" and target:
        return None if of_account else _build_reaction(world, customer, entry, target)
    if entry.kind == "choice" and target and entry.payload["choice"]["kind"] == "callback":
        return _build_tap(world, customer, entry, target)
    kind = "business_message" if of_account else "message"
    return make_update(world, customer.line, {kind: describe_message(world, customer, entry)})


def _build_reaction(
    world: SandboxWorld, customer: Customer, entry: ThreadEntry, target: ThreadEntry
) -> dict[str, Any] | None:
    emoji = str(entry.payload.get("emoji") or "")
    old = [{"type": "emoji", "emoji": known}] if (known := target.reactions.get("customer")) else []
    what = {
        "chat": describe_chat(customer),
        "message_id": int(entry.target),
        "user": describe_user(customer),
        "date": int(entry.at),
        "old_reaction": old,
        "new_reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
    }
    return make_update(world, customer.line, {"message_reaction": what})


def _build_tap(
    world: SandboxWorld, customer: Customer, entry: ThreadEntry, target: ThreadEntry
) -> dict[str, Any] | None:
    query = {
        "id": f"{world.started}{world.next_number():06d}",
        "from": describe_user(customer),
        "message": describe_message(world, customer, target),
        "chat_instance": "-100",
        "data": entry.payload["choice"]["payload"],
    }
    entry.payload["query"] = query["id"]
    world.await_answer(customer.line, str(query["id"]))
    return make_update(world, customer.line, {"callback_query": query})


def _describe_deletion(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> dict[str, Any] | None:
    told = {
        "business_connection_id": business.name_connection(customer.line),
        "chat": describe_chat(customer),
        "message_ids": [int(entry.target)],
    }
    return make_update(world, customer.line, {"deleted_business_messages": told})


def build_account_change(world: SandboxWorld, line: OurLine, account: str) -> dict[str, Any] | None:
    """The owner of an account connects the bot, changes its rights, or takes it out. Raises ValueError."""
    if account not in ("connected", "silent", "off"):
        raise ValueError("an account is connected, silent or off")
    line.account = account
    return make_update(world, line, {"business_connection": business.describe_connection(world, line)})


def build_receipts(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> list[dict[str, Any]]:
    """Telegram has none."""
    entry.status = "sent"
    return []


def build_read_receipts(world: SandboxWorld, customer: Customer, unread: list[ThreadEntry]) -> list[dict[str, Any]]:
    return []


def build_membership_change(world: SandboxWorld, customer: Customer) -> dict[str, Any] | None:
    """The customer stopped the bot, or started it again."""
    old, new = ("member", "kicked") if customer.blocked else ("kicked", "member")
    who = describe_bot(customer.line)
    what = {
        "chat": describe_chat(customer),
        "from": describe_user(customer),
        "date": int(world.now()),
        "old_chat_member": {"user": who, "status": old},
        "new_chat_member": {"user": who, "status": new} | ({"until_date": 0} if new == "kicked" else {}),
    }
    return make_update(world, customer.line, {"my_chat_member": what})
