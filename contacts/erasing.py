"""Erasing a card: name, addresses, tags, attributes, notes, blocks and the history of all of it go, also where other
cards' histories name it. What stays is a contact that is nobody, for the states and tags that reports count."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.card import end_tags
from contacts.models import (
    Address,
    AttributeValue,
    Block,
    CardChange,
    Contact,
    ContactNote,
    ContactTag,
    Distinction,
    Joining,
    Person,
    StateChange,
)


def list_addresses(contact_pks: Sequence[int]) -> list[str]:
    """All by which their origins know or knew these contacts."""
    values = Address.objects.filter(contact__in=contact_pks).values_list("value", flat=True)
    return sorted(set(values))


def erase_card(contact: Contact, at: datetime) -> None:
    """In the transaction of the chat's erasure (chats/erasing.py), which holds the chat."""
    _leave_person(contact)
    _forget_in_other_histories(contact)
    end_tags(ContactTag.objects.filter(contact=contact), at)
    for model in (Address, AttributeValue, Block, CardChange, ContactNote):
        model._default_manager.filter(contact=contact).delete()
    Distinction.objects.filter(Q(one=contact) | Q(other=contact)).delete()
    StateChange.objects.filter(contact=contact).exclude(note="").update(note="")
    contact.name = contact.shown_address = ""
    contact.tag_ids, contact.blocked_at, contact.opted_out_at, contact.erased_at = [], None, None, at
    contact.save(update_fields=("name", "shown_address", "tag_ids", "blocked_at", "opted_out_at", "erased_at"))


def _leave_person(contact: Contact) -> None:
    """Where one card is left, that is on its own too."""
    whose = Joining.objects.filter(contact=contact).values("person")
    person = Person.objects.select_for_update().filter(pk__in=whose).first()
    if person is None:
        return
    Joining.objects.filter(contact=contact).delete()
    if Joining.objects.filter(person=person).count() < 2:
        person.delete()


def _forget_in_other_histories(contact: Contact) -> None:
    """A step of joining or separating names the other card, and is written to both at once (contacts/joining.py)."""
    own = CardChange.objects.filter(contact=contact, field=CardChange.Field.CARD)
    named = CardChange.objects.filter(field=CardChange.Field.CARD, at__in=own.values("at")).exclude(contact=contact)
    words = _("una tarjeta que se borró")
    named.exclude(after="").update(after=words)
    named.exclude(before="").update(before=words)
