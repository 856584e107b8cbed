"""Parts of a message of Messenger or Instagram: its words and its attachments, each of one kind."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from common.parsing import object_of, objects_of, read_if_text, read_text
from origins.meta.shown_cards import read_template
from origins.readable import Card, gather, make_card, safe_url, say

MAX_TEXT_CHARS = 65_536
# more attachments than Meta allows in one message, and no reason to make thousands of rows
MAX_PARTS = 50

# kind, text, payload; cards stand in payload["cards"] until the text is made of them
Part = tuple[str, str, dict[str, Any]]

_MEDIA = {
    "image": "image", "audio": "audio", "video": "video", "file": "document", "sticker": "sticker",
    "ig_reel": "video", "reel": "video", "animated_image": "image", "gif": "image",
}  # fmt: skip
# image or video: only the fetched file tells which
_EITHER = {"share", "ig_post", "story_mention", "ig_story", "story", "post", "story_share", "story_reply"}
# one thing by its old name and by its new one, in one message
_SAME = {
    "share": "post", "ig_post": "post", "post": "post", "ig_reel": "reel", "reel": "reel",
    "story_mention": "story", "ig_story": "story", "story_share": "story", "image": "picture", "sticker": "picture",
}  # fmt: skip
# these come without anything in them
_EMOJI = {"like_heart": "❤️", "heart": "❤️", "like": "👍", "thumbs_up": "👍"}
# the thumbs of Messenger, small, middle and large
_THUMBS = (369239263222822, 369239343222814, 369239383222810)
# hosts whose links are web pages, not files
_PAGES = ("instagram.com", "facebook.com", "fb.watch", "fb.me", "m.me")
# fields of a message around what it says
_AROUND = {
    "mid", "seq", "text", "attachments", "quick_reply", "reply_to", "referral", "is_echo", "is_self", "is_deleted",
    "is_unsupported", "app_id", "metadata", "nlp", "tags", "traits", "commands", "sticker_id", "reply", "timestamp",
}  # fmt: skip


def unsupported_part(name: str, text: str = "") -> Part:
    return "unsupported", text, {"type": name}


def read_parts(message: dict[str, Any]) -> list[Part]:
    """One part for each attachment, the words with the first; never none. Raises OriginError: the text is none."""
    text = read_text(message.get("text"), MAX_TEXT_CHARS)
    parts = [part for attachment in _list_attachments(message) for part in _read_part(attachment)][:MAX_PARTS]
    # the preview of a link that the text already contains
    parts = [part for part in parts if not (part[0] == "text" and part[1] and part[1].split("\n")[-1] in text)]
    if not parts:
        # an empty text alone is a message; beside attachments that make no sense it is not the whole message
        is_whole = text or (message.get("text") is not None and not message.get("attachments"))
        return [("text", text, {})] if is_whole else [_read_rest(message)]
    if text:
        kind, own, payload = parts[0]
        parts[0] = (kind, "\n".join(each for each in (text, own) if each), payload)
    return [_finish_part(part) for part in parts]


def _finish_part(part: Part) -> Part:
    kind, words, payload = part
    text, cards = say(words, payload.get("cards", []))
    return kind, text[:MAX_TEXT_CHARS], {name: each for name, each in payload.items() if name != "cards"} | cards


def _read_rest(message: dict[str, Any]) -> Part:
    """What a message of neither words nor attachments says in fields that nobody has told us of."""
    rest = {name: each for name, each in message.items() if name not in _AROUND}
    name = next(iter(rest), "unknown")[:60]
    cards = gather(read_if_text(name, 60), rest)
    return _finish_part(("unsupported", "", {"type": read_if_text(name, 60) or "unknown"} | _as_cards(cards)))


def _as_cards(cards: list[Card]) -> dict[str, Any]:
    return {"cards": cards} if cards else {}


def _list_attachments(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The attachments; what comes twice, by its old name and by its new one, once with what both say of it."""
    kept: list[dict[str, Any]] = []
    for each in objects_of(message.get("attachments")):
        twin = next((one for one in kept if _are_same(one, each)), None)
        if twin is None:
            kept.append({**each, "names": {_name_of(each)}})
            continue
        twin["names"].add(_name_of(each))
        filled = {name: value for name, value in object_of(twin.get("payload")).items() if value}
        twin["payload"] = object_of(each.get("payload")) | filled
        # the newer name says more
        twin["type"] = each.get("type") if _name_of(each).startswith("ig_") else twin.get("type")
    return kept


