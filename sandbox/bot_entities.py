"""Telegram's formatted texts, by their parse mode, with the errors that each gives."""

from collections.abc import Callable
from typing import Any

from sandbox.bot_html import read_html
from sandbox.bot_markdown import read_markdown, read_old_markdown
from sandbox.bot_spans import Entity, Parsed
from sandbox.bot_words import BotError

__all__ = ["Entity", "Parsed", "parse_text"]

_READERS: dict[str, Callable[[str], Parsed]] = {
    "markdownv2": read_markdown,
    "markdown": read_old_markdown,
    "html": read_html,
}


def parse_text(text: str, mode: Any) -> Parsed:
    """What the customer sees of a text, and its entities. Raises BotError."""
    if not mode:
        return text, []
    reader = _READERS.get(str(mode).lower())
    if reader is None:
        raise BotError("unsupported parse_mode")
    return reader(text)
