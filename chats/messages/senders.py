"""Senders: one contact and chat for all the ids by which an origin knows a person."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from unicodedata import normalize

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chats import locks
from chats.models import Chat
from common.errors import OriginError
from common.names import is_visible
from contacts.models import Address, Contact
from origins.facts import Incoming, Known
from origins.models import Origin

log = logging.getLogger(__name__)

# a new id of a contact; one that was given up by somebody else is free
_ATTACH = """
INSERT INTO contacts_address (contact_id, origin_id, kind, value)
SELECT %s, %s, k.kind, k.value FROM unnest(%s::text[], %s::text[]) AS k(kind, value)
ON CONFLICT (origin_id, kind, value) DO UPDATE SET contact_id = EXCLUDED.contact_id, revoked_at = NULL
WHERE contacts_address.revoked_at IS NOT NULL AND contacts_address.kind <> 'visitor'
"""


class Person(Protocol):
    """Any fact that names somebody."""

    @property
    def sender(self) -> str: ...
    @property
    def address_kind(self) -> str: ...
    @property
    def aliases(self) -> tuple[Known, ...]: ...


@dataclass(frozen=True)
class Sender:
    """A person as a fact names them: all ids, the one to answer to first, and how people read them."""

    known: tuple[Known, ...]
    name: str = ""
    shown: str = ""


def ids_of(person: Person) -> tuple[Known, ...]:
    return tuple(dict.fromkeys(((person.address_kind, person.sender), *person.aliases)))


def sender_of(fact: Incoming) -> Sender:
    name = fact.name if is_visible(fact.name) else ""
    return Sender(ids_of(fact), name, str(fact.payload.get("shown_address") or fact.sender))


def find_owners(origin: Origin, known: Sequence[Known]) -> dict[Known, int]:
    """Whose (contact id) each of these ids is; what is nobody's, or was given up, is not in it."""
    if len(known) == 1:
        found = Address.objects.filter(origin=origin, kind=known[0][0], value=known[0][1], revoked_at=None)
        pk = found.values_list("contact", flat=True).first()
        return {known[0]: pk} if pk else {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.kind, a.value, a.contact_id FROM unnest(%s::text[], %s::text[]) AS k(kind, value)
               JOIN contacts_address a ON a.origin_id = %s AND a.kind = k.kind AND a.value = k.value
               WHERE a.revoked_at IS NULL""",
            [[kind for kind, _value in known], [value for _kind, value in known], origin.pk],
        )
        return {(kind, value): contact for kind, value, contact in cursor.fetchall()}


def find_past_owner(origin: Origin, known: Sequence[Known], at: datetime) -> int | None:
    """Whose (contact id) one of these ids was until later than then; None: nobody's that we know of."""
    ids = Q(*(Q(kind=kind, value=value) for kind, value in known), _connector=Q.OR)
    return _list_given_up(origin, at).filter(ids).values_list("contact", flat=True).first() if known else None


def _list_given_up(origin: Origin, after: datetime) -> QuerySet[Address]:
    return Address.objects.filter(origin=origin, revoked_at__gt=after)


def chat_of(origin: Origin, who: Sender, said_at: datetime) -> Chat:
    """The chat of this person, locked; made with its contact when nobody has any of these ids yet."""
    for _attempt in range(3):
        whose = find_owners(origin, who.known)
        contact = next((whose[one] for one in who.known if one in whose), None)
        if contact is None:
            # said before its number was another: it comes late
            contact = find_past_owner(origin, who.known, said_at)
        chat = locks.locked_chats().filter(contact=contact, erased_at=None).first() if contact else None
        if chat:
            _add_unknown(origin, chat, who, whose, said_at)
            return chat
        try:
            with transaction.atomic():
                return _create_chat(origin, who, said_at)
        except IntegrityError:
            continue  # the same person on another connection was first
    raise OriginError(_("No se pudo abrir el chat"), permanent=False)


def _create_chat(origin: Origin, who: Sender, said_at: datetime) -> Chat:
    contact = Contact.objects.create(
        origin=origin, name=_clean_name(who.name), active_at=said_at, created_at=said_at,
        shown_address=(who.shown or who.known[0][1])[:200],
    )  # fmt: skip
    attach_addresses(contact, who.known)
    if Address.objects.filter(contact=contact).count() < len(who.known):
        raise IntegrityError  # somebody was quicker with one of these ids: look again
    # nowhere until the first move, which stands in the same transaction
    return Chat.objects.create(contact=contact, origin=origin, session_expires_at=said_at + origin.session)


def _add_unknown(origin: Origin, chat: Chat, who: Sender, whose: dict[Known, int], said_at: datetime) -> None:
    """What we did not know of this person yet: a name, further ids. Ids of somebody else stay that person's."""
    contact = chat.contact
    if who.name and not contact.name:
        contact.name = _clean_name(who.name)
        contact.save(update_fields=("name",))
    if missing := [one for one in who.known if one not in whose]:
        # what was given up since then stays given up
        past = set(_list_given_up(origin, said_at).filter(contact=contact).values_list("kind", "value"))
        attach_addresses(contact, [one for one in missing if one not in past])
    if others := {pk for pk in whose.values() if pk != contact.pk}:
        # never merged by themselves: a person decides
        log.warning("origin %s: contact %s has an id that is of contact %s", origin.pk, contact.pk, sorted(others))


def _clean_name(name: str) -> str:
    """A name as it is kept: composed, whatever keyboard wrote it."""
    return normalize("NFC", name)[:200]


def keep_past_addresses(contact_pk: int, origin: Origin, known: Sequence[Known], until: datetime) -> None:
    """These ids were of this contact until then; those that are or were somebody's stay so."""
    Address.objects.bulk_create(
        [
            Address(contact_id=contact_pk, origin=origin, kind=kind, value=value[:200], revoked_at=until)
            for kind, value in known
        ],
        ignore_conflicts=True,
    )


def attach_addresses(contact: Contact, known: Sequence[Known]) -> None:
    """Give a contact these ids; those that are somebody else's stay where they are."""
    kinds, values = [kind for kind, _value in known], [value[:200] for _kind, value in known]
    with connection.cursor() as cursor:
        cursor.execute(_ATTACH, [contact.pk, contact.origin_id, kinds, values])
