"""What stands where messages belong: read and locked by one statement, the same for one and for a hundred."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Model, Q

from chats import locks
from chats.erased_ids import read_hidden
from chats.messages import identity, senders
from chats.messages.bulk import StoredMeanwhile
from chats.messages.parked import OF_MESSAGES
from chats.messages.rows import find_by_ref
from chats.models import Attachment, Chat, Message
from chats.receive import referrals
from common.prepared import fetch_rows
from contacts.models import Contact, StateChange
from origins.facts import Incoming, Known
from origins.models import Origin
from trays.models import Agent, Tray
from wittybots.menu import versions
from wittybots.menu.tree import Menu
from wittybots.models import Bot, Endpoint, MenuVersion, Reception
from wittybots.reception import reception_of


def _columns(model: type[Model], *names: str) -> tuple[type[Model], tuple[str, ...]]:
    """These, or all, in the order in which the model takes them."""
    found = tuple(field.attname for field in model._meta.concrete_fields)
    return model, tuple(name for name in found if name in names or not names)


# by alias: what is read of each, beginning with its id. As much as the plan asks, and as the screens show
_READ = {
    "c": _columns(Chat),
    "p": _columns(Contact, "id", "name", "shown_address", "tag_ids"),
    "s": _columns(StateChange, "id", "cause", "at", "actor_id"),
    "u": _columns(Agent, "id", "first_name", "last_name", "username"),
    "t": _columns(Tray, "id", "name", "kind", "owner_id", "archived_at"),
    "f": _columns(Tray, "id", "name", "kind", "owner_id", "archived_at"),
    "o": _columns(Agent, "id", "first_name", "last_name", "username"),
    "w": _columns(Agent, "id", "first_name", "last_name", "username"),
    "b": _columns(Bot),
    "e": _columns(Endpoint, "id", "bot_id", "is_active", "events"),
    "v": _columns(MenuVersion, "id"),
}
_JSON = ("bot_memory", "attributes")
# `who`: in the order of ids, as everywhere where several chats are locked. What is told of ids and names stands in
# every row, and there is one where there is no chat. It is as old as the statement: what another transaction has stored
# by the time of the lock is found by the write
_READ_AND_LOCK = f"""
WITH who AS (
    SELECT a.kind AS known_kind, a.value AS known_value,
           {", ".join(f"{alias}.{name} AS {alias}_{name}" for alias, (_m, names) in _READ.items() for name in names)}
    FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS k(kind, value)
    JOIN contacts_address a
        ON a.origin_id = %(origin)s AND a.kind = k.kind AND a.value = k.value AND a.revoked_at IS NULL
    JOIN chats_chat c ON c.contact_id = a.contact_id
    JOIN contacts_contact p ON p.id = c.contact_id
    LEFT JOIN contacts_statechange s ON s.id = c.change_id
    LEFT JOIN trays_agent u ON u.id = s.actor_id
    LEFT JOIN trays_tray t ON t.id = c.tray_id
    LEFT JOIN trays_tray f ON f.id = c.taken_from_id
    LEFT JOIN trays_agent o ON o.id = f.owner_id
    LEFT JOIN trays_agent w ON w.id = c.preview_agent_id
    LEFT JOIN wittybots_bot b ON b.id = c.bot_id
    LEFT JOIN wittybots_endpoint e ON e.bot_id = b.id
    LEFT JOIN wittybots_menuversion v ON v.bot_id = b.id AND v.state = 'published'
    ORDER BY c.id FOR NO KEY UPDATE OF c
)
SELECT ARRAY(SELECT ARRAY[id::text, external_id] FROM chats_message
             WHERE origin_id = %(origin)s AND external_id = ANY(%(refs)s::text[])),
       ARRAY(SELECT ARRAY[ref, fact] FROM chats_early WHERE origin_id = %(origin)s AND ref = ANY(%(parked)s::text[])),
       who.*
FROM (SELECT) AS one LEFT JOIN who ON true
"""  # noqa: S608 - names of our own columns


class HoldsOthers(Exception):
    """A tray cannot be waited for: chats of others are held, and trays come before chats."""


class NeedsReception(HoldsOthers):
    """The same of the reception's tray, which can be held before."""


