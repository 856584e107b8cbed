"""Telegram's formatted texts: MarkdownV2, the old Markdown and HTML, with the errors that each gives."""

import html
import re
from collections.abc import Callable
from typing import Any

from sandbox.bot_words import BotError, count_units

Entity = dict[str, Any]
Parsed = tuple[str, list[Entity]]

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
# MarkdownV2's marks, the longer of each kind first: what Telegram calls their entities, and their type
_MARKS = (
    ("```", "Pre", "pre"),
    ("`", "Code", "code"),
    ("__", "Underline", "underline"),
    ("_", "Italic", "italic"),
    ("||", "Spoiler", "spoiler"),
    ("*", "Bold", "bold"),
    ("~", "Strikethrough", "strikethrough"),
)
_OLD_MARKS = {"_": "italic", "*": "bold", "`": "code", "```": "pre"}
_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "span": "spoiler", "tg-spoiler": "spoiler", "tg-emoji": "custom_emoji",
    "blockquote": "blockquote",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([^\s>]*)([^>]*)(>?)")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)


def parse_text(text: str, mode: Any) -> Parsed:
    """What the customer sees of a text, and its entities. Raises BotError."""
    if not mode:
        return text, []
    reader = _READERS.get(str(mode).lower())
    if reader is None:
        raise BotError("unsupported parse_mode")
    return reader(text)


def _refuse(words: str) -> BotError:
    return BotError(f"can't parse entities: {words}")


def _offset(text: str, at: int) -> int:
    return len(text[:at].encode())


class _Builder:
    """The plain text so far and the entities in it; lengths are in UTF-16 units."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.units = 0
        self.entities: list[Entity] = []

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.units += count_units(text)

    def close(self, kind: str, start: int, **more: Any) -> None:
        if self.units > start:
            self.entities.append({"type": kind, "offset": start, "length": self.units - start, **more})

    def finish(self) -> Parsed:
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.parts), self.entities


# --- MarkdownV2 ---------------------------------------------------------------------------------


def _read_markdown(text: str) -> Parsed:
    built = _Builder()
    # open ones: mark, its name, type, where it stood, where its text begins
    opened: list[tuple[str, str, str, int, int]] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text) and 0 < ord(text[at + 1]) < 127:
            built.add(text[at + 1])
            at += 2
            continue
        if opened and opened[-1][0] in ("`", "```"):
            mark, _name, kind, _at, start = opened[-1]
            if text.startswith(mark, at):
                built.close(kind, start)
                opened.pop()
                at += len(mark)
            else:
                built.add(char)
                at += 1
            continue
        if char not in _RESERVED:
            built.add(char)
            at += 1
            continue
        at = _read_mark(text, at, built, opened)
    if opened:
        raise _refuse(f"Can't find end of {opened[-1][1]} entity at byte offset {_offset(text, opened[-1][3])}")
    return built.finish()


def _read_mark(text: str, at: int, built: _Builder, opened: list[tuple[str, str, str, int, int]]) -> int:
    """A reserved sign outside of code. Returns where to read on."""
    if opened and opened[-1][0] == "]" and text[at] == "]":
        _mark, _name, kind, _at, start = opened.pop()
        url, at = _read_address(text, at + 1)
        # without an address the words stay
        if url:
            built.close(kind, start, **({"url": url} if kind == "text_link" else {"custom_emoji_id": url}))
        return at
    for mark, name, kind in _MARKS:
        if text.startswith(mark, at):
            return _toggle_mark(text, at, built, opened, (mark, name, kind))
    if text[at] == "[" or text.startswith("![", at):
        kind, step = ("text_link", 1) if text[at] == "[" else ("custom_emoji", 2)
        opened.append(("]", "TextUrl" if step == 1 else "CustomEmoji", kind, at, built.units))
        return at + step
    if text[at] == ">" and (at == 0 or text[at - 1] == "\n"):
        return at + 1
    raise _refuse(f"Character '{text[at]}' is reserved and must be escaped with the preceding '\\'")


def _toggle_mark(
    text: str,
    at: int,
    built: _Builder,
    opened: list[tuple[str, str, str, int, int]],
    mark: tuple[str, str, str],
) -> int:
    sign, name, kind = mark
    if opened and opened[-1][0] == sign:
        built.close(kind, opened.pop()[4])
        return at + len(sign)
    # inside of an italic one, `__` may be its end with another after it
    if sign == "__" and opened and opened[-1][0] == "_":
        built.close("italic", opened.pop()[4])
        return at + 1
    if any(one[0] == sign for one in opened):
        raise _refuse(f"Can't find end of {opened[-1][1]} entity at byte offset {_offset(text, opened[-1][3])}")
    opened.append((sign, name, kind, at, built.units))
    at += len(sign)
    if sign == "```" and (language := re.match(r"[A-Za-z0-9_+-]+\n", text[at:])):
        at += len(language[0])
    return at


def _read_address(text: str, at: int) -> tuple[str, int]:
    """What stands in brackets after a link's words, and where it ends."""
    if not text.startswith("(", at):
        return "", at
    url, start, at = "", at, at + 1
    while at < len(text) and text[at] != ")":
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        url += text[at]
        at += 1
    if at >= len(text):
        raise _refuse(f"Can't find end of a URL at byte offset {_offset(text, start)}")
    return url, at + 1


