"""What Telegram's webhook says: one Update a body, as facts (Bot API 10.0). Private chats only."""

from collections.abc import Callable, Iterator
from typing import Any

from common.errors import OriginError
from common.parsing import read_if_text, read_json, read_text, read_time
from origins.facts import Broken, Edit, Fact, Ignored, Incoming, Item, Known, Reaction
from origins.telegram.field_names import AROUND, SERVICE

KIND = "telegram"
# bytes that getFile gives
MOST_FETCHED = 20 * 1024 * 1024
LONGEST_TEXT = 65_536
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


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _number(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not -(2**63) < found < 2**63:
        raise OriginError(f"{name}: a number was expected")
    return found


def _chat(value: dict[str, Any]) -> tuple[str, str]:
    """The chat's id and its type."""
    chat = value.get("chat")
    if not isinstance(chat, dict):
        raise OriginError("chat: missing")
    return str(_number(chat, "id")), read_text(chat.get("type"), 40)


def _elsewhere(kind: str) -> Ignored:
    return Ignored(f"a message of a {kind or 'chat of no type'}: private chats only")


def ref(chat: str, message: int) -> str:
    """Our name for a message: Telegram's own number is unique within its chat only."""
    return f"{chat}:{message}"


def _name(person: dict[str, Any]) -> str:
    names = (read_if_text(person.get(name), 100).strip() for name in ("first_name", "last_name"))
    return " ".join(name for name in names if name)


def _shown(person: dict[str, Any], chat: str) -> str:
    username = read_if_text(person.get("username"), 100).strip()
    return f"@{username}" if username else chat


# --- what a message says -----------------------------------------------------------------------

Said = tuple[str, dict[str, Any]]


def _media(file: Any, kind: str, mime: str, **more: Any) -> Said | None:
    """The kind, and its payload; None where it names no file."""
    ref = read_if_text(_object(file).get("file_id"), 300)
    if not ref:
        return None
    media: dict[str, Any] = {"id": ref, "mime_type": read_if_text(file.get("mime_type"), 100) or mime}
    if name := read_if_text(file.get("file_name"), 200):
        media["filename"] = name
    size = file.get("file_size")
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**40:
        media["size"] = size
    return kind, {"media": media | more}


def _photo(sizes: Any) -> Said | None:
    """The largest that getFile gives."""

    def side(size: dict[str, Any], name: str) -> int:
        found = size.get(name)
        return found if isinstance(found, int) and 0 <= found < 2**31 else 0

    sizes = sorted(_objects(sizes), key=lambda size: side(size, "width") * side(size, "height"))
    found = [said for size in sizes if (said := _media(size, "image", "image/jpeg"))]
    fits = [said for said in found if said[1]["media"].get("size", 0) <= MOST_FETCHED]
    return (fits or found)[-1] if found else None


def _sticker(sticker: Any) -> Said | None:
    """An animated one (tgs) is no picture that a page can show: its preview is."""
    sticker = _object(sticker)
    mime = "image/webp"
    if sticker.get("is_animated") is True:
        mime = "application/x-tgsticker"
    elif sticker.get("is_video") is True:
        mime = "video/webm"
    said = _media(sticker, "sticker", mime)
    if mime == "application/x-tgsticker":
        said = _media(sticker.get("thumbnail"), "sticker", "image/webp") or said
    if said and (emoji := read_if_text(sticker.get("emoji"), 40)):
        said[1]["emoji"] = emoji
    return said


def _place(location: Any, **more: str) -> Said | None:
    spot = {name: _object(location).get(name) for name in ("latitude", "longitude")}
    for value, most in ((spot["latitude"], 90), (spot["longitude"], 180)):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > most:
            return None
    return "location", spot | {name: text for name, text in more.items() if text}


def _venue(venue: Any) -> Said | None:
    venue = _object(venue)
    title, address = (read_if_text(venue.get(name), 300) for name in ("title", "address"))
    return _place(venue.get("location"), place=title, address=address)


def _card(contact: Any) -> Said | None:
    contact = _object(contact)
    name, phone = _name(contact), read_if_text(contact.get("phone_number"), 60)
    if not name and not phone:
        return None
    return "contact", {"name": name, "phone": phone, "contacts": [{"name": name, "phones": [phone] if phone else []}]}


# in this order: an animation sets document too, a venue location
_KINDS: dict[str, Callable[[Any], Said | None]] = {
    "animation": lambda file: _media(file, "video", "video/mp4"),
    "venue": _venue,
    "location": _place,
    "photo": _photo,
    "document": lambda file: _media(file, "document", "application/octet-stream"),
    "voice": lambda file: _media(file, "audio", "audio/ogg", voice=True),
    "audio": lambda file: _media(file, "audio", "audio/mpeg"),
    "video_note": lambda file: _media(file, "video", "video/mp4"),
    "video": lambda file: _media(file, "video", "video/mp4"),
    "sticker": _sticker,
    "contact": _card,
}


def _said(message: dict[str, Any]) -> Said:
    """The kind and the payload of what is no text. It is a customer's message, whatever it is."""
    for name, read in _KINDS.items():
        if message.get(name) is not None:
            return read(message[name]) or ("unsupported", {"type": name})
    unknown = next((name for name in message if name not in AROUND and name != "text"), "unknown")
    return "unsupported", {"type": read_if_text(unknown, 60)}


def _message(message: dict[str, Any]) -> Fact:
    chat, chat_type = _chat(message)
    if chat_type != "private":
        return _elsewhere(chat_type)
    service = next((name for name in message if name in SERVICE), None)
    if service:
        return Ignored(f"a service message: {service}")
    person = _object(message.get("from")) or _object(message.get("chat"))
    if person.get("is_bot") is True:
        return Ignored("a message of a bot")
    kind, payload = ("text", {}) if message.get("text") is not None else _said(message)
    if kind == "text":
        text = read_text(message["text"], LONGEST_TEXT)
    else:
        text = read_if_text(message.get("caption"), LONGEST_TEXT)
    payload["shown_address"] = _shown(person, chat)
    if message.get("forward_origin") or message.get("forward_date"):
        payload["forwarded"] = True
    return Incoming(
        external_id=ref(chat, _number(message, "message_id")), sender=chat, kind=kind, text=text, name=_name(person),
        at=read_time(message.get("date")), payload=payload, reply_to=_answered(chat, message.get("reply_to_message")),
        address_kind=KIND, aliases=_own_phone(message, person),
    )  # fmt: skip


def _answered(chat: str, message: Any) -> str:
    try:
        return ref(chat, _number(_object(message), "message_id"))
    except OriginError:
        return ""


def _own_phone(message: dict[str, Any], person: dict[str, Any]) -> tuple[Known, ...]:
    """Anyone can pass on anyone's card; only one's own says who one is."""
    card, number = _object(message.get("contact")), person.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or card.get("user_id") != number:
        return ()
    digits = "".join(c for c in read_if_text(card.get("phone_number"), 60) if c in "0123456789")
    return (("phone", digits),) if digits else ()


def _edited(message: dict[str, Any]) -> Fact:
    chat, chat_type = _chat(message)
    if chat_type != "private":
        return _elsewhere(chat_type)
    if message.get("text") is not None:
        text = read_text(message["text"], LONGEST_TEXT)
    elif message.get("caption") is not None or _said(message)[1].get("media"):
        text = read_if_text(message.get("caption"), LONGEST_TEXT)
    else:
        # a live location moves on by edits
        return Ignored("an edit of what has no text")
    at = read_time(message.get("edit_date")) or read_time(message.get("date"))
    return Edit(chat, ref(chat, _number(message, "message_id")), text, KIND, at)


def _tapped(query: dict[str, Any]) -> Fact:
    """A button below one of our messages. Telegram gives no time for it."""
    tapped = read_text(query.get("id"), 100)
    if not tapped:
        raise OriginError("id: missing")
    message = query.get("message")
    if not isinstance(message, dict):
        return Ignored("a button of an inline message")
    chat, chat_type = _chat(message)
    if chat_type != "private":
        return _elsewhere(chat_type)
    data, person = read_if_text(query.get("data"), 200), _object(query.get("from"))
    rows = _object(message.get("reply_markup")).get("inline_keyboard")
    buttons = [each for row in (rows if isinstance(rows, list) else []) for each in _objects(row)]
    titles = (read_if_text(each.get("text"), 200) for each in buttons if data and each.get("callback_data") == data)
    return Incoming(
        external_id=f"cb:{tapped}", sender=chat, kind="choice", text=next(titles, "") or data, name=_name(person),
        payload={"payload": data, "shown_address": _shown(person, chat)}, reply_to=_answered(chat, message),
        address_kind=KIND, acknowledge=tapped,
    )  # fmt: skip


def _reacted(change: dict[str, Any]) -> Fact:
    """The whole list of a person's reactions before and after: the newest stands, none takes it back."""
    chat, chat_type = _chat(change)
    if chat_type != "private":
        return _elsewhere(chat_type)
    old, new = _objects(change.get("old_reaction")), _objects(change.get("new_reaction"))
    emoji = ""
    for each in [each for each in new if each not in old] or new:
        kind = each.get("type")
        other = PAID if kind == "paid" else CUSTOM
        emoji = (read_if_text(each.get("emoji"), 40) if kind == "emoji" else "") or other
    target = ref(chat, _number(change, "message_id"))
    return Reaction(chat, target, emoji, KIND, read_time(change.get("date")))


def _membership(change: dict[str, Any]) -> Fact:
    """The bot was started, blocked or put into a group: the next send says the same."""
    chat, chat_type = _chat(change)
    status = read_if_text(_object(change.get("new_chat_member")).get("status"), 40)
    if chat_type == "private" and status == "kicked":
        return Ignored(f"{chat} blocked the bot")
    return Ignored(f"the bot's place in a {chat_type or 'chat'}: {status or 'unknown'}")


_READERS: dict[str, Callable[[dict[str, Any]], Fact]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _tapped,
    "message_reaction": _reacted,
    "my_chat_member": _membership,
}
