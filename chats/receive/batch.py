"""The common case, many at once: plain messages of known customers to chats that stay where they are.

A body may hold hundreds. Those whose chats wait in a tray or are with an agent are written by four statements
together; whatever is not that case (a new contact, a move, the bot, a file, a quote, a late one) is left to
chats/receive/message.py one by one, which would have stored the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from chats import publish
from chats.messages import senders
from chats.messages.rows import MAX_TEXT_CHARS, Stored, clean_text, place_in_time, preview_text
from chats.models import Chat, Message, ParkedFact
from chats.receive import referrals
from origins.facts import Incoming
from origins.models import Origin

# in the order of ids, as everywhere where several chats are locked
_LOCK = """
SELECT c.id, c.contact_id, c.last_message_at, p.name FROM chats_chat c
JOIN contacts_contact p ON p.id = c.contact_id
LEFT JOIN trays_tray t ON t.id = c.tray_id
WHERE c.contact_id = ANY(%s) AND (c.state = 'AGENTE' OR t.kind <> 'closed')
ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_MESSAGES = """
INSERT INTO chats_message (uuid, chat_id, origin_id, direction, author, kind, text, payload, external_id,
                           reaction, status, reason, attempts, created_at, sent_at)
SELECT m.uuid, m.chat_id, %s, 'in', 'customer', m.kind, m.text, m.payload::jsonb, m.external_id, '', '', '', 0,
       m.created_at, m.sent_at
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
            %s::timestamptz[])
     WITH ORDINALITY AS m(uuid, chat_id, kind, text, payload, external_id, created_at, sent_at, number)
ORDER BY m.number
ON CONFLICT (origin_id, external_id) DO NOTHING
RETURNING id, uuid
"""
_CHATS = """
UPDATE chats_chat c SET
    last_customer_at = GREATEST(c.last_customer_at, n.said_at),
    session_expires_at = GREATEST(c.last_customer_at, c.last_template_at, n.said_at) + %s,
    unread = c.unread + n.unread,
    preview = CASE WHEN c.last_message_at > n.last_at THEN c.preview ELSE n.preview END,
    preview_kind = CASE WHEN c.last_message_at > n.last_at THEN c.preview_kind ELSE n.kind END,
    last_message_at = GREATEST(c.last_message_at, n.last_at)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::timestamptz[], %s::text[], %s::text[])
     AS n(id, said_at, unread, last_at, preview, kind)
WHERE c.id = n.id
"""
_CONTACTS = """
UPDATE contacts_contact p SET active_at = GREATEST(p.active_at, n.last_at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(id, last_at) WHERE p.id = n.id
"""


@dataclass
class _Row:
    """A message as it is to be written."""

    number: int
    fact: Incoming
    contact: int
    said_at: datetime
    uuid: str = field(default_factory=lambda: str(uuid4()))
    chat: int = 0
    created_at: datetime | None = None
    pk: int = 0


def store_many(origin: Origin, facts: Sequence[Incoming]) -> list[Stored | None]:
    """What became of each; None: it is not the common case, nothing was written for it."""
    now = timezone.now()
    try:
        rows = _plan_rows(origin, facts, now)
        done = _write_rows(origin, rows) if len(rows) > 1 else []
    except (DataError, IntegrityError):
        return [None] * len(facts)
    result: list[Stored | None] = [None] * len(facts)
    for number, stored in done:
        result[number] = stored
    return result


def _plan_rows(origin: Origin, facts: Sequence[Incoming], now: datetime) -> list[_Row]:
    """Those that say nothing new of their sender, are not late, and name no other message and no file."""
    asked = list(dict.fromkeys(one for fact in facts for one in senders.ids_of(fact)))
    whose = senders.find_owners(origin, asked) if asked else {}
    parked = [ref for fact in facts for ref in (fact.external_id, *referrals.refs_of(senders.ids_of(fact)))]
    early = ParkedFact.objects.filter(origin=origin, ref__in=parked)
    told = set(early.values_list("ref", flat=True))
    rows: list[_Row] = []
    # whoever says anything special here is left altogether: these messages keep the order of the body
    left: set[int | None] = set()
    for number, fact in enumerate(facts):
        owners = {whose.get(one) for one in senders.ids_of(fact)}
        said_at = min(fact.at or now, now)
        special = fact.files or fact.reply_to or fact.acknowledge or fact.payload.get("media")
        special = special or fact.payload.get("referral") or fact.external_id in told
        special = special or not told.isdisjoint(referrals.refs_of(senders.ids_of(fact)))
        contact = next(iter(owners)) if len(owners) == 1 else None
        if contact and not special and said_at + origin.session > now:
            rows.append(_Row(number, fact, contact, said_at))
        else:
            left |= owners
    return [row for row in rows if row.contact not in left]


