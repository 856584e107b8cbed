"""What the live board is asked for: whose chats are open in it, what is chosen, and in which order its rows stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from common.parsing import parse_id

# of anything that an address may name
MAX_NAMED = 200
MAX_OPENED = 20


@dataclass(frozen=True)
class Asked:
    """`agents`: those all of whose chats are chosen; `chats`: chosen ones, each with the agent who is to have it."""

    opened: tuple[int, ...] = ()
    agents: frozenset[int] = frozenset()
    chats: frozenset[tuple[int, int]] = frozenset()
    order: tuple[int, ...] = ()
    # the bar of what is done with the chosen ones is asked for, or that nothing is chosen any more
    goes_to_bar: bool = False
    drops: bool = False

    def place_of(self, agent: int) -> int:
        """Among rows that keep their order; new ones at the end."""
        return self.order.index(agent) if agent in self.order else len(self.order)

    def toggled(self, agent: int) -> str:
        kept = [one for one in self.opened if one != agent]
        opened = kept if agent in self.opened else [agent, *kept][:MAX_OPENED]
        return Asked(opened=tuple(opened)).address

    def choosing(self, agent: int) -> str:
        """All chats of this agent, and the bar."""
        kept = tuple(one for one in self.opened if one != agent)
        return Asked(opened=kept, agents=frozenset({agent}), goes_to_bar=True).address

    @property
    def dropping(self) -> str:
        return Asked(opened=self.opened, drops=True).address

    @property
    def address(self) -> str:
        """Of the board like this, but for its order and single chats."""
        said = [("abierto", str(one)) for one in self.opened] + [("de", str(one)) for one in sorted(self.agents)]
        said += [("elegidos", "nada")] if self.drops else [("elegidos", "mover")] if self.goes_to_bar else []
        return reverse("supervision") + (f"?{urlencode(said)}" if said else "")


def read_asked(given: QueryDict) -> Asked:
    """What cannot be read is left out."""
    pairs = (text.partition("-") for text in given.getlist("chat")[:MAX_NAMED])
    chats = (tuple(_numbers((chat, agent))) for chat, _dash, agent in pairs)
    return Asked(
        opened=tuple(dict.fromkeys(_numbers(given.getlist("abierto")[:MAX_OPENED]))),
        agents=frozenset(_numbers(given.getlist("de")[:MAX_NAMED])),
        chats=frozenset((pair[0], pair[1]) for pair in chats if len(pair) == 2),
        order=tuple(_numbers(given.get("orden", "").split(",")[:MAX_NAMED])),
        goes_to_bar=given.get("elegidos") == "mover",
        drops=given.get("elegidos") == "nada",
    )


def _numbers(texts: Iterable[str]) -> list[int]:
    return [number for text in texts if (number := parse_id(text)) is not None]
