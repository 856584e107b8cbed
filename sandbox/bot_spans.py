"""A formatted text while it is read: what is plain of it, and the entities over that."""

from typing import Any

from sandbox.bot_words import BotError, count_units

Entity = dict[str, Any]
Parsed = tuple[str, list[Entity]]


def refuse_entities(words: str, text: str = "", at: int | None = None, *, more: str = "") -> BotError:
    """A refusal of a text; `at`: where in it, which Telegram says in bytes."""
    where = "" if at is None else f" at byte offset {len(text[:at].encode())}"
    return BotError(f"can't parse entities: {words}{where}{more}")


class SpanBuilder:
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