# --- the old Markdown ---------------------------------------------------------------------------


def _read_old_markdown(text: str) -> Parsed:
    built, at = _Builder(), 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("_", "*", "`", "["):
            built.add(text[at + 1])
            at += 2
            continue
        if char not in "_*`[":
            built.add(char)
            at += 1
            continue
        mark = "```" if text.startswith("```", at) else char
        end = text.find("]" if mark == "[" else mark, at + len(mark))
        if end < 0:
            raise _refuse(f"Can't find end of the entity starting at byte offset {_offset(text, at)}")
        start = built.units
        built.add(text[at + len(mark) : end])
        if mark == "[":
            url, at = _read_address(text, end + 1)
            if url:
                built.close("text_link", start, url=url)
        else:
            built.close(_OLD_MARKS[mark], start)
            at = end + len(mark)
    return built.finish()


# --- HTML ---------------------------------------------------------------------------------------


def _read_html(text: str) -> Parsed:
    built, at = _Builder(), 0
    opened: list[tuple[str, int, dict[str, Any]]] = []
    while at < len(text):
        if text[at] != "<":
            end = text.find("<", at)
            end = len(text) if end < 0 else end
            built.add(html.unescape(text[at:end]))
            at = end
            continue
        found = _TAG.match(text, at)
        assert found is not None  # noqa: S101 - it stands at one
        name = found[2].lower()
        # the name is looked at before the end is
        if not found[1] and (found[3] or found[4]) and name not in _TAGS:
            raise _refuse(f'Unsupported start tag "{name}" at byte offset {_offset(text, at)}')
        if not found[4]:
            raise _refuse(f"Unclosed {'end' if found[1] else 'start'} tag at byte offset {_offset(text, at)}")
        if found[1]:
            _close_tag(text, at, name, built, opened)
        else:
            opened.append((name, built.units, _read_tag(text, at, name, found[3])))
        at = found.end()
    if opened:
        raise _refuse(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return built.finish()


def _read_tag(text: str, at: int, name: str, rest: str) -> dict[str, Any]:
    """What an opening tag says beside its name."""
    if name == "span" and "tg-spoiler" not in rest:
        raise _refuse(f'Tag "span" must have class "tg-spoiler" at byte offset {_offset(text, at)}')
    link = _HREF.search(rest) if name == "a" else None
    return {"url": html.unescape(link[1] or link[2] or link[3] or "")} if link else {}


def _close_tag(text: str, at: int, name: str, built: _Builder, opened: list[tuple[str, int, dict[str, Any]]]) -> None:
    if not opened:
        raise _refuse(f"Unexpected end tag at byte offset {_offset(text, at)}")
    expected, start, more = opened.pop()
    if name and name != expected:
        raise _refuse(
            f'Unmatched end tag at byte offset {_offset(text, at)}, expected "</{expected}>", found "</{name}>"'
        )
    # a link without an address is its words
    if expected != "a" or more.get("url"):
        built.close(_TAGS[expected], start, **more)


_READERS: dict[str, Callable[[str], Parsed]] = {
    "markdownv2": _read_markdown,
    "markdown": _read_old_markdown,
    "html": _read_html,
}