class Standing:
    """What stands for these facts. Its chats are locked, and what is planned changes them in memory."""

    def __init__(self, origin: Origin, facts: Sequence[Incoming], now: datetime, *, holds_reception: bool) -> None:
        self.origin, self.facts, self.now = origin, facts, now
        self.holds_reception = holds_reception
        if holds_reception:
            self.hold_reception_tray()
        self.chats: dict[Known, Chat] = {}
        self.menus: dict[int, int] = {}
        rows = self._read_and_lock()
        # external id → the message that has it
        self.stored: dict[str, int] = {self._hidden.get(ref, ref): int(pk) for pk, ref in rows[0][0]}
        # (whom or what it is about, which fact)
        self.parked: set[tuple[str, str]] = {(ref, fact) for ref, fact in rows[0][1]}
        self._take_chats([row[2:] for row in rows if row[2] is not None])

    def _read_and_lock(self) -> list[tuple[Any, ...]]:
        known = list(dict.fromkeys(one for fact in self.facts for one in senders.ids_of(fact)))
        refs = [fact.external_id for fact in self.facts]
        # by what stands for the ids of erased messages
        self._hidden = read_hidden(refs)
        return fetch_rows(_READ_AND_LOCK, {
            "origin": self.origin.pk, "kinds": [kind for kind, _value in known],
            "values": [value for _kind, value in known], "refs": [*refs, *self._hidden],
            "parked": [*refs, *referrals.refs_of(known), *identity.refs_of(known)],
        })  # fmt: skip

    def _take_chats(self, rows: Sequence[Sequence[Any]]) -> None:
        chats: dict[int, Chat] = {}
        stale = []
        for kind, value, *columns in rows:
            if columns[0] in chats:  # by another of its ids
                self.chats[kind, value] = chats[columns[0]]
                continue
            chat, is_whole = _read_chat(self.origin, columns)
            if chat.erased_at is not None:  # while the statement waited: it is read again, and is nobody's
                raise StoredMeanwhile
            self.chats[kind, value] = chats[chat.pk] = chat
            if not is_whole:
                stale.append(chat.pk)
            elif columns[-1] is not None:
                self.menus[cast(int, chat.bot_id)] = columns[-1]
        if stale:
            # the statement waited for a move: it shows the new place without what belongs to it
            fresh = Chat.objects.with_people().in_bulk(stale)
            self.chats = {known: fresh.get(chat.pk, chat) for known, chat in self.chats.items()}

    # --- senders -----------------------------------------------------------------------------------

    def count_known(self) -> int:
        """How many of the facts, from the first, say nothing new of their sender and answer nothing of this body."""
        refs: set[str] = set()
        for number, fact in enumerate(self.facts):
            if not self._is_known(fact) or fact.reply_to in refs:
                return number
            refs.add(fact.external_id)
        return len(self.facts)

    def count_unknown(self) -> int:
        """How many of them, from the first, do."""
        return next((number for number, fact in enumerate(self.facts) if self._is_known(fact)), len(self.facts))

    def fits(self, facts: Sequence[Incoming]) -> bool:
        """Whether a whole body of these can be stored together: it says nothing new of its senders and answers nothing
        of its own, and not all of it is stored."""
        refs: set[str] = set()
        for fact in facts:
            if not self._is_known(fact) or fact.reply_to in refs:
                return False
            refs.add(fact.external_id)
        return not refs <= self.stored.keys()

    def _is_known(self, fact: Incoming) -> bool:
        return fact.external_id in self.stored or self._knows_sender(fact)

    def _knows_sender(self, fact: Incoming) -> bool:
        ids = senders.ids_of(fact)
        owners = {self.chats[one].pk if one in self.chats else None for one in ids}
        if len(owners) != 1 or None in owners or self._is_renamed(fact):
            return False
        return bool(self.chats[ids[0]].contact.name or not senders.sender_of(fact).name)

    def is_renamed(self) -> bool:
        """Whether a change of identity waits for the first one's sender."""
        return self._is_renamed(self.facts[0])

    def _is_renamed(self, fact: Incoming) -> bool:
        return any((ref, identity.FACT) in self.parked for ref in identity.refs_of(senders.ids_of(fact)))

    def make_sender(self) -> None:
        """The chat of the first fact's sender, who is new or has something new to them; no other fact may be read."""
        fact = self.facts[0]
        said_at = min(fact.at or self.now, self.now)
        chat = identity.find_chat(self.origin, senders.sender_of(fact), said_at)
        chat.origin = self.origin
        self.chats = dict.fromkeys(senders.ids_of(fact), chat)

    def chat_of(self, fact: Incoming) -> Chat:
        return self.chats[senders.ids_of(fact)[0]]

    # --- what a message names ------------------------------------------------------------------------

    def is_early(self, fact: Incoming) -> bool:
        """Whether something was told of this message before it came."""
        return any((fact.external_id, name) in self.parked for name in OF_MESSAGES)

    def take_referral(self, fact: Incoming) -> dict[str, Any]:
        """What was told on its own of how its sender came; it is used up by this message."""
        refs = [ref for ref in referrals.refs_of(senders.ids_of(fact)) if (ref, referrals.FACT) in self.parked]
        self.parked -= {(ref, referrals.FACT) for ref in refs}
        return referrals.take_parked(self.origin, refs) if refs else {}

    @cached_property
    def _quoted(self) -> dict[tuple[int, str], Message]:
        refs = [fact.reply_to for fact in self.facts if fact.reply_to]
        chats = {chat.pk for chat in self.chats.values()}
        found = find_by_ref(Message.objects.filter(chat__in=chats), *refs) if refs else ()
        return {(one.chat_id, ref): one for one in found for ref in (str(one.uuid), one.external_id) if ref}

    def find_quoted(self, chat: Chat, ref: str) -> Message | None:
        if (found := self._quoted.get((chat.pk, ref))) is None:
            with suppress(ValueError):
                found = self._quoted.get((chat.pk, str(UUID(ref))))
        return found

    def find_files(self, fact: Incoming) -> list[Attachment]:
        """The files that it names, of this visitor, that no message has yet."""
        free = Q(uuid__in=fact.files, message=None, origin=self.origin, visitor=fact.sender)
        return list(Attachment.objects.filter(free).order_by("pk"))

    # --- who receives ----------------------------------------------------------------------------------

    @cached_property
    def reception(self) -> Reception:
        return reception_of(self.origin.pk)

    def hold_reception_tray(self) -> Tray:
        """Where what no bot attends goes, held in use. Raises HoldsOthers where it should have been before others."""
        if len(self.facts) > 1 and not self.holds_reception:
            raise NeedsReception
        return self._reception_tray

    @cached_property
    def _reception_tray(self) -> Tray:
        return locks.tray_in_use_or_general(self.reception.tray)

    def hold_tray(self, tray_id: int | None) -> Tray:
        """The tray that a menu names (None: General), held in use. Raises `Rejected` where it is not any more."""
        if len(self.facts) > 1:
            raise HoldsOthers
        return locks.hold_tray_in_use(Tray(pk=tray_id) if tray_id else Tray.objects.general())

    def menu_of(self, bot: Bot) -> Menu:
        version = self.menus.get(bot.pk)
        return (versions.known_menu(version) if version else None) or versions.menu_of(bot)


def _read_chat(origin: Origin, columns: Sequence[Any]) -> tuple[Chat, bool]:
    """The chat with what belongs to it; False: of an older place than its own."""
    made: dict[str, Any] = {}
    rest = iter(columns)
    for alias, (model, names) in _READ.items():
        values = [next(rest) for _name in names]
        if alias == "c":
            values = [json.loads(one) if name in _JSON else one for name, one in zip(names, values, strict=True)]
        made[alias] = model.from_db(connection.alias, names, values) if values[0] is not None else None
    chat, change, taken_from, bot = made["c"], made["s"], made["f"], made["b"]
    chat.contact, chat.origin = made["p"], origin
    is_whole = True
    belongs = {"tray": made["t"], "taken_from": taken_from, "change": change, "preview_agent": made["w"], "bot": bot}
    for name, found in belongs.items():
        if found is not None:
            setattr(chat, name, found)
        elif getattr(chat, f"{name}_id") is not None:
            is_whole = False
    if change is not None and made["u"] is not None:
        change.actor = made["u"]
    if taken_from is not None and made["o"] is not None:
        taken_from.owner = made["o"]
    if bot is not None:
        Bot._meta.get_field("endpoint").set_cached_value(bot, made["e"])
    return chat, is_whole