def _are_same(kept: dict[str, Any], other: dict[str, Any]) -> bool:
    """One thing by two names: never two of the same name, nor two whose ids differ."""
    one, two = object_of(kept.get("payload")), object_of(other.get("payload"))
    same, its = _SAME.get(_name_of(kept)), _SAME.get(_name_of(other))
    # a shared reel is a post, too, where both lead to the same place
    is_reel = {same, its} == {"reel", "post"} and one.get("url") and one["url"] == two.get("url")
    if _name_of(other) in kept["names"] or its is None or (same != its and not is_reel):
        return False
    if _SAME[_name_of(other)] == "picture" and not one.get("sticker_id"):
        return False  # a picture of one's own
    return all(one[name] == two[name] for name in one.keys() & two.keys() if name.endswith("_id") or name == "id")


def _name_of(attachment: dict[str, Any]) -> str:
    """Names come with hyphens and with underscores."""
    return read_if_text(attachment.get("type"), 60).replace("-", "_") or "unknown"


def _read_part(attachment: dict[str, Any]) -> Iterator[Part]:
    """One part; several of a template whose elements have a picture each."""
    name, payload = _name_of(attachment), object_of(attachment.get("payload"))
    url = read_if_text(payload.get("url") or attachment.get("url"), 2000).strip()
    if url.startswith("/reel/"):
        url = f"https://www.facebook.com{url}"
    title = read_if_text(payload.get("title") or attachment.get("title"), 300).strip()
    kind = _MEDIA.get(name) or ("document" if name in _EITHER else "")
    if name == "location":
        yield _read_place(payload, title, url)
    elif name in _EMOJI:
        yield "text", _EMOJI[name], {"type": name}
    elif payload.get("sticker_id") in _THUMBS:
        yield "sticker" if safe_url(url) else "text", "👍", {"media": {"url": url}} if safe_url(url) else {}
    elif name in ("template", "product") or payload.get("template_type"):
        yield from _read_template(name, attachment, payload)
    elif kind and safe_url(url) and not _is_page(url):
        yield _read_file(name, kind, attachment, payload, title, url)
    elif name == "fallback" or (kind and safe_url(url)):
        yield _read_link(name, attachment, payload, title, url)
    else:
        cards = gather(name, {key: each for key, each in attachment.items() if key not in ("type", "names")})
        yield "unsupported", "", {"type": name} | _as_cards(cards)


def _read_file(name: str, kind: str, attachment: dict[str, Any], payload: dict[str, Any], title: str, url: str) -> Part:
    if name == "image" and payload.get("sticker_id"):
        kind = "sticker"
    is_plain = name in ("image", "audio", "video", "file", "sticker")
    cards = _read_beside(name, attachment, payload)
    return kind, "" if is_plain else title, {"media": {"url": url}} | ({} if is_plain else {"type": name}) | cards


def _read_beside(name: str, attachment: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    """What stands beside a file or a link: whose it is, a description, further links."""
    rest = {key: each for key, each in payload.items() if key not in ("url", "title", "is_reusable")}
    own = {key: attachment[key] for key in ("description", "subtitle", "author", "caption") if attachment.get(key)}
    return _as_cards(gather(name, own | rest))


def _read_link(name: str, attachment: dict[str, Any], payload: dict[str, Any], title: str, url: str) -> Part:
    text = "\n".join(each for each in (title, url) if each)
    beside = _read_beside(name, attachment, payload)
    return ("text", text, beside) if text or beside else unsupported_part(name)


def _read_template(name: str, attachment: dict[str, Any], payload: dict[str, Any]) -> Iterator[Part]:
    """The first part has the words of all that have no picture of their own; each further picture is one more."""
    about = {key: attachment[key] for key in ("title", "subtitle", "url") if attachment.get(key)}
    shown = read_template(payload)
    if own := make_card(name, **about):
        shown = [(own[0], ""), *(one for one in shown if one[0] != own[0])]
    first = [card for card, picture in shown if card and not picture]
    pictures = [(card, picture) for card, picture in shown if picture]
    if first and not pictures:
        yield "text", "", {"type": name, "cards": first}
    for number, (card, picture) in enumerate(pictures):
        cards = (first if number == 0 else []) + ([card] if card else [])
        yield "image", "", {"type": name, "media": {"url": picture}} | _as_cards(cards)
    if not shown:
        rest = gather(name, {key: each for key, each in attachment.items() if key not in ("type", "names")})
        yield "unsupported", "", {"type": name} | _as_cards(rest)


def _is_page(url: str) -> bool:
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("l.")
    except ValueError:
        return False
    return host in _PAGES


def _read_place(payload: dict[str, Any], title: str, url: str) -> Part:
    spot = object_of(payload.get("coordinates"))
    found = {name: spot.get(short) for name, short in (("latitude", "lat"), ("longitude", "long"))}
    more = ({"place": title} if title else {}) | ({"url": safe_url(url)} if safe_url(url) else {})
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = found[name]
        if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > most:
            text = "\n".join((title, url)).strip()
            return ("text", text, {}) if text else unsupported_part("location")
    return "location", "", found | more
