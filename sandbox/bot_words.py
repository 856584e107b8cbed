"""Common parts of the Bot API: its refusals, whose token it is, lengths as Telegram counts them."""

from typing import Any

from sandbox.records import OurLine
from sandbox.web import HttpAnswer, answer_json
from sandbox.world import SandboxWorld

BYTES_PER_MB = 1024 * 1024
MAX_TEXT_UNITS, MAX_CAPTION_UNITS = 4096, 1024


class BotError(Exception):
    """One refusal, with Telegram's own words."""

    def __init__(self, words: str, status: int = 400, after: int = 0) -> None:
        super().__init__(words)
        self.words, self.status, self.after = words, status, after

    def as_answer(self) -> HttpAnswer:
        kind = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}.get(self.status, "")
        words = ": ".join(part for part in (kind, self.words) if part)
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": words}
        if self.after:
            body["parameters"] = {"retry_after": self.after}
        return answer_json(body, self.status)


def find_line(world: SandboxWorld, token: str) -> OurLine | None:
    found = (line for line in world.lines.values() if line.kind == "telegram" and line.access_token == token)
    return next(found, None) if token else None


def answer_ok(result: Any) -> HttpAnswer:
    return answer_json({"ok": True, "result": result})


def count_units(text: str) -> int:
    """The length of a text as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_length(text: str, most: int, words: str) -> str:
    if count_units(text) > most:
        raise BotError(words)
    return text


def is_set(data: dict[str, Any], name: str) -> bool:
    """Whether a flag is on: forms have words for it."""
    return data.get(name) in (True, "true", "True", "1", 1)
