"""What is shown of Telegram's polls, checklists, games, stories and the like, as cards."""

import json
from collections.abc import Callable
from typing import Any

from common.parsing import object_of, objects_of, read_if_text, read_text
from origins.readable import MAX_TEXT_CHARS, Card, gather, make_card, safe_url
from origins.telegram.article import MAX_BLOCKS, read_article

# currencies whose smallest unit is the unit itself; stars have no other
_WHOLE = {"XTR", "JPY", "KRW", "CLP", "PYG", "VND", "ISK", "UGX", "XAF", "XOF"}


def name_chat(chat: Any) -> str:
    """How people read a chat or a person: a title, a name, or @user."""
    chat = object_of(chat)
    names = (read_if_text(chat.get(name), 100).strip() for name in ("title", "first_name", "last_name"))
    username = read_if_text(chat.get("username"), 100).strip()
    return " ".join(name for name in names if name) or (f"@{username}" if username else "")


def _link_chat(chat: Any, *path: Any) -> str:
    """The address of something in a public chat, '' for others."""
    username = read_if_text(object_of(chat).get("username"), 100).strip()
    parts = [read_if_text(each, 40) for each in path]
    return "/".join(("https://t.me", username, *parts)) if username and all(parts) else ""


def read_text_with_links(value: Any, entities: Any, most: int) -> str:
    """A text with the address behind each word that is a link. Raises OriginError: the text is none."""
    text = read_text(value, most)
    # offsets count UTF-16 units
    units = text.encode("utf-16-le")
    links = []
    for each in objects_of(entities)[:MAX_BLOCKS]:
        start, length, url = each.get("offset"), each.get("length"), safe_url(each.get("url"))
        if each.get("type") == "text_link" and url and type(start) is int and type(length) is int:
            end = (start + length) * 2
            if start >= 0 and length > 0 and end <= len(units):
                links.append((end, units[start * 2 : end].decode("utf-16-le", "ignore"), url))
    for end, words, url in sorted(links, reverse=True):
        if words.strip().rstrip("/") != url.rstrip("/"):
            units = units[:end] + f" ({url})".encode("utf-16-le") + units[end:]
    return units.decode("utf-16-le", "replace")[:most]


def _read_words(content: dict[str, Any], name: str, most: int) -> str:
    """A field of a content, with the addresses behind its words."""
    entities = content.get(f"{name}_entities") or (content.get("entities") if name == "text" else None)
    return read_text_with_links(read_if_text(content.get(name), most), entities, most)


def _describe_things(content: dict[str, Any]) -> str:
    """What is to be read of a place, a person, a file or a link that something else contains."""
    venue, contact, audio = (object_of(content.get(name)) for name in ("venue", "contact", "audio"))
    found = [venue.get("title"), venue.get("address"), name_chat(contact), contact.get("phone_number")]
    found += [object_of(content.get("document")).get("file_name"), audio.get("title"), audio.get("performer")]
    lines = [read_if_text(each, 300).strip() for each in found] + [safe_url(object_of(content.get("link")).get("url"))]
    return "\n".join(line for line in lines if line)


# --- one reader for each ---------------------------------------------------------------------------------


def _read_poll(poll: dict[str, Any]) -> list[Card]:
    options = objects_of(poll.get("options"))
    words = [_read_words(poll, name, 3000) for name in ("description", "explanation")]
    words += [_describe_things(object_of(poll.get(name))) for name in ("media", "explanation_media")]
    return make_card(
        "poll",
        title=_read_words(poll, "question", 2000),
        text="\n".join(filter(None, words)),
        items=[_read_option(each) for each in options],
    )


def _read_option(option: dict[str, Any]) -> str:
    text = _count_votes(_read_words(option, "text", 2000), option.get("voter_count"))
    return "\n".join(filter(None, (text, _describe_things(object_of(option.get("media"))))))


def _count_votes(text: str, votes: Any) -> str:
    return f"{text} ({votes})" if type(votes) is int and votes > 0 and text else text


def _read_checklist(checklist: dict[str, Any]) -> list[Card]:
    tasks = [
        (bool(each.get("completion_date") or each.get("completed_by_user")), _read_words(each, "text", 2000))
        for each in objects_of(checklist.get("tasks"))
    ]
    items = [f"{'☑' if is_done else '☐'} {text}" for is_done, text in tasks if text]
    return make_card("checklist", title=_read_words(checklist, "title", 2000), items=items)


def _read_dice(dice: dict[str, Any]) -> list[Card]:
    emoji, value = read_if_text(dice.get("emoji"), 20), read_if_text(dice.get("value"), 10)
    return make_card("dice", text=" ".join(each for each in (emoji or "🎲", value) if each))


