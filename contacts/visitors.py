"""Visitors of the web chat: ending what one of them is known by. The others of the line go on."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from contacts.models import Address, CardChange, Contact
from trays.models import Agent

KIND = "visitor"


def has_visitor(contact: Contact) -> bool:
    return _current(contact).exists()


@transaction.atomic
def revoke_visitor(contact: Contact, agent: Agent) -> bool:
    """Its token is worth nothing from now on: the browser gets a new one with its next message, and is somebody new.
    False: it is known by none."""
    ended = list(_current(contact).select_for_update().values_list("value", flat=True))
    if not ended:
        return False
    now = timezone.now()
    _current(contact).update(revoked_at=now)
    CardChange.objects.create(
        contact=contact, at=now, actor=agent, field=CardChange.Field.VISITOR, after=contact.shown_address or "web"
    )
    return True


def _current(contact: Contact) -> QuerySet[Address]:
    return Address.objects.filter(contact=contact, kind=KIND, revoked_at=None)
