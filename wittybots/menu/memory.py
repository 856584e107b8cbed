"""The menu bot's memory between two messages: where in the menu the customer stands.

JSON: `{"greeted": true, "misfits": 0, "at": [ids down to the menu or the question], "asking": 0,
"attribute": "pedido", "way": [[label, level]], "minute": 0, "said": 0}`. Whatever it holds, and whichever version of
the menu it was made with, a step can be made of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wittybots.menu.tree import Menu, Node

MISFITS = 2
MAX_WAY_LABELS = 12

# the labels gone through, each with the level of the menu in which it stands (0: the main one)
Way = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Step:
    """Where the customer stands, and what is said there: `trail` leads to a menu (empty: the main one), or to a node
    that asks its question number `asking`."""

    trail: tuple[Node, ...] = ()
    asking: int | None = None
    misfits: int = 0
    way: Way = ()
    texts: tuple[str, ...] = ()
    hand_over: bool = False
    tray_id: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    # what this turn did, and the option that it came to ("": the main menu): a value of chats.MenuStep.How, "" nothing
    how: str = ""
    node: str = ""

    def options(self, menu: Menu) -> tuple[Node, ...]:
        return self.trail[-1].options if self.trail else menu.options


def recall_step(menu: Menu, memory: Any) -> Step | None:
    """Where the customer stood; the main menu where this menu has no such place (any more). None: not greeted yet."""
    if not isinstance(memory, dict) or memory.get("greeted") is not True:
        return None
    here = Step(misfits=min(read_count(memory.get("misfits")), MISFITS - 1), way=_read_way(memory.get("way")))
    trail = _read_trail(menu, memory.get("at"))
    if trail and _is_asked(trail[-1], memory):
        return replace(here, trail=tuple(trail), asking=memory["asking"])
    while trail and not trail[-1].options:
        trail.pop()
    return replace(here, trail=tuple(trail))


def memory_of(step: Step) -> dict[str, Any]:
    """The memory of this step."""
    memory: dict[str, Any] = {"greeted": True, "misfits": step.misfits}
    if step.trail:
        memory["at"] = [node.id for node in step.trail]
    if step.asking is not None:
        memory |= {"asking": step.asking, "attribute": step.trail[-1].questions[step.asking].attribute}
    if step.way:
        memory["way"] = [list(one) for one in step.way]
    return memory


def way_with(way: Way, label: str, level: int) -> Way:
    return (*way, (label, level))[-MAX_WAY_LABELS:]


def way_before(way: Way, level: int) -> Way:
    """The way without the step that led to this level, and without what came after it."""
    if not level:
        return ()
    while way and way[-1][1] >= level:
        way = way[:-1]
    return way[:-1] if way and way[-1][1] == level - 1 else way


def read_count(given: Any) -> int:
    """A count; 0 for what is none."""
    return min(given, 10_000) if isinstance(given, int) and not isinstance(given, bool) and given > 0 else 0


def _read_trail(menu: Menu, ids: Any) -> list[Node]:
    trail: list[Node] = []
    options: Sequence[Node] = menu.options
    for id in ids if isinstance(ids, list) else []:
        node = next((one for one in options if one.id == id), None)
        if node is None:
            return []
        trail.append(node)
        options = node.options
    return trail


def _is_asked(node: Node, memory: dict[str, Any]) -> bool:
    """Whether the question that the memory waits for still stands at its place."""
    place = memory.get("asking")
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < len(node.questions):
        return False
    return node.questions[place].attribute == memory.get("attribute")


def _read_way(given: Any) -> Way:
    pairs = [one for one in given if isinstance(one, list) and len(one) == 2] if isinstance(given, list) else []
    labels = [(label[:60], read_count(level)) for label, level in pairs if isinstance(label, str)]
    return tuple(labels[-MAX_WAY_LABELS:])
