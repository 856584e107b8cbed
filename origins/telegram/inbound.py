"""What Telegram's webhook says: one Update a body, as facts (Bot API 10.0). Private chats only."""

from collections.abc import Callable, Iterator
from typing import Any

from common.errors import OriginError
from common.parsing import read_if_text, read_json, read_text, read_time
from origins.facts import Broken, Edit, Fact, Ignored, Incoming, Item, Known, Reaction
from origins.telegram.field_names import AROUND, SERVICE

KIND = "telegram"
# bytes that getFile gives
MAX_FETCHED_BYTES = 20 * 1024 * 1024
MAX_TEXT_CHARS = 65_536
# no emoji of their own to be shown by
CUSTOM, PAID = "✨", "⭐"


def parse(raw: bytes) -> Iterator[Item]:
    """The Update of a body. Raises OriginError when nothing can be read."""
    body = read_json(raw)
    if not isinstance(body, dict):
        raise OriginError("an object was expected")
    said = [name for name in body if name != "update_id"]
    if not said:
        raise OriginError("no update")
    for name in said:
        # a name that others made up goes to the ledger's screen
        shown, read = read_if_text(name, 60), _READERS.get(name)
        try:
            if read is None:
                yield Item(shown, 0, Ignored(f"{shown}: not used"))
            elif isinstance(what := body[name], dict):
                yield Item(shown, 0, read(what))
            else:
                raise OriginError("an object was expected")
        except OriginError as error:
            yield Item(shown, 0, Broken(0, str(error)))


