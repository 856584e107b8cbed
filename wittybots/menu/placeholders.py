"""Texts of a bot with what is known of the customer in them."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

# with the space before it, which goes where there is nothing to say
_VARIABLE = re.compile(r"( ?)\{\{([^{}]{0,60})\}\}")
NAME = "nombre"


def fill_placeholders(text: str, name: str, attributes: Mapping[str, Any]) -> str:
    """{{nombre}} and {{any attribute}} filled once, as plain text; what is unknown is left out."""
    if "{{" not in text:
        return text
    known = {str(key).strip().casefold(): value for key, value in attributes.items()}
    known.setdefault(NAME, name)

    def value(found: re.Match[str]) -> str:
        shown = _shown_value(known.get(found[2].strip().casefold()))
        return f"{found[1]}{shown}" if shown else ""

    return _VARIABLE.sub(value, text)


def _shown_value(value: Any) -> str:
    if isinstance(value, bool):
        return _("sí") if value else _("no")
    return str(value).strip() if isinstance(value, (str, int, float)) else ""
