"""Telegram's MarkdownV2, and the Markdown before it."""

import re

from sandbox.bot_spans import Parsed, SpanBuilder, refuse_entities

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


# --- MarkdownV2 ---------------------------------------------------------------------------------


def read_markdown(text: str) -> Parsed:
    built = SpanBuilder()
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
        raise refuse_entities(f"Can't find end of {opened[-1][1]} entity", text, opened[-1][3])
    return built.finish()


def _read_mark(text: str, at: int, built: SpanBuilder, opened: list[tuple[str, str, str, int, int]]) -> int:
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
    raise refuse_entities(f"Character '{text[at]}' is reserved and must be escaped with the preceding '\\'")


def _toggle_mark(
    text: str,
    at: int,
    built: SpanBuilder,
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
        raise refuse_entities(f"Can't find end of {opened[-1][1]} entity", text, opened[-1][3])
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
        raise refuse_entities("Can't find end of a URL", text, start)
    return url, at + 1


# --- the old Markdown ---------------------------------------------------------------------------


def read_old_markdown(text: str) -> Parsed:
    built, at = SpanBuilder(), 0
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
            raise refuse_entities("Can't find end of the entity starting", text, at)
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
