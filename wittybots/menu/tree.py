"""A menu's tree: the JSON that the editor keeps, what it is read into, and its limits (tree_checks.py finds faults).

`{"greeting": str, "misfit": str, "farewell": str, "fallback_tray": tray id or null (General), "options": [node]}`,
a node: `{"id": str, "label": str, "keywords": [str], "reply": str, "questions": [{"attribute": str, "text": str,
"kind": str}], "tray": tray id or null, "options": [node]}`. Texts may hold {{nombre}} and {{any attribute}}.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from wittybots.menu.limits import (
    ID,
    KINDS,
    MAX_ATTRIBUTE_CHARS,
    MAX_KEYWORD_CHARS,
    MAX_KEYWORDS,
    MAX_LABEL_CHARS,
    MAX_LEVELS,
    MAX_OPTIONS,
    MAX_QUESTIONS,
    MAX_TEXT_CHARS,
    RESERVED_IDS,
)
from wittybots.menu.tree_checks import Problem, check

__all__ = (
    "ID",
    "KINDS",
    "MAX_ATTRIBUTE_CHARS",
    "MAX_KEYWORDS",
    "MAX_KEYWORD_CHARS",
    "MAX_LABEL_CHARS",
    "MAX_LEVELS",
    "MAX_OPTIONS",
    "MAX_QUESTIONS",
    "MAX_TEXT_CHARS",
    "RESERVED_IDS",
    "Menu",
    "Node",
    "Problem",
    "Question",
    "check",
    "new",
    "option",
    "read",
    "trays_of",
)  # fmt: skip

# what chats/models/chat.py keeps of a label in the way through the bot
_KEPT_LABEL = 60


@dataclass(frozen=True)
class Question:
    """Asked at a node; the answer becomes the conversation's attribute. Kind: text, number, email or phone."""

    attribute: str
    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Node:
    """One option: its button, the words that mean it, what it says and asks, and where it leads."""

    id: str
    label: str
    keywords: tuple[str, ...] = ()
    reply: str = ""
    questions: tuple[Question, ...] = ()
    tray_id: int | None = None
    options: tuple["Node", ...] = ()


@dataclass(frozen=True)
class Menu:
    """What a bot says and offers. `fallback_tray_id` None: General."""

    greeting: str
    misfit: str
    farewell: str
    options: tuple[Node, ...] = ()
    fallback_tray_id: int | None = None


# --- reading -------------------------------------------------------------------------------------


def read(tree: Any) -> Menu:
    """The tree as the bot uses it. Never raises: what makes no sense is left out, missing texts are the usual ones."""
    given = tree if isinstance(tree, dict) else {}
    return Menu(
        _read_text(given.get("greeting")) or greeting(),
        _read_text(given.get("misfit")) or misfit(),
        _read_text(given.get("farewell")) or farewell(),
        _read_nodes(given.get("options"), set(RESERVED_IDS), 1),
        _read_tray(given.get("fallback_tray")),
    )


def _read_nodes(given: Any, taken: set[str], level: int) -> tuple[Node, ...]:
    """The options of one menu; `taken` are the ids that stand already."""
    if not isinstance(given, list) or level > MAX_LEVELS:
        return ()
    return tuple(_read_node(one, place, taken, level) for place, one in enumerate(given, 1) if isinstance(one, dict))


def _read_node(given: dict[str, Any], place: int, taken: set[str], level: int) -> Node:
    own = _read_id(given.get("id"), taken)
    return Node(
        own,
        _read_text(given.get("label"))[:_KEPT_LABEL] or _("Opción %(number)s") % {"number": place},
        tuple(word for word in (_read_text(one) for one in _list_of(given.get("keywords"))) if word),
        _read_text(given.get("reply")),
        tuple(question for question in map(_read_question, _list_of(given.get("questions"))) if question),
        _read_tray(given.get("tray")),
        _read_nodes(given.get("options"), taken, level + 1),
    )


def _read_id(given: Any, taken: set[str]) -> str:
    """Its own, or one that nobody has: the same at each reading of the same tree."""
    found = given if isinstance(given, str) and re.fullmatch(ID, given) and given not in taken else ""
    number = len(taken)
    while not found or found in taken:
        found, number = f"o-{number}", number + 1
    taken.add(found)
    return found


def _read_question(given: Any) -> Question | None:
    if not isinstance(given, dict):
        return None
    attribute, text, kind = _read_text(given.get("attribute")), _read_text(given.get("text")), given.get("kind")
    if not attribute or not text:
        return None
    return Question(attribute[:MAX_ATTRIBUTE_CHARS], text, kind if isinstance(kind, str) and kind in KINDS else "text")


def _list_of(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _read_text(given: Any) -> str:
    """As PostgreSQL can keep it, and not without end."""
    if not isinstance(given, str):
        return ""
    return given.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()[: 4 * MAX_TEXT_CHARS]


def _read_tray(given: Any) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**63 else None


def trays_of(menu: Menu) -> set[int]:
    """The trays that it names."""
    named = {node.tray_id for node in _all_nodes(menu.options)} | {menu.fallback_tray_id}
    return {tray_id for tray_id in named if tray_id is not None}


def _all_nodes(options: Iterable[Node]) -> Iterator[Node]:
    for node in options:
        yield node
        yield from _all_nodes(node.options)


# --- a new one -----------------------------------------------------------------------------------


def greeting() -> str:
    return _("¡Hola! Soy el asistente. ¿En qué te ayudo?")


def misfit() -> str:
    return _("No te entendí. Elegí una de estas opciones:")


def farewell() -> str:
    return _("Te paso con una persona del equipo.")


def new(options: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """A tree with the usual texts and these nodes."""
    return {
        "greeting": greeting(),
        "misfit": misfit(),
        "farewell": farewell(),
        "fallback_tray": None,
        "options": list(options),
    }


def option(id: str, label: str, tray: int | None = None, **more: Any) -> dict[str, Any]:
    """A whole node."""
    empty: dict[str, Any] = {
        "id": id,
        "label": label,
        "keywords": [],
        "reply": "",
        "questions": [],
        "tray": tray,
        "options": [],
    }
    return empty | more