def _object_or_empty(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects_or_empty(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _read_number(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not -(2**63) < found < 2**63:
        raise OriginError(f"{name}: a number was expected")
    return found


def _read_chat(value: dict[str, Any]) -> tuple[str, str]:
    """The chat's id and its type."""
    chat = value.get("chat")
    if not isinstance(chat, dict):
        raise OriginError("chat: missing")
    return str(_read_number(chat, "id")), read_text(chat.get("type"), 40)


def _ignore_chat(kind: str) -> Ignored:
    return Ignored(f"a message of a {kind or 'chat of no type'}: private chats only")


def message_ref(chat: str, message: int) -> str:
    """Our name for a message: Telegram's own number is unique within its chat only."""
    return f"{chat}:{message}"


def _read_name(person: dict[str, Any]) -> str:
    names = (read_if_text(person.get(name), 100).strip() for name in ("first_name", "last_name"))
    return " ".join(name for name in names if name)


def _shown_name(person: dict[str, Any], chat: str) -> str:
    username = read_if_text(person.get("username"), 100).strip()
    return f"@{username}" if username else chat


# --- what a message says -----------------------------------------------------------------------

Said = tuple[str, dict[str, Any]]


def _read_media(file: Any, kind: str, mime: str, **more: Any) -> Said | None:
    """The kind, and its payload; None where it names no file."""
    ref = read_if_text(_object_or_empty(file).get("file_id"), 300)
    if not ref:
        return None
    media: dict[str, Any] = {"id": ref, "mime_type": read_if_text(file.get("mime_type"), 100) or mime}
    if name := read_if_text(file.get("file_name"), 200):
        media["filename"] = name
    size = file.get("file_size")
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**40:
        media["size"] = size
    return kind, {"media": media | more}


def _read_photo(sizes: Any) -> Said | None:
    """The largest that getFile gives."""

    def side(size: dict[str, Any], name: str) -> int:
        found = size.get(name)
        return found if isinstance(found, int) and 0 <= found < 2**31 else 0

    sizes = sorted(_objects_or_empty(sizes), key=lambda size: side(size, "width") * side(size, "height"))
    found = [said for size in sizes if (said := _read_media(size, "image", "image/jpeg"))]
    fits = [said for said in found if said[1]["media"].get("size", 0) <= MAX_FETCHED_BYTES]
    return (fits or found)[-1] if found else None


def _read_sticker(sticker: Any) -> Said | None:
    """An animated one (tgs) is no picture that a page can show: its preview is."""
    sticker = _object_or_empty(sticker)
    mime = "image/webp"
    if sticker.get("is_animated") is True:
        mime = "application/x-tgsticker"
    elif sticker.get("is_video") is True:
        mime = "video/webm"
    said = _read_media(sticker, "sticker", mime)
    if mime == "application/x-tgsticker":
        said = _read_media(sticker.get("thumbnail"), "sticker", "image/webp") or said
    if said and (emoji := read_if_text(sticker.get("emoji"), 40)):
        said[1]["emoji"] = emoji
    return said


def _read_place(location: Any, **more: str) -> Said | None:
    spot = {name: _object_or_empty(location).get(name) for name in ("latitude", "longitude")}
    for value, most in ((spot["latitude"], 90), (spot["longitude"], 180)):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > most:
            return None
    return "location", spot | {name: text for name, text in more.items() if text}


def _read_venue(venue: Any) -> Said | None:
    venue = _object_or_empty(venue)
    title, address = (read_if_text(venue.get(name), 300) for name in ("title", "address"))
    return _read_place(venue.get("location"), place=title, address=address)


def _read_card(contact: Any) -> Said | None:
    contact = _object_or_empty(contact)
    name, phone = _read_name(contact), read_if_text(contact.get("phone_number"), 60)
    if not name and not phone:
        return None
    return "contact", {"name": name, "phone": phone, "contacts": [{"name": name, "phones": [phone] if phone else []}]}


# in this order: an animation sets document too, a venue location
_KINDS: dict[str, Callable[[Any], Said | None]] = {
    "animation": lambda file: _read_media(file, "video", "video/mp4"),
    "venue": _read_venue,
    "location": _read_place,
    "photo": _read_photo,
    "document": lambda file: _read_media(file, "document", "application/octet-stream"),
    "voice": lambda file: _read_media(file, "audio", "audio/ogg", voice=True),
    "audio": lambda file: _read_media(file, "audio", "audio/mpeg"),
    "video_note": lambda file: _read_media(file, "video", "video/mp4"),
    "video": lambda file: _read_media(file, "video", "video/mp4"),
    "sticker": _read_sticker,
    "contact": _read_card,
}


def _read_content(message: dict[str, Any]) -> Said:
    """The kind and the payload of what is no text. It is a customer's message, whatever it is."""
    for name, read in _KINDS.items():
        if message.get(name) is not None:
            return read(message[name]) or ("unsupported", {"type": name})
    unknown = next((name for name in message if name not in AROUND and name != "text"), "unknown")
    return "unsupported", {"type": read_if_text(unknown, 60)}


def _read_message(message: dict[str, Any]) -> Fact:
    chat, chat_type = _read_chat(message)
    if chat_type != "private":
        return _ignore_chat(chat_type)
    service = next((name for name in message if name in SERVICE), None)
    if service:
        return Ignored(f"a service message: {service}")
    person = _object_or_empty(message.get("from")) or _object_or_empty(message.get("chat"))
    if person.get("is_bot") is True:
        return Ignored("a message of a bot")
    kind, payload = ("text", {}) if message.get("text") is not None else _read_content(message)
    if kind == "text":
        text = read_text(message["text"], MAX_TEXT_CHARS)
    else:
        text = read_if_text(message.get("caption"), MAX_TEXT_CHARS)
    payload["shown_address"] = _shown_name(person, chat)
    if message.get("forward_origin") or message.get("forward_date"):
        payload["forwarded"] = True
    return Incoming(
        external_id=message_ref(chat, _read_number(message, "message_id")),
        sender=chat,
        kind=kind,
        text=text,
        name=_read_name(person),
        at=read_time(message.get("date")),
        payload=payload,
        reply_to=_read_quoted_ref(chat, message.get("reply_to_message")),
        address_kind=KIND,
        aliases=_read_own_phone(message, person),
    )


def _read_quoted_ref(chat: str, message: Any) -> str:
    try:
        return message_ref(chat, _read_number(_object_or_empty(message), "message_id"))
    except OriginError:
        return ""


def _read_own_phone(message: dict[str, Any], person: dict[str, Any]) -> tuple[Known, ...]:
    """Anyone can pass on anyone's card; only one's own says who one is."""
    card, number = _object_or_empty(message.get("contact")), person.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or card.get("user_id") != number:
        return ()
    digits = "".join(c for c in read_if_text(card.get("phone_number"), 60) if c in "0123456789")
    return (("phone", digits),) if digits else ()


def _read_edit(message: dict[str, Any]) -> Fact:
    chat, chat_type = _read_chat(message)
    if chat_type != "private":
        return _ignore_chat(chat_type)
    if message.get("text") is not None:
        text = read_text(message["text"], MAX_TEXT_CHARS)
    elif message.get("caption") is not None or _read_content(message)[1].get("media"):
        text = read_if_text(message.get("caption"), MAX_TEXT_CHARS)
    else:
        # a live location moves on by edits
        return Ignored("an edit of what has no text")
    at = read_time(message.get("edit_date")) or read_time(message.get("date"))
    return Edit(chat, message_ref(chat, _read_number(message, "message_id")), text, KIND, at)


def _read_tap(query: dict[str, Any]) -> Fact:
    """A button below one of our messages. Telegram gives no time for it."""
    tapped = read_text(query.get("id"), 100)
    if not tapped:
        raise OriginError("id: missing")
    message = query.get("message")
    if not isinstance(message, dict):
        return Ignored("a button of an inline message")
    chat, chat_type = _read_chat(message)
    if chat_type != "private":
        return _ignore_chat(chat_type)
    data, person = read_if_text(query.get("data"), 200), _object_or_empty(query.get("from"))
    rows = _object_or_empty(message.get("reply_markup")).get("inline_keyboard")
    buttons = [each for row in (rows if isinstance(rows, list) else []) for each in _objects_or_empty(row)]
    titles = (read_if_text(each.get("text"), 200) for each in buttons if data and each.get("callback_data") == data)
    return Incoming(
        external_id=f"cb:{tapped}", sender=chat, kind="choice", text=next(titles, "") or data, name=_read_name(person),
        payload={"payload": data, "shown_address": _shown_name(person, chat)}, reply_to=_read_quoted_ref(chat, message),
        address_kind=KIND, acknowledge=tapped,
    )  # fmt: skip


def _read_reaction(change: dict[str, Any]) -> Fact:
    """The whole list of a person's reactions before and after: the newest stands, none takes it back."""
    chat, chat_type = _read_chat(change)
    if chat_type != "private":
        return _ignore_chat(chat_type)
    old, new = _objects_or_empty(change.get("old_reaction")), _objects_or_empty(change.get("new_reaction"))
    emoji = ""
    for each in [each for each in new if each not in old] or new:
        kind = each.get("type")
        other = PAID if kind == "paid" else CUSTOM
        emoji = (read_if_text(each.get("emoji"), 40) if kind == "emoji" else "") or other
    target = message_ref(chat, _read_number(change, "message_id"))
    return Reaction(chat, target, emoji, KIND, read_time(change.get("date")))


def _read_membership(change: dict[str, Any]) -> Fact:
    """The bot was started, blocked or put into a group: the next send says the same."""
    chat, chat_type = _read_chat(change)
    status = read_if_text(_object_or_empty(change.get("new_chat_member")).get("status"), 40)
    if chat_type == "private" and status == "kicked":
        return Ignored(f"{chat} blocked the bot")
    return Ignored(f"the bot's place in a {chat_type or 'chat'}: {status or 'unknown'}")


_READERS: dict[str, Callable[[dict[str, Any]], Fact]] = {
    "message": _read_message,
    "edited_message": _read_edit,
    "callback_query": _read_tap,
    "message_reaction": _read_reaction,
    "my_chat_member": _read_membership,
}
