"""What the card of a contact needs of its fields."""

from collections.abc import Mapping
from typing import Any

from django import template

from contacts.models import AttributeDefinition, ContactNote
from contacts.values import NO, YES, say_value

register = template.Library()


@register.filter
def under(found: Mapping[str, Any], name: str) -> Any:
    return found.get(name)


@register.filter
def note_form(note: ContactNote) -> str:
    return f"n-{note.pk}"


@register.filter
def options(definition: AttributeDefinition, attribute: Any) -> list[tuple[str, str]]:
    """(value, words) of a list; a value that is not offered any more stays to be seen."""
    if definition.kind == AttributeDefinition.Kind.YES_NO:
        return [(value, say_value(definition, value)) for value in (YES, NO)]
    gone = [attribute.value] if attribute.value and attribute.value not in definition.choices else []
    return [(value, value) for value in [*definition.choices, *gone]]
