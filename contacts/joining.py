"""Joining cards of one person by hand, taking them apart, and saying that two are not one person's. Their chats stay
apart, each with its place and rule."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import MAX_CARDS, CardChange, Contact, Distinction, Joining, Person
from trays.models import Agent


class NotJoined(Exception):
    """Why, in words for the agent. Nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def join_cards(contact: Contact, other: Contact, agent: Agent, *, at: datetime | None = None) -> None:
    """The two are one person's, with all that were joined to either. Raises NotJoined."""
    if contact.pk == other.pk:
        raise NotJoined(_("Es la misma tarjeta"))
    try:
        with transaction.atomic():
            _join(contact, other, agent, at or timezone.now())
    except IntegrityError as error:  # another agent was there between the reading and the writing
        raise NotJoined(_("Otra persona las cambió recién. Miralas de nuevo")) from error


def _join(contact: Contact, other: Contact, agent: Agent, at: datetime) -> None:
    whose = Joining.objects.filter(contact__in=(contact, other)).values_list("person", flat=True)
    read = set(whose)
    # in the order of ids, as wherever several are locked
    persons = list(Person.objects.select_for_update().filter(pk__in=read).order_by("pk"))
    if set(whose.all()) != read:
        # one of them was separated meanwhile: the others of that person are none of its cards any more
        raise NotJoined(_("Otra persona las cambió recién. Miralas de nuevo"))
    person = persons[0] if persons else Person.objects.create(made_at=at)
    joined = list(
        Joining.objects.filter(person__in=[person, *persons]).select_related("contact").order_by("person", "number")
    )
    known = {one.contact_id for one in joined}
    if len(persons) < 2 and {contact.pk, other.pk} <= known:
        raise NotJoined(_("Ya están unidas"))
    missing = [one for one in (contact, other) if one.pk not in known]
    if len(joined) + len(missing) > MAX_CARDS:
        raise NotJoined(_("Una persona tiene %(most)s tarjetas como máximo") % {"most": MAX_CARDS})
    free = iter(sorted(set(range(1, MAX_CARDS + 1)) - {one.number for one in joined if one.person_id == person.pk}))
    for one in joined:
        if one.person_id != person.pk:
            Joining.objects.filter(pk=one.pk).update(person=person, number=next(free))
    Joining.objects.bulk_create(
        [Joining(contact=one, person=person, number=next(free), at=at, by=agent) for one in missing]
    )
    for emptied in persons[1:]:
        emptied.delete()
    cards = {contact.pk, other.pk, *known}
    Distinction.objects.filter(one__in=cards, other__in=cards).delete()
    _record_joining(contact, other, joined, agent, at)


def _record_joining(contact: Contact, other: Contact, joined: Sequence[Joining], agent: Agent, at: datetime) -> None:
    """In the history of every card that has others from now on: with whom it was joined. `joined`: as it was before."""
    was = {one.contact_id: one.person_id for one in joined}

    def side_of(card: Contact) -> list[Contact]:
        theirs = [one.contact for one in joined if one.person_id == was.get(card.pk) and one.contact_id != card.pk]
        return [card, *theirs]

    sides = (side_of(contact), other), (side_of(other), contact)
    _record([(card, "", str(joined_to)) for cards, joined_to in sides for card in cards], agent, at)


def _record(steps: Iterable[tuple[Contact, str, str]], agent: Agent, at: datetime) -> None:
    CardChange.objects.bulk_create(
        [
            CardChange(contact=card, at=at, actor=agent, field=CardChange.Field.CARD, before=before, after=after)
            for card, before, after in steps
        ]
    )


@transaction.atomic
def separate_card(contact: Contact, agent: Agent, *, at: datetime | None = None) -> None:
    """The card is on its own again, and told apart from the others; where one is left, that is on its own too. Raises
    NotJoined."""
    whose = Joining.objects.filter(contact=contact).values("person")
    person = Person.objects.select_for_update().filter(pk__in=whose).first()
    if person is None or not Joining.objects.filter(contact=contact, person=person).delete()[0]:
        raise NotJoined(_("Ya está separada"))
    left = [one.contact for one in Joining.objects.filter(person=person).select_related("contact").order_by("number")]
    if len(left) < 2:
        person.delete()
    tell_apart(contact, left, agent, at=at)
    if left:
        steps = [(contact, ", ".join(map(str, left)), ""), *((card, str(contact), "") for card in left)]
        _record(steps, agent, at or timezone.now())


def tell_apart(contact: Contact, others: Iterable[Contact], agent: Agent, *, at: datetime | None = None) -> None:
    """The card is none of the person of these: it is not suggested for them any more. Twice is once."""
    pairs = [sorted((contact.pk, other.pk)) for other in others if other.pk != contact.pk]
    at = at or timezone.now()
    Distinction.objects.bulk_create(
        [Distinction(one_id=one, other_id=other, by=agent, at=at) for one, other in pairs], ignore_conflicts=True
    )


def find_cards(contact: Contact) -> set[int]:
    """It, and all that are joined to it."""
    person = Joining.objects.filter(contact=contact).values("person")
    return {contact.pk, *Joining.objects.filter(person__in=person).values_list("contact", flat=True)}


def list_linked(contact: Contact) -> list[Joining]:
    """The other cards of its person, in the order in which they were joined; each with its contact and its states.

    Nothing is asked for a contact that was read with its `joining` and has none.
    """
    own = getattr(contact, "joining", None)
    if own is None:
        return []
    others = Joining.objects.filter(person=own.person_id).exclude(contact=contact)
    linked = list(others.select_related("by").order_by("at", "id"))
    contacts = Contact.objects.with_states().in_bulk([one.contact_id for one in linked])
    for one in linked:
        one.contact = contacts[one.contact_id]
    return linked
