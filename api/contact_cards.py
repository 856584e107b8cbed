"""Contacts as the API shows them, read for a whole page at once."""

from typing import Any

from django.db.models import Prefetch

from contacts.models import Address, Contact

MOST_IDENTIFIERS = 20


def known(lookup: str = "addresses") -> "Prefetch[Any, Any, Any]":
    """The addresses of a page's contacts, in one query; `card` reads them."""
    return Prefetch(lookup, Address.objects.filter(revoked_at=None).order_by("id"), to_attr="known")


def card(person: Contact) -> dict[str, Any]:
    """{id, name, identifiers: [{kind, value}]}, as shapes.contact gives for one."""
    addresses: list[Address] = person.known  # type: ignore[attr-defined]
    return name(person) | {
        "identifiers": [{"kind": one.kind, "value": one.value} for one in addresses[:MOST_IDENTIFIERS]]
    }


def name(person: Contact) -> dict[str, Any]:
    return {"id": person.pk, "name": person.name}
