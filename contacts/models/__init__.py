"""Whom we talk to: contacts, their addresses and states (contact.py), and what agents keep of them (card.py)."""

from contacts.models.card import (
    AttributeDefinition,
    AttributeValue,
    CardChange,
    ContactNote,
    ContactTag,
    Tag,
)
from contacts.models.contact import (
    PLACE_FITS,
    Address,
    Cause,
    Contact,
    ContactQuerySet,
    State,
    StateChange,
)

__all__ = [
    "PLACE_FITS",
    "Address",
    "AttributeDefinition",
    "AttributeValue",
    "CardChange",
    "Cause",
    "Contact",
    "ContactNote",
    "ContactQuerySet",
    "ContactTag",
    "State",
    "StateChange",
    "Tag",
]
