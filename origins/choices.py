"""Choices as a numbered text, where a network has no buttons, or has too few."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

Choice = dict[str, str]


def title_of(choice: Choice) -> str:
    """A choice's title, in one line; what it carries where it has none."""
    return " ".join(str(choice.get("title") or choice.get("payload") or "").split())


def payload_of(choice: Choice) -> str:
    return str(choice.get("payload") or "") or title_of(choice)


def prompt_above_choices(text: str) -> str:
    """What stands above the choices: never nothing."""
    return text if text.strip() else _("Elegí una opción:")


def number_choices(text: str, choices: Sequence[Choice]) -> str:
    """The text with its choices below it, each with the number that the customer can answer with."""
    lines = [f"{number}. {title_of(choice)}" for number, choice in enumerate(choices, 1)]
    return "\n".join([prompt_above_choices(text), "", *lines]) if lines else text
