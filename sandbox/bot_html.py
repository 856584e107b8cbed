"""Telegram's HTML."""

import html
import re
from typing import Any

from sandbox.bot_spans import Parsed, SpanBuilder, refuse_entities

# its name, where its text begins, and what else it says
OpenTag = tuple[str, int, dict[str, Any]]
_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "span": "spoiler", "tg-spoiler": "spoiler", "tg-emoji": "custom_emoji",
    "blockquote": "blockquote",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([^\s>]*)([^>]*)(>?)")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)


def read_html(text: str) -> Parsed:
    built, at = SpanBuilder(), 0
    opened: list[OpenTag] = []
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
            raise refuse_entities(f'Unsupported start tag "{name}"', text, at)
        if not found[4]:
            raise refuse_entities(f"Unclosed {'end' if found[1] else 'start'} tag", text, at)
        if found[1]:
            _close_tag(text, at, name, built, opened)
        else:
            opened.append((name, built.units, _read_tag(text, at, name, found[3])))
        at = found.end()
    if opened:
        raise refuse_entities(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return built.finish()


def _read_tag(text: str, at: int, name: str, rest: str) -> dict[str, Any]:
    """What an opening tag says beside its name."""
    if name == "span" and "tg-spoiler" not in rest:
        raise refuse_entities('Tag "span" must have class "tg-spoiler"', text, at)
    link = _HREF.search(rest) if name == "a" else None
    return {"url": html.unescape(link[1] or link[2] or link[3] or "")} if link else {}


def _close_tag(
    text: str, at: int, name: str, built: SpanBuilder, opened: list[tuple[str, int, dict[str, Any]]]
) -> None:
    if not opened:
        raise refuse_entities("Unexpected end tag", text, at)
    expected, start, more = opened.pop()
    if name and name != expected:
        found = f'expected "</{expected}>", found "</{name}>"'
        raise refuse_entities("Unmatched end tag", text, at, more=f", {found}")
    # a link without an address is its words
    if expected != "a" or more.get("url"):
        built.close(_TAGS[expected], start, **more)
