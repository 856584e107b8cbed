"""Kinds of Telegram messages and their content: a file, a place, a card, or what can be read of anything else."""

from collections.abc import Callable, Iterator
from typing import Any

from common.parsing import object_of, objects_of, read_if_text
from origins.readable import Card, gather, make_card
from origins.telegram import shown_content, vcard
from origins.telegram.article import read_buttons

# of a file that getFile gives
MAX_FETCHED_BYTES = 20 * 1024 * 1024
# files of one message: paid media, an article
MAX_FILES = 20

# the kind, and its payload; cards stand in payload["cards"], further files in payload["files"] until they are told
Said = tuple[str, dict[str, Any]]


def read_name(person: dict[str, Any]) -> str:
    names = (read_if_text(person.get(name), 100).strip() for name in ("first_name", "last_name"))
    return " ".join(name for name in names if name)


# --- files -------------------------------------------------------------------------------------------


def _read_media(file: Any, kind: str, mime: str, **more: Any) -> Said | None:
    """The kind, and its payload; None where it names no file."""
    ref = read_if_text(object_of(file).get("file_id"), 300)
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

    sizes = sorted(objects_of(sizes), key=lambda size: side(size, "width") * side(size, "height"))
    found = [said for size in sizes if (said := _read_media(size, "image", "image/jpeg"))]
    fits = [said for said in found if said[1]["media"].get("size", 0) <= MAX_FETCHED_BYTES]
    return (fits or found)[-1] if found else None


def _read_sticker(sticker: Any) -> Said | None:
    """An animated one (tgs) is no picture that a page can show: its preview is."""
    sticker = object_of(sticker)
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


def _read_live_photo(photo: Any) -> Said | None:
    """It is a short film; where that is no file, the still picture of it."""
    return _read_media(photo, "video", "video/mp4") or _read_photo(object_of(photo).get("photo"))


_FILES: dict[str, Callable[[Any], Said | None]] = {
    "live_photo": _read_live_photo,
    "animation": lambda file: _read_media(file, "video", "video/mp4"),
    "photo": _read_photo,
    "document": lambda file: _read_media(file, "document", "application/octet-stream"),
    "voice": lambda file: _read_media(file, "audio", "audio/ogg", voice=True),
    "voice_note": lambda file: _read_media(file, "audio", "audio/ogg", voice=True),
    "audio": lambda file: _read_media(file, "audio", "audio/mpeg"),
    "video_note": lambda file: _read_media(file, "video", "video/mp4"),
    "video": lambda file: _read_media(file, "video", "video/mp4"),
    "sticker": _read_sticker,
}


def _find_files(value: Any) -> Iterator[Said]:
    """The files inside of a content of several (paid media, an article, a game), in its order."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        found, depth = waiting.pop()
        if isinstance(found, dict) and depth < 8:
            inside = []
            for name, each in found.items():
                if said := _FILES[name](each) if name in _FILES else None:
                    yield said
                elif name not in ("thumbnail", "thumb", "sticker"):
                    inside.append((each, depth + 1))
            waiting += reversed(inside)
        elif isinstance(found, list) and depth < 8:
            waiting += [(each, depth + 1) for each in reversed(found)]


# --- places and cards --------------------------------------------------------------------------------


def _read_place(location: Any, **more: str) -> Said | None:
    spot = {name: object_of(location).get(name) for name in ("latitude", "longitude")}
    for value, most in ((spot["latitude"], 90), (spot["longitude"], 180)):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > most:
            return None
    return "location", spot | {name: text for name, text in more.items() if text}


def _read_venue(venue: Any) -> Said | None:
    venue = object_of(venue)
    title, address = (read_if_text(venue.get(name), 300) for name in ("title", "address"))
    return _read_place(venue.get("location"), place=title, address=address)


def _read_contact(contact: Any) -> Said | None:
    contact = object_of(contact)
    name, phone = read_name(contact), read_if_text(contact.get("phone_number"), 60)
    if not name and not phone:
        return None
    card = {"name": name, "phones": [phone] if phone else []} | vcard.read_details(contact.get("vcard"), phone)
    return "contact", {"name": name, "phone": phone, "contacts": [card]}


def _read_music(audio: Any) -> Said | None:
    """Music has a title and who plays it."""
    said = _FILES["audio"](audio)
    cards = make_card("audio", title=object_of(audio).get("title"), subtitle=object_of(audio).get("performer"))
    if said and cards:
        said[1]["cards"] = cards
    return said


# in this order: an animation sets document too, a live photo photo, a venue location
_KINDS: dict[str, Callable[[Any], Said | None]] = {
    "live_photo": _FILES["live_photo"],
    "animation": _FILES["animation"],
    "venue": _read_venue,
    "location": _read_place,
    **{name: read for name, read in _FILES.items() if name != "voice_note"},
    "audio": _read_music,
    "contact": _read_contact,
}  # fmt: skip


# what is content however little of it can be read
CONTENT = frozenset(_KINDS) | frozenset(shown_content.READERS)


# --- all of them -------------------------------------------------------------------------------------


def read_content(message: dict[str, Any], unknown: str) -> Said:
    """The kind and the payload of what is no text. `unknown`: the field of a content that has no home here."""
    for name, read in _KINDS.items():
        if message.get(name) is not None:
            return read(message[name]) or ("unsupported", {"type": name})
    for name, describe in shown_content.READERS.items():
        if message.get(name) is not None:
            known = object_of(message[name])
            return _show(name, describe(known), known) or ("unsupported", {"type": name})
    content = message.get(unknown)
    shown = _read_file_itself(unknown, content) or _show(unknown, gather(unknown, content), content)
    if shown and shown[0] == "text":
        # as far as it can be read, which is not all of it
        return "unsupported", shown[1]
    return shown or ("unsupported", {"type": read_if_text(unknown, 60) or "unknown"})


def _show(name: str, cards: list[Card], content: Any) -> Said | None:
    """What is read of a content, with the files in it: the first one is the message's own."""
    kind, payload = "text", dict[str, Any](type=read_if_text(name, 60))
    if cards:
        payload["cards"] = cards
    files = [said for _n, said in zip(range(MAX_FILES), _find_files(content), strict=False)]
    if files:
        kind, payload = files[0][0], payload | files[0][1]
    if len(files) > 1:
        payload["files"] = files[1:]
    return (kind, payload) if cards or files else None


def _read_file_itself(name: str, content: Any) -> Said | None:
    """A content of a new name that is nothing but a file."""
    if said := _read_media(content, "document", "application/octet-stream"):
        said[1]["type"] = read_if_text(name, 60)
        if cards := gather(name, {key: each for key, each in content.items() if key not in ("file_name", "emoji")}):
            said[1]["cards"] = cards
    return said


def list_keyboard(message: dict[str, Any]) -> list[Card]:
    """The buttons below a message that was made with another bot."""
    rows = object_of(message.get("reply_markup")).get("inline_keyboard")
    buttons = [each for row in (rows if isinstance(rows, list) else []) for each in objects_of(row)]
    return make_card("buttons", buttons=read_buttons(buttons))
