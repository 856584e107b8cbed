"""Change of identity: the same person has another id on the origin. Changes and messages may come in any order.

What is told of ids that nobody has yet waits (ParkedFact `renamed`) until somebody has one of them. An id that was
given up keeps its owner and the time: what was said by it before belongs to that contact, however late it comes.
"""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import locks, publish
from chats.messages import senders
from chats.messages.parked import park_under
from chats.models import Chat, Message, ParkedFact
from common.parsing import read_time
from contacts.models import Address
from origins.facts import Known, Renamed
from origins.models import Origin

log = logging.getLogger(__name__)

FACT = "renamed"
# the times of one second are not told apart
SAME_SECOND = timedelta(seconds=1)
# any number of our own, with the origin's as the second key
_LOCK_SPACE = 7_041


@transaction.atomic
def change_identity(origin: Origin, fact: Renamed) -> bool:
    """The same person has another id. Two contacts that both exist are never merged: a note tells people.

    False: nobody has any of these ids.
    """
    hold_changes(origin)
    return _apply_change(origin, fact)


def hold_changes(origin: Origin) -> None:
    """One change of an origin after the other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, origin.pk])


def _apply_change(origin: Origin, fact: Renamed) -> bool:
    at = min(fact.at or timezone.now(), timezone.now())
    new_only = [one for one in fact.new if one not in fact.old]
    whose = senders.find_owners(origin, [*fact.old, *new_only])
    contact = next((whose[one] for one in fact.old if one in whose), None)
    if contact is None:
        # by a later change that was told before, or by the first message with the new id
        contact = senders.find_past_owner(origin, fact.old, at - SAME_SECOND)
        owner = next((whose[one] for one in new_only if one in whose), None)
        owner = owner or contact or senders.find_past_owner(origin, new_only, at - SAME_SECOND)
        if owner is None:
            _park_change(origin, fact)
            return False
        senders.keep_past_addresses(owner, origin, [one for one in fact.old if one not in fact.new], at)
        _follow_changes(origin, [*fact.old, *fact.new])
        return True
    chat = locks.locked_chats().filter(contact=contact, erased_at=None).first()
    if chat is None:
        return False
    _take_new_ids(origin, chat, fact, whose, at)
    _follow_changes(origin, [*fact.old, *fact.new])
    return True


def _take_new_ids(origin: Origin, chat: Chat, fact: Renamed, whose: dict[Known, int], at: datetime) -> None:
    """The contact of the old ids has the new ones from now on."""
    contact, now = chat.contact_id, timezone.now()
    past = senders.find_past_owner(origin, [one for one in fact.new if one not in fact.old], at - SAME_SECOND)
    if past == contact:
        return  # it has given up the new ones as well by now
    if not any(one in whose and whose[one] != contact for one in fact.new):
        senders.attach_addresses(chat.contact, fact.new)
    # asked again: at this very moment the first message by the new one may have made a contact of its own
    others = set(senders.find_owners(origin, fact.new).values()) - {contact}
    if others:
        words = _("El cliente cambió de número o de usuario, y con el nuevo ya hay otro contacto.")
        if not Message.objects.filter(chat=chat, direction="note", author="system", text=words).exists():
            _write_note(chat, words, now)
        log.warning("origin %s: contact %s has become %s, who exists", origin.pk, contact, sorted(others))
        return
    changed = any(one not in whose for one in fact.new)
    for kind, value in set(fact.old) - set(fact.new):
        if any(kind == new for new, _value in fact.new):
            # somebody else may get this number one day
            old = Address.objects.filter(origin=origin, contact=contact, kind=kind, value=value, revoked_at=None)
            changed = bool(old.update(revoked_at=at)) or changed
    _show_new_address(chat, fact)
    if fact.words and changed:
        _write_note(chat, fact.words, now)


# --- what nobody has yet ---------------------------------------------------------------------------


def refs_of(known: Iterable[Known]) -> list[str]:
    """The names under which a change waits for somebody who has one of these ids."""
    return [f"id:{kind}:{value}"[:200] for kind, value in known]


def _park_change(origin: Origin, fact: Renamed) -> None:
    """Keep it by each of its ids; the same one once."""
    data = {**asdict(fact), "at": fact.at.isoformat() if fact.at else None}
    data |= {"old": [list(one) for one in fact.old], "new": [list(one) for one in fact.new]}
    for ref in refs_of(dict.fromkeys([*fact.old, *fact.new])):
        park_under(origin, ref, FACT, data)


def find_chat(origin: Origin, who: senders.Sender, said_at: datetime) -> Chat:
    """The chat of this person, locked, as senders.chat_of; with what was told of these ids before anybody had them."""
    # before the chat: whoever changes an identity locks in this order
    is_told = ParkedFact.objects.filter(origin=origin, ref__in=refs_of(who.known), fact=FACT).exists()
    if is_told:
        hold_changes(origin)
    chat = senders.chat_of(origin, who, said_at)
    if is_told:
        _follow_changes(origin, who.known, said_at)
    return chat


def _follow_changes(origin: Origin, known: Iterable[Known], said_at: datetime | None = None) -> None:
    """The changes that were told of these ids, the oldest first; each leads to the next of a chain.

    `said_at`: when somebody used them. An id that was given up before then is somebody else's by now.
    """
    waiting = ParkedFact.objects.filter(origin=origin, ref__in=refs_of(known), fact=FACT)
    for data in sorted({str(row.data): row.data for row in waiting}.values(), key=lambda data: str(data.get("at"))):
        old, new = (tuple((kind, value) for kind, value in data[side]) for side in ("old", "new"))
        at = read_time(data.get("at"))
        if said_at and at and at + SAME_SECOND <= said_at and not set(new) & set(known):
            continue
        ParkedFact.objects.filter(origin=origin, fact=FACT, data=data).delete()
        _apply_change(origin, Renamed(old, new, at, data.get("words", "")))


# --- what people see of it ---------------------------------------------------------------------------


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
