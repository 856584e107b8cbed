"""Common checks of what the Graph API is given: known keys, texts within their length."""

from collections.abc import Collection
from typing import Any

from sandbox.errors import GraphError


def check_keys(content: Any, known: Collection[str], shown: str) -> dict[str, Any]:
    """An object with no key but these. Raises GraphError."""
    if not isinstance(content, dict):
        raise GraphError(100, f"Param {shown} must be a JSON object.")
    for name in content:
        if name not in known:
            raise GraphError(100, f'Unexpected key "{name}" on param "{shown}".')
    return content


def check_text(content: dict[str, Any], name: str, most: int, shown: str, *, needed: bool = False) -> str:
    """A text of a message, of at most so many characters. Raises GraphError."""
    text = content.get(name)
    if text is None or text == "":
        if needed:
            raise GraphError(131008, f"The parameter {shown} is required.")
        return ""
    if not isinstance(text, str):
        raise GraphError(100, f"Param {shown} must be a string.")
    if len(text) > most:
        raise GraphError(100, f"Param {shown} must be at most {most} characters long.")
    return text


def check_label(content: dict[str, Any], name: str, most: int, called: str, *, needed: bool = True) -> str:
    """A text of an interactive message, whose length has an error of its own. Raises GraphError."""
    text = content.get(name)
    if not text and not needed:
        return ""
    if not isinstance(text, str) or not text.strip() or len(text) > most:
        raise GraphError(131009, f"{called} length invalid. Min length: 1, Max length: {most}")
    return text
