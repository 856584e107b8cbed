"""Filters for the facts that a bot found out of a contact."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()

# as many attributes and tags stand at the head of a pane; the rest is behind "ver todo"
MAX_AT_HEAD = 4
# what is longer is cut there
FITS_NAME, FITS, FITS_PATH = 20, 22, 70


@register.filter
def pairs(attributes: Any) -> list[tuple[str, str]]:
    """(name, value in words) of a chat's attributes. `attributes.items` would be the attribute of that name."""
    if not isinstance(attributes, Mapping):
        return []
    return [(str(name), in_words(value)) for name, value in attributes.items()]


def in_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("sí") if value else _("no")
    if isinstance(value, float):
        return str(number_format(value))
    return str(value)


@register.filter
def at_head(things: list[Any]) -> list[Any]:
    return things[:MAX_AT_HEAD]


@register.filter
def left_out(things: list[Any]) -> int:
    """How many of them do not stand at the head."""
    return max(len(things) - MAX_AT_HEAD, 0)


@register.filter
def has_more(chat: Any) -> bool:
    """Whether something of what the bot found out is not to be read at the head; the summary apart."""
    found = pairs(chat.attributes)
    is_long = any(len(name) > FITS_NAME or len(value) > FITS for name, value in found)
    is_long = is_long or any(len(tag) > FITS_NAME for tag in chat.tags) or len(" › ".join(chat.bot_path)) > FITS_PATH
    return is_long or max(len(found), len(chat.tags)) > MAX_AT_HEAD
