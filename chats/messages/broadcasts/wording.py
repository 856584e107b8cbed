"""What a broadcast says to one contact: the template's variables, with what is known of the contact in them."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.messages.templates import fill_body, filled_in
from chats.models import Broadcast, Template
from common.names import show_name
from contacts.models import Contact

# in what a variable is filled with: the contact's name, or a column of the file
PLACE = re.compile(r"\{\s*([\w-]+)\s*\}")
NAME = "nombre"


def fill_variables(broadcast: Broadcast, contact: Contact, columns: Mapping[str, str]) -> dict[str, str]:
    """Of one contact; what nothing is known of stays empty."""
    known = {NAME: _name_of(contact), **{name: str(value) for name, value in columns.items() if value}}
    return {
        name: PLACE.sub(lambda found: known.get(found[1].lower(), ""), str(words))
        for name, words in broadcast.variables.items()
    }


def say(
    broadcast: Broadcast, template: Template, contact: Contact, columns: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The text that the customer reads, and the variables as they leave. Raises Rejected where one is missing."""
    values = fill_variables(broadcast, contact, columns)
    _require_whole(broadcast, values, contact, columns)
    return fill_body(template, values), filled_in(template, values)


def _require_whole(
    broadcast: Broadcast, values: Mapping[str, str], contact: Contact, columns: Mapping[str, str]
) -> None:
    """“Hola {nombre}” to whom nobody knows the name of is no greeting."""
    known = {name for name, value in {NAME: _name_of(contact), **columns}.items() if value}
    for name, words in broadcast.variables.items():
        if any(place.lower() not in known for place in PLACE.findall(str(words))) or not values[name].strip():
            raise Rejected(Rejection.INVALID, _("Falta un dato para “%(name)s”") % {"name": name})


def _name_of(contact: Contact) -> str:
    return show_name(contact.name).strip()
