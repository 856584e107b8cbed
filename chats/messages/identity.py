"""Change of identity: the same person has another id on the origin."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, publish
from chats.messages import senders
from chats.models import Chat, Message
from contacts.models import Address
from origins.facts import Renamed
from origins.models import Origin

log = logging.getLogger(__name__)


@transaction.atomic
def change_identity(origin: Origin, fact: Renamed) -> bool:
    """The same person has another id. Two contacts that both exist are never merged: a note tells people.

    False: nobody has any of the old ids.
    """
    whose = senders.find_owners(origin, [*fact.old, *fact.new])
    contact = next((whose[one] for one in fact.old if one in whose), None)
    if contact is None:
        return False
    chat = locks.locked_chats().filter(contact=contact).first()
    if chat is None:
        return False
    now = timezone.now()
    if not any(one in whose and whose[one] != contact for one in fact.new):
        senders.attach_addresses(chat.contact, fact.new)
    # asked again: at this very moment the first message by the new one may have made a contact of its own
    others = set(senders.find_owners(origin, fact.new).values()) - {contact}
    if others:
        words = _("El cliente cambió de número o de usuario, y con el nuevo ya hay otro contacto.")
        if not Message.objects.filter(chat=chat, direction="note", author="system", text=words).exists():
            _write_note(chat, words, now)
        log.warning("origin %s: contact %s has become %s, who exists", origin.pk, contact, sorted(others))
        return True
    changed = any(one not in whose for one in fact.new)
    for kind, value in set(fact.old) - set(fact.new):
        if any(kind == new for new, _value in fact.new):
            # somebody else may get this number one day
            old = Address.objects.filter(origin=origin, contact=contact, kind=kind, value=value, revoked_at=None)
            changed = bool(old.update(revoked_at=now)) or changed
    _show_new_address(chat, fact)
    if fact.words and changed:
        _write_note(chat, fact.words, now)
    return True


def _show_new_address(chat: Chat, fact: Renamed) -> None:
    phone = next((value for kind, value in fact.new if kind == "wa_id"), "")
    if phone and chat.contact.shown_address.startswith("+"):
        chat.contact.shown_address = f"+{phone}"
        chat.contact.save(update_fields=("shown_address",))


def _write_note(chat: Chat, words: str, now: datetime) -> None:
    """A line in the conversation that never leaves."""
    line = Message.objects.create(
        chat=chat, origin_id=chat.origin_id, direction="note", author="system", text=words[:1000], created_at=now
    )
    publish.message_stored(chat, line)
