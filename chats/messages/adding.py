"""Contacts who have not written yet: added by a supervisor on a line that can write first. Their chat is EXPIRADO from
the start: nothing is begun by it, and a template opens it as any other."""

import re
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks
from chats.errors import Rejected, Rejection
from chats.messages import senders
from chats.models import Chat
from chats.moves import MOVES, authorise
from chats.steps import Step, go_many
from contacts.models import Contact, State
from origins.models import Origin
from origins.networks import network_of
from trays.models import Agent

_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")
# E.164, with its +: without it nobody knows whether the country is in it
_PHONE = re.compile(r"\+([1-9][0-9]{7,14})", re.ASCII)


@transaction.atomic
def add_contact(origin: Origin, typed: str, agent: Agent, *, at: datetime | None = None) -> tuple[Contact, bool]:
    """Who has this phone on this line, and whether it was added: one that is known stays as it is, so twice is once.

    Raises Rejected: INVALID where the line cannot write first or this is no phone, FORBIDDEN without the right.
    """
    locks.hold_active_agent(agent)
    if not (origin.can.first_by_phone and origin.is_active):
        words = _("en %(line)s escribe primero el cliente: no se agregan contactos") % {"line": origin.name}
        raise Rejected(Rejection.INVALID, words)
    digits = read_phone(typed)
    at = at or timezone.now()
    known = network_of(origin.kind).ids_of_phone(digits)
    # not locked: who adds many would hold as many chats
    if whose := senders.find_owners(origin, known):
        return Contact.objects.select_related("origin").get(pk=next(whose[one] for one in known if one in whose)), False
    chat = senders.chat_of(origin, senders.Sender(known, shown=f"+{digits}"), at)
    if chat.state:  # somebody was quicker
        return chat.contact, False
    authorise("add", chat, agent)
    # its session is over before it began
    Chat.objects.filter(pk=chat.pk).update(session_expires_at=at)
    chat.session_expires_at = at
    go_many([Step(chat, State.EXPIRADO)], MOVES["add"].cause, at=at, actor=agent)
    return chat.contact, True


def read_phone(typed: str) -> str:
    """The digits of a phone with its country. Raises Rejected (INVALID)."""
    found = _PHONE.fullmatch(_BETWEEN_DIGITS.sub("", typed))
    if found is None:
        words = _("“%(typed)s” no es un teléfono con su país, como +54 9 341 555-0163") % {"typed": typed[:60]}
        raise Rejected(Rejection.INVALID, words)
    return found[1]
