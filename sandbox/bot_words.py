"""What all calls of the Bot API share: its refusals, and how it reads what it is given."""

from typing import Any

from sandbox.records import Customer, Line
from sandbox.web import Answer, said
from sandbox.world import World

MEGA = 1024 * 1024
FILE_MARK = "AgACAgEAAxkBAAI"


class BotError(Exception):
    """One refusal, with Telegram's own words."""

    def __init__(self, words: str, status: int = 400, after: int = 0) -> None:
        super().__init__(words)
        self.words, self.status, self.after = words, status, after

    def answer(self) -> Answer:
        kind = {400: "Bad Request", 403: "Forbidden", 429: "Too Many Requests"}.get(self.status, "")
        words = f"{kind}: {self.words}" if kind else self.words
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": words}
        if self.after:
            body["parameters"] = {"retry_after": self.after}
        return said(body, self.status)


def line_of(world: World, token: str) -> Line | None:
    found = (line for line in world.lines.values() if line.kind == "telegram" and line.access_token == token)
    return next(found, None) if token else None


def ok(result: Any) -> Answer:
    return said({"ok": True, "result": result})


def person(world: World, line: Line, data: dict[str, Any]) -> Customer:
    customer = world.find(line, "chat_id", str(data.get("chat_id") or ""))
    if customer is None:
        raise BotError("chat not found")
    if customer.blocked:
        raise BotError("bot was blocked by the user", 403)
    return customer


def short(text: str, most: int, words: str) -> str:
    # Telegram counts UTF-16 units
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > most:
        raise BotError(words)
    return text


def choices(markup: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    for row in markup.get("inline_keyboard") or []:
        for button in row:
            if "callback_data" in button:
                if not 1 <= len(str(button["callback_data"]).encode()) <= 64:
                    raise BotError("BUTTON_DATA_INVALID")
                choice = {"kind": "callback", "title": button["text"], "payload": button["callback_data"]}
            else:
                choice = {"kind": "url", "title": button["text"], "payload": str(button.get("url") or "")}
            found.append(choice)
    for row in markup.get("keyboard") or []:
        titles = [button["text"] if isinstance(button, dict) else button for button in row]
        found += [{"kind": "key", "title": title, "payload": title} for title in titles]
    return found
