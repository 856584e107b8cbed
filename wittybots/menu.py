"""The menu bot: a pure function from menu, memory and message to an answer."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

MISFITS = 2


@dataclass(frozen=True)
class Choice:
    """One option: its button, the words that mean it, what it says and to which tray (id) it hands over."""

    id: str
    label: str
    keywords: tuple[str, ...] = ()
    reply: str = ""
    tray_id: int | None = None


@dataclass(frozen=True)
class Menu:
    """What a bot says and offers. `fallback_tray_id` None: General."""

    greeting: str
    misfit: str
    farewell: str
    choices: tuple[Choice, ...]
    fallback_tray_id: int | None = None


@dataclass(frozen=True)
class Answer:
    """What the bot says (with or without the choices), what it keeps in mind, and whether it hands over."""

    texts: tuple[str, ...]
    memory: dict[str, Any]
    offer: tuple[Choice, ...] = ()
    hand_over: bool = False
    tray_id: int | None = None
    path: tuple[str, ...] = field(default_factory=tuple)


def fold(text: str) -> str:
    """Case, accents, punctuation and spaces do not matter: "¡Sopórte!" is "soporte"."""
    # twice: letters of fancy keyboards have a case only once they are plain
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", plain).strip()


def pick(menu: Menu, text: str, payload: str = "") -> Choice | None:
    """The choice that a message means: its button, its number, its label, or one of its words."""
    for choice in menu.choices:
        if payload and payload == choice.id:
            return choice
    said = fold(text)
    if said.isdecimal() and 1 <= int(said[:4]) <= len(menu.choices):
        return menu.choices[int(said[:4]) - 1]
    for choice in menu.choices:
        if said and said == fold(choice.label):
            return choice
    padded = f" {said} "
    fits = [
        choice
        for choice in menu.choices
        if any(f" {fold(word)} " in padded for word in (choice.label, *choice.keywords) if fold(word))
    ]
    return fits[0] if len(fits) == 1 else None


def answer(menu: Menu, memory: dict[str, Any], text: str, payload: str = "") -> Answer:
    """One turn. A fresh memory greets; two messages that fit nothing hand over."""
    if not memory.get("greeted"):
        return Answer((menu.greeting,), {"greeted": True, "misfits": 0}, menu.choices)
    choice = pick(menu, text, payload)
    if choice is None:
        misfits = int(memory.get("misfits", 0)) + 1
        if misfits >= MISFITS:
            return Answer((menu.farewell,), {}, hand_over=True, tray_id=menu.fallback_tray_id)
        return Answer((menu.misfit,), {"greeted": True, "misfits": misfits}, menu.choices)
    texts = (choice.reply,) if choice.reply else ()
    if choice.tray_id is None:
        return Answer(texts or (menu.greeting,), {"greeted": True, "misfits": 0}, menu.choices, path=(choice.label,))
    return Answer(texts, {}, hand_over=True, tray_id=choice.tray_id, path=(choice.label,))
