"""The kinds of notices and the ways in which they reach an agent."""

from collections.abc import Iterable
from datetime import time
from typing import TypedDict

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What an agent may be told of."""

    TRAYS = "trays", _("Nuevo en mis bandejas")
    MINE = "mine", _("Chat que me asignan o me envían")
    ANSWER = "answer", _("Respuesta en mis chats")
    MENTION = "mention", _("Mención")
    REMINDER = "reminder", _("Recordatorio")


class Way(models.TextChoices):
    """How."""

    TAB = "tab", _("En la pestaña")
    SOUND = "sound", _("Sonido")
    DESKTOP = "desktop", _("Escritorio")
    PUSH = "push", _("Push")


class Sound(models.TextChoices):
    """What is heard; made by the browser (static/inbox/notices/sound.js)."""

    DROP = "drop", _("Gota")
    BELL = "bell", _("Timbre")
    WOOD = "wood", _("Madera")


# of an agent who has chosen nothing for a kind
DEFAULTS: dict[str, tuple[str, ...]] = {
    Kind.TRAYS: (Way.TAB,),
    Kind.MINE: tuple(Way.values),
    Kind.ANSWER: tuple(Way.values),
    Kind.MENTION: tuple(Way.values),
    Kind.REMINDER: tuple(Way.values),
}

Chosen = dict[str, list[str]]


class Words(TypedDict):
    """A kind as the settings show it."""

    kind: str
    label: str
    ways: list[tuple[str, str, bool]]


def ways_of(chosen: Chosen, kind: str) -> list[str]:
    """The ways in which a kind reaches the agent, in their order."""
    wanted = chosen.get(kind, DEFAULTS[kind])
    return [way for way in Way.values if way in wanted]


def read_chosen(names: Iterable[str]) -> Chosen:
    """What switches say, each "kind.way" that is on; every kind is chosen from then on. Unknown names raise."""
    chosen: Chosen = {kind: [] for kind in Kind.values}
    for name in names:
        kind, _dot, way = name.partition(".")
        chosen[Kind(kind)].append(Way(way))
    return {kind: [way for way in Way.values if way in ways] for kind, ways in chosen.items()}


def describe(chosen: Chosen) -> list[Words]:
    """The switches as they stand."""
    return [
        {
            "kind": kind.value,
            "label": str(kind.label),
            "ways": [(way.value, str(way.label), way.value in ways_of(chosen, kind)) for way in Way],
        }
        for kind in Kind
    ]


def is_within(at: time, begin: time, end: time) -> bool:
    """Whether a time of day lies in a span, which may go over midnight."""
    return begin <= at < end if begin < end else at >= begin or at < end