def _read_game(game: dict[str, Any]) -> list[Card]:
    words = [_read_words(game, name, 3000) for name in ("description", "text")]
    return make_card("game", title=game.get("title"), text="\n".join(filter(None, words)))


def _read_story(story: dict[str, Any]) -> list[Card]:
    chat = story.get("chat")
    return make_card("story", title=name_chat(chat), url=_link_chat(chat, "s", story.get("id")))


def _read_web_app(data: dict[str, Any]) -> list[Card]:
    """A form that a page of a bot filled in; its data may be anything that fits into a text."""
    raw = read_if_text(data.get("data"), MAX_TEXT_CHARS)
    try:
        is_structured = isinstance(json.loads(raw), (dict, list))
    except (ValueError, RecursionError):
        is_structured = False
    read = gather("web_app", raw, is_form=True) if is_structured else []
    cards = read or make_card("web_app", text=raw)
    title = read_if_text(data.get("button_text"), 200)
    return [{**card, "title": title} if title else card for card in cards] or make_card("web_app", title=title)


def _read_invoice(invoice: dict[str, Any]) -> list[Card]:
    amount, currency = invoice.get("total_amount"), read_if_text(invoice.get("currency"), 10)
    price = ""
    if type(amount) is int and abs(amount) < 10**15:
        number = str(amount) if currency in _WHOLE else f"{amount / 100:.2f}"
        price = f"{'⭐' if currency == 'XTR' else currency} {number}".strip()
    return make_card("invoice", title=invoice.get("title"), text=invoice.get("description"), price=price)


def _read_paid_media(paid: dict[str, Any]) -> list[Card]:
    stars = paid.get("star_count")
    return make_card("paid_media", price=f"⭐ {stars}" if type(stars) is int and 0 <= stars < 10**9 else "")


def _read_gift(gift: dict[str, Any]) -> list[Card]:
    inside = object_of(gift.get("gift"))
    emoji = read_if_text(object_of(inside.get("sticker")).get("emoji"), 20)
    name = read_if_text(inside.get("base_name") or inside.get("name"), 200)
    title = " ".join(each for each in (emoji, name) if each)
    return make_card("gift", title=title, text=_read_words(gift, "text", 3000))


READERS: dict[str, Callable[[dict[str, Any]], list[Card]]] = {
    "poll": _read_poll,
    "checklist": _read_checklist,
    "dice": _read_dice,
    "game": _read_game,
    "story": _read_story,
    "web_app_data": _read_web_app,
    "invoice": _read_invoice,
    "paid_media": _read_paid_media,
    "rich_message": read_article,
    "gift": _read_gift,
    "unique_gift": _read_gift,
    "giveaway": lambda content: gather("giveaway", content),
    "giveaway_winners": lambda content: gather("giveaway", content),
}


# --- what a message is about -------------------------------------------------------------------------


def read_about(message: dict[str, Any]) -> list[Card]:
    """The quoted part, the message of another chat, the story or the task that it answers."""
    quote, other = object_of(message.get("quote")), object_of(message.get("external_reply"))
    story = object_of(message.get("reply_to_story"))
    found = make_card("quote", text=_read_words(quote, "text", MAX_TEXT_CHARS))
    if other:
        url = _link_chat(other.get("chat"), other.get("message_id"))
        found += _quote_message(other, subtitle=name_origin(object_of(other.get("origin"))), url=url)
    if story:
        found += [{**card, "kind": "story_reply"} for card in _read_story(story)] or [{"kind": "story_reply"}]
    return found


def read_answered(message: dict[str, Any]) -> list[Card]:
    """The message of this chat that it answers, for where we have none: it is older than the line, or another's."""
    return [] if message.get("quote") else _quote_message(object_of(message.get("reply_to_message")))


def _quote_message(message: dict[str, Any], **around: str) -> list[Card]:
    """Another message as one card, whatever it is."""
    cards = [card for name, read in READERS.items() if name in message for card in read(object_of(message[name]))]
    card = {name: value for name, value in (cards[0] if cards else {}).items() if name != "kind"}
    words = [_read_words(message, name, MAX_TEXT_CHARS) for name in ("text", "caption")]
    words += [card.get("text", ""), _describe_things(message)]
    return make_card("quote", **{**around, **card, "text": "\n".join(filter(None, words))})


def name_origin(origin: dict[str, Any]) -> str:
    """Who wrote a message first that was passed on (MessageOrigin), by name."""
    named = name_chat(origin.get("sender_user") or origin.get("sender_chat") or origin.get("chat"))
    return named or read_if_text(origin.get("sender_user_name"), 200)