@transaction.atomic
def _write_rows(origin: Origin, rows: list[_Row]) -> list[tuple[int, Stored]]:
    rows = _lock_chats(rows)
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES, [
            origin.pk, [r.uuid for r in rows], [r.chat for r in rows], [r.fact.kind for r in rows],
            [_row_text(r) for r in rows], [json.dumps(r.fact.payload) for r in rows],
            [r.fact.external_id for r in rows], [r.created_at for r in rows], [r.said_at for r in rows],
        ])  # fmt: skip
        ids = {str(uuid): pk for pk, uuid in cursor.fetchall()}
    new = [row for row in rows if row.uuid in ids]
    for row in new:
        row.pk = ids[row.uuid]
    if new:
        _keep_numbers(origin, new)
        _publish_new(new)
    return _find_stored(origin, rows)


def _lock_chats(rows: list[_Row]) -> list[_Row]:
    """Those whose chats stay where they are, by time, each with its place in its thread."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list({row.contact for row in rows})])
        found = cursor.fetchall()
    # a name that we did not have is written the slow way
    named = {row.contact for row in rows if senders.sender_of(row.fact).name}
    chats = {contact: (pk, last) for pk, contact, last, name in found if name or contact not in named}
    kept = [row for row in rows if row.contact in chats]
    last = {contact: at for contact, (_pk, at) in chats.items()}
    # stable: in one second the order of the body
    kept.sort(key=lambda row: row.said_at)
    for row in kept:
        row.chat = chats[row.contact][0]
        row.created_at = place_in_time(row.said_at, last[row.contact])
        last[row.contact] = max(last[row.contact] or row.created_at, row.created_at)
    return kept


def _row_text(row: _Row) -> str:
    return clean_text(row.fact.text)[:MAX_TEXT_CHARS]


def _keep_numbers(origin: Origin, new: list[_Row]) -> None:
    by_chat: dict[int, list[_Row]] = {}
    for row in new:
        by_chat.setdefault(row.chat, []).append(row)
    chats = sorted(by_chat)
    # the last of those that stand last, as chats/receive/message.py does: one at the same time stands behind
    tops = [sorted(by_chat[chat], key=_created_at)[-1] for chat in chats]
    numbers: list[Any] = [
        origin.session, chats, [max(r.said_at for r in by_chat[chat]) for chat in chats],
        [len(by_chat[chat]) for chat in chats], [_created_at(top) for top in tops],
        [preview_text(_row_text(top)) for top in tops], [top.fact.kind for top in tops],
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CHATS, numbers)
        cursor.execute(_CONTACTS, [[top.contact for top in tops], [_created_at(top) for top in tops]])


def _created_at(row: _Row) -> datetime:
    return row.created_at or row.said_at


def _as_message(row: _Row) -> Message:
    return Message(
        pk=row.pk, uuid=row.uuid, chat_id=row.chat, direction="in", author="customer", kind=row.fact.kind,
        text=_row_text(row), payload=row.fact.payload, external_id=row.fact.external_id, created_at=_created_at(row),
        sent_at=row.said_at,
    )  # fmt: skip


def _publish_new(new: list[_Row]) -> None:
    chats: dict[int, Any] = Chat.objects.with_people().in_bulk({row.chat for row in new})
    said: dict[int, list[Message]] = {}
    for row in new:
        said.setdefault(row.chat, []).append(_as_message(row))
    publish.many_heard([(chats[pk], messages) for pk, messages in said.items()])


def _find_stored(origin: Origin, rows: list[_Row]) -> list[tuple[int, Stored]]:
    """Every row's message: the new one, or the one that stood there under its id."""
    twice = [row.fact.external_id for row in rows if not row.pk]
    there = Message.objects.filter(origin=origin, external_id__in=twice) if twice else ()
    standing = {one.external_id: one for one in there}
    found = []
    for row in rows:
        if row.pk:
            found.append((row.number, Stored(_as_message(row), True)))
        elif row.fact.external_id in standing:
            found.append((row.number, Stored(standing[row.fact.external_id], False)))
        else:  # of another transaction that has not ended yet: the slow way waits for it
            continue
    return found
