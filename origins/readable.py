"""Readable content: what can be read of a message that is no plain text, as cards of one shape for all networks.

A card is a dict of what there is of: kind (what it is, by the network's name or ours), title, subtitle, text, price,
url, buttons [{title, url?}], items [text]. Where a message *is* a card, its words stand in the message's text as well
(`say`), so that lists, search, bots and exports have them without knowing of cards; `payload["cards"]` is how a screen
sets them out, and `payload["words"]` what the person wrote beside them. What a message is only *about* (a product, a
story, a quoted part) stands in `payload["about"]` and not in its text, by which bots choose.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from common.parsing import read_if_text

Card = dict[str, Any]

MAX_CARDS, MAX_BUTTONS, MAX_ITEMS = 10, 10, 50
MAX_TITLE_CHARS, MAX_TEXT_CHARS, MAX_URL_CHARS = 300, 4_000, 2_000
# of the last resort: how deep it looks, at how many values, and how long one line is
MAX_DEPTH, MAX_VALUES, MAX_LINE_CHARS = 8, 500, 1_000

# names of fields whose values stand for themselves; any other is said with its name
_SPEAKING = {
    "title", "name", "headline", "text", "body", "message", "caption", "description", "subtitle", "question", "label",
    "content", "value", "summary", "footer", "header", "details", "display_text", "button_text", "words", "prompt",
}  # fmt: skip
# names of fields that programs read
_TECHNICAL = {
    "id", "mid", "type", "kind", "hash", "sha256", "token", "signature", "key", "mime_type", "thumbnail", "thumb",
    "thumbnails", "entities", "locale", "language", "language_code", "ratio", "errors", "format", "status_code",
    "sharable", "shareable", "nlp", "metadata", "payload_version", "wa_id", "encoding",
}  # fmt: skip
# these are for programs where they are numbers
_MEASURES = {
    "offset", "length", "width", "height", "duration", "timestamp", "date", "size", "position", "color", "index",
    "version", "file_size", "seq",
}  # fmt: skip
_TECHNICAL_ENDINGS = (
    "_id", "_ids", "_token", "_key", "_hash", "_sha256", "_type", "_format", "_timestamp", "_ratio", "_entities",
    "_date", "_style", "_period",
)  # fmt: skip
_OPAQUE = re.compile(r"[A-Za-z0-9_+/=.:|~-]{32,}")


def safe_url(value: Any) -> str:
    """An address of the web as it came, '' for anything else: what is shown as a link leads nowhere else."""
    url = read_if_text(value, MAX_URL_CHARS + 1).strip()
    if len(url) > MAX_URL_CHARS or any(c.isspace() or not c.isprintable() for c in url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme.lower() in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def make_card(
    kind: str,
    *,
    title: Any = "",
    subtitle: Any = "",
    text: Any = "",
    price: Any = "",
    url: Any = "",
    buttons: Iterable[Card] = (),
    items: Iterable[str] = (),
) -> list[Card]:
    """One card of what there is, cut to size; none where there is nothing."""
    found: Card = {
        "title": read_if_text(title, MAX_TITLE_CHARS).strip(),
        "subtitle": read_if_text(subtitle, MAX_TITLE_CHARS).strip(),
        "text": read_if_text(text, MAX_TEXT_CHARS).strip(),
        "price": read_if_text(price, 60).strip(),
        "url": safe_url(url),
        "buttons": list(buttons)[:MAX_BUTTONS],
        "items": [item for item in items if item.strip()][:MAX_ITEMS],
    }
    found = {name: value for name, value in found.items() if value}
    return [{"kind": kind[:60], **found}] if found else []


def make_button(title: Any, url: Any = "") -> list[Card]:
    """One button, with where it leads; none without a title and an address."""
    words, where = read_if_text(title, MAX_TITLE_CHARS).strip(), safe_url(url)
    if not words and not where:
        return []
    return [{"title": words or where} | ({"url": where} if where else {})]


def describe_card(card: Card) -> str:
    """A card's words as plain text, a line for each."""
    lines = [str(card.get(name) or "") for name in ("title", "subtitle", "text", "price")]
    lines += [f"• {item}" for item in card.get("items", ())]
    lines += [str(card.get("url") or "")]
    lines += [_describe_button(button) for button in card.get("buttons", ())]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _describe_button(button: Mapping[str, str]) -> str:
    title, url = button["title"], button.get("url", "")
    return f"[{title}]" if not url else url if title == url else f"[{title}] {url}"


def say(words: str, cards: list[Card]) -> tuple[str, dict[str, Any]]:
    """The text of a message of these words and cards, and what its payload keeps of them."""
    if not cards:
        return words, {}
    cards = cards[:MAX_CARDS]
    text = "\n".join(each for each in (words, *(describe_card(card) for card in cards)) if each)
    return text, {"cards": cards} | ({"words": words} if words else {})


# --- the last resort ---------------------------------------------------------------------------------


def gather(kind: str, value: Any, *, is_form: bool = False) -> list[Card]:
    """A card of all that can be read of content that nobody has told us of; none where nothing can.

    `is_form`: somebody filled it in, so that no name in it is for programs only.
    """
    lines: list[str] = []
    links: list[Card] = []
    for name, found in _walk(value, is_form):
        if url := safe_url(found):
            links += make_button(url, url)
        elif line := _describe_value(name, found, is_form):
            lines.append(line)
    links = [link for number, link in enumerate(links) if link["url"] not in [one["url"] for one in links[:number]]]
    return make_card(kind, text="\n".join(dict.fromkeys(lines)), buttons=links)


def _walk(value: Any, is_form: bool) -> Iterator[tuple[str, str | int | float]]:
    """(name of its field, value) of what people could read, in the order of the body. Without recursion."""
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    left = MAX_VALUES
    while waiting and left:
        left -= 1
        name, found, depth = waiting.pop()
        if isinstance(found, str) and found[:1] in ("{", "[") and depth < MAX_DEPTH:
            found = _read_inner(found)
        if isinstance(found, Mapping) and depth < MAX_DEPTH:
            names = [key for key in found if is_form or not _is_technical(str(key))]
            waiting += [(str(key)[:60], found[key], depth + 1) for key in reversed(names)]
        elif isinstance(found, list) and depth < MAX_DEPTH:
            waiting += [(name, each, depth + 1) for each in reversed(found[:MAX_VALUES])]
        elif isinstance(found, (str, int, float)) and not isinstance(found, bool):
            yield name, found


def _read_inner(text: str) -> Any:
    """A value that was packed as JSON into a text; the text where it was not."""
    try:
        return json.loads(text, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return text


def _is_technical(name: str) -> bool:
    name = name.lower().replace("-", "_")
    return name in _TECHNICAL or name.endswith(_TECHNICAL_ENDINGS) or name.startswith(("is_", "has_", "can_"))


def _describe_value(name: str, value: str | int | float, is_form: bool) -> str:
    if isinstance(value, float) and value != value:
        return ""
    said = str(value) if isinstance(value, float) else read_if_text(value, MAX_LINE_CHARS).strip()
    if not is_form and (_OPAQUE.fullmatch(said) or (name.lower() in _MEASURES and not isinstance(value, str))):
        return ""
    if not said:
        return ""
    return said if isinstance(value, str) and (not name or name.lower() in _SPEAKING) else f"{_in_words(name)}: {said}"


def _in_words(name: str) -> str:
    return read_if_text(name, 60).replace("_", " ").replace("-", " ").strip()
