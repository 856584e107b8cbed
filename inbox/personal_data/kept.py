"""What is kept of a person, in numbers, and who may have it copied or erased."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chats.errors import Rejected, Rejection
from chats.models import Attachment, Chat, Message
from common.names import show_name
from contacts.joining import find_cards
from contacts.models import Contact, ContactNote
from contacts.place import where
from trays.models import Agent

# nothing is counted further
MAX_COUNTED = 1000
_PHONE = re.compile(r"\+?[\d\s().\-]{6,}")


@dataclass(frozen=True)
class Person:
    """All cards of a person, the one that was asked for first. `hidden`: those whose chat this agent may not see."""

    cards: list[Contact]
    hidden: list[Contact]

    @property
    def asked(self) -> Contact:
        return self.cards[0]

    @property
    def numbers(self) -> str:
        """What the form is confirmed for: a card that is joined meanwhile is not erased unseen."""
        return ",".join(str(pk) for pk in sorted(one.pk for one in self.cards))


def find_person(contact: Contact, agent: Agent) -> Person:
    pks = find_cards(contact)
    cards = list(Contact.objects.known().filter(pk__in=pks).with_states().order_by("pk"))
    cards.sort(key=lambda one: one.pk != contact.pk)
    seen = set(Chat.objects.visible_to(agent).filter(contact__in=pks).values_list("contact", flat=True))
    return Person(cards, [one for one in cards if one.pk not in seen])


def check_supervisor(agent: Agent) -> None:
    if not (agent.is_active and agent.is_supervisor):
        raise Rejected(Rejection.FORBIDDEN, _("Los datos de una persona los baja o los borra un supervisor"))


def check_all_seen(person: Person) -> None:
    """Raises Rejected where a chat is somewhere that the agent may not see: who wants it has to have access to it."""
    for one in person.hidden:
        words = _("No ves el chat de %(name)s, que está en %(place)s. Pedí acceso, o que lo haga quien lo ve")
        raise Rejected(Rejection.FORBIDDEN, words % {"name": one, "place": where(one)})


@dataclass(frozen=True)
class Kept:
    """How much there is; each number up to MAX_COUNTED."""

    messages: int
    files: int
    notes: int


def count_kept(person: Person) -> Kept:
    pks = [one.pk for one in person.cards]
    said = Message.objects.filter(chat__contact__in=pks).exclude(kind=Message.Kind.MOVE)
    files = Attachment.objects.filter(chat__contact__in=pks, message__isnull=False)
    notes = ContactNote.objects.filter(contact__in=pks)
    return Kept(*(rows.order_by()[:MAX_COUNTED].count() for rows in (said, files, notes)))


def read_confirmation(contact: Contact) -> tuple[bool, str]:
    """What has to be typed to erase: the last four digits of a phone (True), or else the name as it is shown."""
    address = contact.shown_address
    digits = re.sub(r"\D", "", address) if _PHONE.fullmatch(address) else ""
    if len(digits) >= 6:
        return True, digits[-4:]
    return False, show_name(contact.name) or show_name(address) or str(contact.pk)


def is_confirmed(contact: Contact, typed: str) -> bool:
    _is_phone, wanted = read_confirmation(contact)
    return " ".join(typed.split()).casefold() == " ".join(wanted.split()).casefold()
