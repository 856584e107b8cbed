"""Whom we talk to: contacts, their addresses and states (contact.py), what agents keep of them (card.py), and who is
behind their cards (people.py)."""

from contacts.models.card import (
    AttributeDefinition,
    AttributeValue,
    CardChange,
    ContactNote,
    ContactTag,
    PastTag,
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
from contacts.models.people import MAX_CARDS, MAX_REASON_CHARS, Block, Distinction, Joining, Person

__all__ = [
    "MAX_CARDS",
    "MAX_REASON_CHARS",
    "PLACE_FITS",
    "Address",
    "AttributeDefinition",
    "AttributeValue",
    "Block",
    "CardChange",
    "Cause",
    "Contact",
    "ContactNote",
    "ContactQuerySet",
    "ContactTag",
    "Distinction",
    "Joining",
    "PastTag",
    "Person",
    "State",
    "StateChange",
    "Tag",
]
