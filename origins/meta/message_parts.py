"""What a message of Messenger or Instagram says: its words and its attachments, as parts of one kind each."""

from typing import Any
from urllib.parse import urlsplit

from common.parsing import read_if_text, read_text

MAX_TEXT_CHARS = 65_536
# more attachments than Meta allows in one message, and no reason to make thousands of rows
MAX_PARTS = 50

# kind, text, payload
Part = tuple[str, str, dict[str, Any]]

_MEDIA = {
    "image": "image", "audio": "audio", "video": "video", "file": "document", "sticker": "sticker",
    "ig_reel": "video", "reel": "video",
}  # fmt: skip
# a picture or a film: what it is shows when it is fetched
_EITHER = ("share", "ig_post", "story_mention", "ig_story", "post")
# pages to look at there, where a file was to be expected
_PAGES = ("instagram.com", "facebook.com", "fb.watch")


def object_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def objects_of(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def unsupported_part(name: str, text: str = "") -> Part:
    return "unsupported", text, {"type": name}


def read_parts(message: dict[str, Any]) -> list[Part]:
    """One part for each attachment, the words with the first; never none. Raises OriginError: the text is none."""
    text = read_text(message.get("text"), MAX_TEXT_CHARS)
    parts = [_read_part(attachment) for attachment in _list_attachments(message)][:MAX_PARTS]
    # the preview of a link that the words hold already
    parts = [part for part in parts if not (part[0] == "text" and part[1].split("\n")[-1] in text)]
    if not parts:
        # words that are empty by themselves are a message; with attachments that make no sense they are not all of it
        is_whole = text or (message.get("text") is not None and not message.get("attachments"))
        return [("text", text, {})] if is_whole else [unsupported_part("unknown")]
    if text:
        kind, own, payload = parts[0]
        parts[0] = (kind, "\n".join(each for each in (text, own) if each), payload)
    return parts


def _list_attachments(message: dict[str, Any]) -> list[dict[str, Any]]:
    """A shared post comes twice, by its old name and by its new one."""
    found = objects_of(message.get("attachments"))
    posts = [object_of(each.get("payload")) for each in found if each.get("type") == "ig_post"]
    return [each for each in found if not (each.get("type") == "share" and object_of(each.get("payload")) in posts)]


def _read_part(attachment: dict[str, Any]) -> Part:
    name = read_if_text(attachment.get("type"), 60) or "unknown"
    payload = object_of(attachment.get("payload"))
    url = read_if_text(payload.get("url") or attachment.get("url"), 2000).strip()
    title = read_if_text(payload.get("title") or attachment.get("title"), 300).strip()
    if name == "location":
        return _read_place(payload, title, url)
    if name == "fallback" and (url or title):
        return "text", "\n".join(each for each in (title, url) if each), {}
    kind = _MEDIA.get(name) or ("document" if name in _EITHER else "")
    if not kind or not url.startswith(("http://", "https://")):
        return unsupported_part(name)
    if _is_page(url):
        return "text", "\n".join(each for each in (title, url) if each), {}
    if name == "image" and payload.get("sticker_id"):
        kind = "sticker"
    more = {} if name in ("image", "audio", "video", "file", "sticker") else {"type": name}
    return kind, title if more else "", {"media": {"url": url}} | more


def _is_page(url: str) -> bool:
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return False
    return host in _PAGES


def _read_place(payload: dict[str, Any], title: str, url: str) -> Part:
    spot = object_of(payload.get("coordinates"))
    found = {name: spot.get(short) for name, short in (("latitude", "lat"), ("longitude", "long"))}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = found[name]
        if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > most:
            return ("text", "\n".join((title, url)).strip(), {}) if url else unsupported_part("location")
    return "location", "", found | ({"place": title} if title else {})
