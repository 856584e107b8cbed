"""Articles (rich messages) of Telegram as lines of text, with their links and buttons apart."""

from collections.abc import Iterator
from typing import Any

from common.parsing import object_of, objects_of, read_if_text
from origins.readable import MAX_TEXT_CHARS, Card, make_button, make_card, safe_url

MAX_BLOCKS, MAX_DEPTH = 500, 8
# what stands behind words that are an address
_ADDRESSES = ("email_address", "phone_number")


def read_article(article: dict[str, Any]) -> list[Card]:
    lines: list[str] = []
    links: list[Card] = []
    for line in _walk_blocks(article.get("blocks"), links, 0):
        if line.strip():
            lines.append(line)
        if len(lines) >= MAX_BLOCKS:
            break
    if not lines:
        lines = [read_if_text(article.get(name), MAX_TEXT_CHARS) for name in ("markdown", "html", "text")]
    text = "\n".join(line for line in lines if line)
    return make_card("rich_message", text=text, buttons=links)


def read_buttons(buttons: list[dict[str, Any]]) -> list[Card]:
    """Buttons of a keyboard or an article; one that copies a text shows that, too."""
    found = []
    for each in buttons:
        words = _flatten(each.get("text"), [], 0)
        copied = read_if_text(object_of(each.get("copy_text")).get("text"), 300)
        found += make_button(f"{words}: {copied}" if copied else words, _button_url(each))
    return found


def _button_url(button: dict[str, Any]) -> Any:
    return button.get("url") or object_of(button.get("web_app") or button.get("login_url")).get("url")


def _walk_blocks(value: Any, links: list[Card], depth: int) -> Iterator[str]:
    """The lines of an article, block by block; links are kept apart."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for each in value[:MAX_BLOCKS]:
            yield from _walk_blocks(each, links, depth + 1)
        return
    block = object_of(value)
    label = _read_label(block)
    for name in ("title", "summary", "header", "text", "expression", "caption"):
        if name in block:
            mark = f"{label} ".lstrip() if name == "text" else ""
            yield mark + _flatten(block[name], links, 0)
    for name in ("cells", "rows"):
        for row in block[name] if isinstance(block.get(name), list) else ():
            yield " | ".join(_flatten(cell, links, 0) for cell in row) if isinstance(row, list) else ""
    yield _describe_place(object_of(block.get("location")))
    yield _describe_music(object_of(block.get("audio")))
    for name in ("blocks", "items"):
        inside = list(_walk_blocks(block.get(name), links, depth + 1))
        if inside and label and name == "blocks":
            inside[0] = f"{label} {inside[0]}"
        yield from inside
    links += read_buttons(objects_of(block.get("buttons"))[:MAX_BLOCKS])
    if credit := _flatten(block.get("credit"), links, 0):
        yield f"— {credit}"


def _read_label(block: dict[str, Any]) -> str:
    """The number or the box before an item of a list."""
    box = ("☑" if block.get("is_checked") is True else "☐") if block.get("has_checkbox") is True else ""
    return " ".join(each for each in (read_if_text(block.get("label"), 20), box) if each)


def _describe_place(place: dict[str, Any]) -> str:
    spot = [place.get(name) for name in ("latitude", "longitude")]
    is_place = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in spot)
    return ", ".join(str(each) for each in spot) if is_place else ""


def _describe_music(audio: dict[str, Any]) -> str:
    names = [read_if_text(audio.get(name), 300) for name in ("title", "performer")]
    return " — ".join(name for name in names if name)


def _flatten(value: Any, links: list[Card], depth: int) -> str:
    """The words of a formatted text: a string, a list of them, or an object around one."""
    if isinstance(value, str):
        return read_if_text(value, MAX_TEXT_CHARS)
    if depth > MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return "".join(_flatten(each, links, depth + 1) for each in value[:MAX_BLOCKS])
    part = object_of(value)
    if button := object_of(part.get("button")):
        links += read_buttons([button])
        return _flatten(button.get("text"), links, depth + 1)
    words = "".join(
        _flatten(part[name], links, depth + 1) for name in ("text", "expression", "alternative_text") if name in part
    )
    if credit := _flatten(part.get("credit"), links, depth + 1):
        words = f"{words} — {credit}".lstrip()
    if url := safe_url(part.get("url")):
        links += make_button(words, url)
    behind = [read_if_text(part.get(name), 300) for name in _ADDRESSES]
    return words + "".join(f" ({each})" for each in behind if each and each not in words)
