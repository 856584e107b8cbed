"""Reading Telegram's webhook: one Update a body, as facts (Bot API 10.0). Private chats only."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from common.errors import OriginError
from common.parsing import object_of, objects_of, read_if_text, read_json, read_text, read_time
from origins.facts import Broken, Edit, Fact, Ignored, Incoming, Item, Known, Reaction
from origins.readable import say
from origins.telegram import business
from origins.telegram.field_names import AROUND, is_service
from origins.telegram.message_kinds import CONTENT, Said, list_keyboard, read_content, read_name
from origins.telegram.shown_content import name_origin, read_about, read_answered, read_text_with_links

KIND = "telegram"
MAX_TEXT_CHARS = 65_536
# reactions without an emoji of their own are shown as these
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
        # the name of the unknown field comes from outside and is shown on the page of raw bodies, so it is cut
        shown, read = read_if_text(name, 60), _READERS.get(name)
        try:
            if read is None:
                yield Item(shown, 0, Ignored(f"{shown}: not used"))
            elif isinstance(what := body[name], dict):
                facts = read(what)
                for index, fact in enumerate(facts if isinstance(facts, list) else [facts]):
                    yield Item(shown, index, fact)
            else:
                raise OriginError("an object was expected")
        except OriginError as error:
            yield Item(shown, 0, Broken(0, str(error)))


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


def _shown_name(person: dict[str, Any], chat: str) -> str:
    username = read_if_text(person.get("username"), 100).strip()
    return f"@{username}" if username else chat


# --- messages -------------------------------------------------------------------------------------


def _read_message(message: dict[str, Any]) -> Fact | list[Fact]:
    """What a person says: one fact, or one for each of several files."""
    chat, chat_type = _read_chat(message)
    if chat_type != "private":
        return _ignore_chat(chat_type)
    strange = [name for name in message if name not in AROUND]
    is_said = message.get("text") is not None or message.get("caption") is not None or not CONTENT.isdisjoint(strange)
    if not is_said and (service := next((name for name in strange if is_service(name)), None)):
        return Ignored(f"a service message: {service[:60]}")
    person = object_of(message.get("from")) or object_of(message.get("chat"))
    if person.get("is_bot") is True:
        return Ignored("a message of a bot")
    unknown = next((name for name in strange if name != "text"), "")
    kind, text, payload, files = _read_said(message, unknown)
    if kind == "unsupported" and not text and unknown and unknown not in CONTENT:
        # what somebody says can be read or is a file; whatever this is, nobody said it
        return Ignored(f"neither words nor a file: {unknown[:60]}")
    if kind == "text" and (ref := _read_start(text)):
        payload["referral"] = {"source_type": "start", "ref": ref}
    payload |= _read_context(message) | {"shown_address": _shown_name(person, chat)}
    first = Incoming(
        external_id=message_ref(chat, _read_number(message, "message_id")),
        sender=chat,
        kind=kind,
        text=text,
        name=read_name(person),
        at=read_time(message.get("date")),
        payload=payload,
        reply_to=_read_quoted_ref(chat, message.get("reply_to_message")),
        address_kind=KIND,
        aliases=_read_own_phone(message, person),
    )
    return [first, *_split_files(first, files)] if files else first


def _read_start(text: str) -> str:
    """What a link to the bot (t.me/bot?start=…) carried."""
    command, _blank, ref = text.partition(" ")
    return ref.strip()[:64] if command.split("@")[0] == "/start" else ""


def _read_said(message: dict[str, Any], unknown: str) -> tuple[str, str, dict[str, Any], list[Said]]:
    """Kind, text and payload, and the files beyond the first."""
    if message.get("text") is not None:
        kind, payload = "text", dict[str, Any]()
        words = read_text_with_links(message["text"], message.get("entities"), MAX_TEXT_CHARS)
    else:
        kind, payload = read_content(message, unknown)
        words = _read_caption(message)
    files = payload.pop("files", [])
    text, cards = say(words, payload.pop("cards", []) + list_keyboard(message))
    return kind, text[:MAX_TEXT_CHARS], payload | cards, files


def _read_caption(message: dict[str, Any]) -> str:
    caption = read_if_text(message.get("caption"), MAX_TEXT_CHARS)
    return read_text_with_links(caption, message.get("caption_entities"), MAX_TEXT_CHARS)


def _split_files(first: Incoming, files: list[Said]) -> list[Fact]:
    """The further files of a message, each as one of its own."""
    shown = {"shown_address": first.payload["shown_address"]}
    return [
        replace(first, external_id=f"{first.external_id}:{number}", kind=kind, text="", payload=payload | shown)
        for number, (kind, payload) in enumerate(files, 1)
    ]


def _read_context(message: dict[str, Any]) -> dict[str, Any]:
    """Where a message comes from and what it is about."""
    found: dict[str, Any] = {}
    if message.get("forward_origin") or message.get("forward_date"):
        found["forwarded"] = True
        old = {"sender_user": message.get("forward_from"), "chat": message.get("forward_from_chat"),
               "sender_user_name": message.get("forward_sender_name")}  # fmt: skip
        if name := name_origin(object_of(message.get("forward_origin")) or old):
            found["forwarded_from"] = name
    if about := read_about(message):
        found["about"] = about
    if answered := read_answered(message):
        found["answered"] = answered
    return found


def _read_quoted_ref(chat: str, message: Any) -> str:
    try:
        return message_ref(chat, _read_number(object_of(message), "message_id"))
    except OriginError:
        return ""


def _read_own_phone(message: dict[str, Any], person: dict[str, Any]) -> tuple[Known, ...]:
    """Anyone can pass on anyone's card; only one's own says who one is."""
    card, number = object_of(message.get("contact")), person.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or card.get("user_id") != number:
        return ()
    digits = "".join(c for c in read_if_text(card.get("phone_number"), 60) if c in "0123456789")
    return (("phone", digits),) if digits else ()


def _read_edit(message: dict[str, Any]) -> Fact:
    chat, chat_type = _read_chat(message)
    if chat_type != "private":
        return _ignore_chat(chat_type)
    if message.get("text") is None and message.get("caption") is None:
        unknown = next((name for name in message if name not in AROUND), "")
        _kind, text, payload, _files = _read_said(message, unknown)
        if not text and not payload.get("media"):
            # a live location is moved by edits, which are no corrections of a text
            return Ignored("an edit of what has no text")
    else:
        _kind, text, payload, _files = _read_said(message, "")
    cards: dict[str, Any] = {name: payload[name] for name in ("cards", "words") if name in payload}
    at = read_time(message.get("edit_date")) or read_time(message.get("date"))
    return Edit(chat, message_ref(chat, _read_number(message, "message_id")), text, KIND, at, payload=cards or None)


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
    data, person = read_if_text(query.get("data"), 200), object_of(query.get("from"))
    rows = object_of(message.get("reply_markup")).get("inline_keyboard")
    buttons = [each for row in (rows if isinstance(rows, list) else []) for each in objects_of(row)]
    titles = (read_if_text(each.get("text"), 200) for each in buttons if data and each.get("callback_data") == data)
    return Incoming(
        external_id=f"cb:{tapped}", sender=chat, kind="choice", text=next(titles, "") or data, name=read_name(person),
        payload={"payload": data, "shown_address": _shown_name(person, chat)}, reply_to=_read_quoted_ref(chat, message),
        address_kind=KIND, acknowledge=tapped,
    )  # fmt: skip


def _read_reaction(change: dict[str, Any]) -> Fact:
    """The whole list of a person's reactions before and after: the newest stands, none takes it back."""
    chat, chat_type = _read_chat(change)
    if chat_type != "private":
        return _ignore_chat(chat_type)
    old, new = objects_of(change.get("old_reaction")), objects_of(change.get("new_reaction"))
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
    status = read_if_text(object_of(change.get("new_chat_member")).get("status"), 40)
    if chat_type == "private" and status == "kicked":
        return Ignored(f"{chat} blocked the bot")
    return Ignored(f"the bot's place in a {chat_type or 'chat'}: {status or 'unknown'}")


_READERS: dict[str, Callable[[dict[str, Any]], Fact | list[Fact]]] = {
    "message": _read_message,
    "edited_message": _read_edit,
    "message_reaction": _read_reaction,
    "my_chat_member": _read_membership,
    **business.readers(_read_message, _read_edit, _read_tap),
}
