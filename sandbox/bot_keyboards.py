"""Telegram's keyboards: inline buttons and the keys below a chat."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.bot_words import BotError

MAX_BUTTONS, MAX_DATA_BYTES = 100, 64
# what an inline button may do; one of these each
ACTIONS = (
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip
_SCHEMES = ("http", "https", "tg", "ton", "tonsite")


def read_choices(markup: Any) -> list[dict[str, str]]:
    """The buttons that a customer can tap. Raises BotError."""
    if not markup:
        return []
    if not isinstance(markup, dict):
        raise BotError("object expected as reply markup")
    if "inline_keyboard" in markup:
        found = [_read_inline(button) for row in _read_rows(markup["inline_keyboard"]) for button in row]
    else:
        found = [_read_key(button) for row in _read_rows(markup.get("keyboard") or []) for button in row]
    if len(found) > MAX_BUTTONS:
        raise BotError("reply markup is too long")
    return found


def _read_rows(rows: Any) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BotError("can't parse reply keyboard markup JSON object")
    return rows


def _read_inline(button: Any) -> dict[str, str]:
    title = _read_title(button, "inline keyboard button")
    named = [name for name in ACTIONS if button.get(name) is not None]
    if not named:
        raise BotError("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if named[0] == "callback_data":
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= MAX_DATA_BYTES:
            raise BotError("BUTTON_DATA_INVALID")
        return {"kind": "callback", "title": title, "payload": data}
    if named[0] == "url":
        _check_url(str(button["url"]))
    return {"kind": "url", "title": title, "payload": str(button.get("url") or "")}


def _read_key(button: Any) -> dict[str, str]:
    title = button if isinstance(button, str) else _read_title(button, "keyboard button")
    return {"kind": "key", "title": title, "payload": title}


def _read_title(button: Any, what: str) -> str:
    title = button.get("text") if isinstance(button, dict) else None
    if not isinstance(title, str):
        raise BotError(f'can\'t parse {what}: Field "text" must be of type String')
    if not title.strip():
        raise BotError("text buttons must be non-empty")
    return title


def _check_url(url: str) -> None:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    is_name = "." in (parts.hostname or "") or parts.scheme not in ("http", "https")
    if parts.scheme not in _SCHEMES or not parts.netloc or not is_name:
        raise BotError(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
