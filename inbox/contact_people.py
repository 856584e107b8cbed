"""Who is behind a contact, as its card shows it: the block that stands, and the other cards of the person."""

from dataclasses import dataclass

from chats.messages.blocks import may_block
from contacts.joining import list_linked
from contacts.models import Block, Contact, Joining
from contacts.place import Place, Viewer, may_see


@dataclass(frozen=True)
class LinkedCard:
    """Another card of the same person; `is_hidden`: this agent may not see its chat."""

    joining: Joining
    contact: Contact
    is_hidden: bool


@dataclass(frozen=True)
class People:
    block: Block | None
    may_block: bool
    cards: list[LinkedCard]


def read_people(contact: Contact, viewer: Viewer) -> People:
    """Of a contact with its states."""
    block = None
    if contact.blocked_at:
        block = Block.objects.filter(contact=contact, lifted_at=None).select_related("by").first()
    cards = [
        LinkedCard(one, one.contact, not (one.contact.current and may_see(viewer, Place.of(one.contact.current))))
        for one in list_linked(contact)
    ]
    may = contact.current is not None and may_block(viewer, Place.of(contact.current))
    return People(block, may, cards)
