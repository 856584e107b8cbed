"""What all calls of the Bot API share: its refusals, and how it reads what it is given."""

from typing import Any

from sandbox.records import Customer, OurLine
from sandbox.web import HttpAnswer, answer_json
from sandbox.world import SandboxWorld

BYTES_PER_MB = 1024 * 1024
FILE_MARK = "AgACAgEAAxkBAAI"


class BotError(Exception):
    """One refusal, with Telegram's own words."""

    def __init__(self, words: str, status: int = 400, after: int = 0) -> None:
        super().__init__(words)
        self.words, self.status, self.after = words, status, after

    def as_answer(self) -> HttpAnswer:
        kind = {400: "Bad Request", 403: "Forbidden", 429: "Too Many Requests"}.get(self.status, "")
        words = f"{kind}: {self.words}" if kind else self.words
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": words}
        if self.after:
            body["parameters"] = {"retry_after": self.after}
        return answer_json(body, self.status)


def find_line(world: SandboxWorld, token: str) -> OurLine | None:
    found = (line for line in world.lines.values() if line.kind == "telegram" and line.access_token == token)
    return next(found, None) if token else None


def answer_ok(result: Any) -> HttpAnswer:
    return answer_json({"ok": True, "result": result})


def find_customer(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> Customer:
    customer = world.find_customer(line, "chat_id", str(data.get("chat_id") or ""))
    if customer is None:
        raise BotError("chat not found")
    if customer.blocked:
        raise BotError("bot was blocked by the user", 403)
    return customer


def check_length(text: str, most: int, words: str) -> str:
    # Telegram counts UTF-16 units
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > most:
        raise BotError(words)
    return text


def read_choices(markup: dict[str, Any]) -> list[dict[str, str]]:
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
