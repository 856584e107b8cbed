"""The common case in one statement: a known customer's text to a chat that stays where it is.

Most of what comes in moves nothing: the chat is in a tray or with an agent, or the bot answers and keeps it, or is
told. For that the ledger row, the message, the bot's answer (or what tells an external bot) and the kept numbers are
written by one statement, which also checks that it is that case. Whatever it is not (a new contact, a move, a file,
a late or repeated message) writes nothing here and goes the whole way through gateway/inbound/body_processing.py,
which would have stored the same.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.db import DataError, IntegrityError, NotSupportedError, ProgrammingError, connection
from django.utils import timezone

from chats import jobs, publish
from chats.bots import deadlines, validation
from chats.messages import senders
from chats.messages.rows import MAX_TEXT_CHARS, SAME_MOMENT, clean_text
from chats.models import Chat, Message
from chats.receive import referrals
from common.errors import OriginError
from common.names import show_name
from contacts.models import Contact, StateChange
from origins.facts import Incoming
from origins.models import Origin
from origins.networks import network_of
from trays.models import Agent, Tray
from wittybots.menu import engine, versions
from wittybots.models import Bot

log = logging.getLogger(__name__)

# where the statement's row says which endpoint is to be told
ENDPOINT_COLUMN = 14

_BOT_OF = """
SELECT c.bot_memory, c.attributes, p.name, b.most_per_minute, b.farewell, v.id, v.tree
FROM contacts_address a
JOIN chats_chat c ON c.contact_id = a.contact_id AND c.state = 'BOT' AND a.revoked_at IS NULL
JOIN contacts_contact p ON p.id = c.contact_id
JOIN wittybots_bot b ON b.id = c.bot_id AND b.is_active AND b.kind = 'menu'
LEFT JOIN wittybots_menuversion v ON v.bot_id = b.id AND v.state = 'published'
WHERE a.origin_id = %s AND a.kind = %s AND a.value = %s
"""

# `who` locks the chat and is empty unless this is the common case; everything else hangs on it.
# With a bot the answer was made from the memory that the chat must still have.
_WRITE = """
WITH who AS (
    SELECT c.id, c.contact_id, c.change_id, c.tray_id, c.agent_id, c.taken_from_id, c.last_message_at,
           CASE WHEN c.state = 'BOT' THEN c.bot_id END AS bot_id,
           c.state = 'BOT' AND b.kind <> 'menu' AS is_external
    FROM contacts_address a
    JOIN chats_chat c ON c.contact_id = a.contact_id
    JOIN contacts_contact p ON p.id = c.contact_id AND (p.name <> '' OR %(name)s = '')
    LEFT JOIN trays_tray t ON t.id = c.tray_id
    LEFT JOIN wittybots_bot b ON b.id = c.bot_id
    LEFT JOIN wittybots_endpoint e ON e.bot_id = c.bot_id
    WHERE a.origin_id = %(origin)s AND a.kind = %(address_kind)s AND a.value = %(sender)s AND a.revoked_at IS NULL
      AND (%(others)s = 0 OR %(others)s = (
          SELECT count(*) FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS k(kind, value)
          JOIN contacts_address x ON x.origin_id = %(origin)s AND x.kind = k.kind AND x.value = k.value
          WHERE x.contact_id = a.contact_id AND x.revoked_at IS NULL))
      AND NOT EXISTS (SELECT 1 FROM chats_early e WHERE e.origin_id = %(origin)s AND e.ref = ANY(%(parked)s))
      AND CASE WHEN %(memory)s::jsonb IS NULL THEN c.state = 'AGENTE' OR t.kind <> 'closed'
                    OR (c.state = 'BOT' AND b.kind <> 'menu' AND b.is_active AND e.is_active)
               ELSE c.state = 'BOT' AND c.bot_memory = %(memory)s::jsonb END
    FOR NO KEY UPDATE OF c
), body AS (
    INSERT INTO origins_body (origin_id, raw, digest, received_at, state, reason)
    SELECT %(origin)s, %(raw)s, %(digest)s, %(now)s, 'processed', '' FROM who
    ON CONFLICT (origin_id, digest) DO NOTHING RETURNING id
), said AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, bot_id, direction, author, kind, text, payload,
                               external_id, reaction, status, reason, attempts, created_at, sent_at)
    SELECT gen_random_uuid(), who.id, %(origin)s, who.bot_id, 'in', 'customer', %(kind)s, %(text)s, %(payload)s,
           %(ref)s, '', '', '', 0,
           CASE WHEN %(whole)s AND who.last_message_at > %(at)s AND who.last_message_at < %(at)s + %(same)s
                THEN who.last_message_at ELSE %(at)s END, %(at)s
    FROM who, body
    ON CONFLICT (origin_id, external_id) DO NOTHING
    RETURNING id, chat_id, created_at, bot_id
), answered AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, bot_id, direction, author, kind, text, payload,
                               reaction, status, reason, attempts, created_at, sent_at)
    SELECT gen_random_uuid(), said.chat_id, %(origin)s, said.bot_id, 'out', 'bot', 'text', answer.text,
           answer.payload::jsonb, '', %(status)s, '', 0, %(now)s, %(sent_at)s
    FROM said, unnest(%(answers)s::text[], %(payloads)s::text[]) AS answer(text, payload)
    RETURNING id
), told AS (
    INSERT INTO wittybots_event (uuid, endpoint_id, kind, chat_id, message_id, control_version, created_at, state,
                                 attempts, reason)
    SELECT gen_random_uuid(), e.id, 'message_created', who.id, said.id, who.change_id, %(now)s, 'queued', 0, ''
    FROM said, who JOIN wittybots_endpoint e ON e.bot_id = who.bot_id AND e.is_active
    WHERE who.is_external AND 'message_created' = ANY(e.events)
    RETURNING endpoint_id
), chat AS (
    UPDATE chats_chat c SET
        last_customer_at = GREATEST(c.last_customer_at, %(at)s),
        session_expires_at = GREATEST(c.last_customer_at, c.last_template_at, %(at)s) + %(session)s,
        unread = c.unread + 1,
        preview = CASE WHEN c.last_message_at > GREATEST(said.created_at, %(answered_at)s)
                       THEN c.preview ELSE %(preview)s END,
        preview_kind = CASE WHEN c.last_message_at > GREATEST(said.created_at, %(answered_at)s)
                            THEN c.preview_kind ELSE %(preview_kind)s END,
        last_message_at = GREATEST(c.last_message_at, said.created_at, %(answered_at)s),
        bot_memory = CASE WHEN who.is_external THEN c.bot_memory || '{"streak": 0}'
                          ELSE COALESCE(%(new_memory)s::jsonb, c.bot_memory) END,
        bot_due_at = CASE WHEN who.is_external THEN COALESCE(c.bot_due_at, %(due)s) ELSE c.bot_due_at END,
        attributes = CASE WHEN (SELECT count(*) FROM jsonb_object_keys(c.attributes || %(came)s::jsonb)) <= %(fit)s
                          THEN c.attributes || %(came)s::jsonb ELSE c.attributes END,
        bot_path = COALESCE(%(path)s::varchar[], c.bot_path)
    FROM said, who WHERE c.id = said.chat_id
    RETURNING c.state, c.session_expires_at, c.waiting_since, c.unread, c.preview, c.preview_kind
), person AS (
    UPDATE contacts_contact p SET active_at = GREATEST(p.active_at, said.created_at, %(answered_at)s)
    FROM said, who WHERE p.id = who.contact_id
)
SELECT who.id, who.change_id, who.tray_id, who.agent_id, (SELECT id FROM body), said.id, said.created_at,
       ARRAY(SELECT id FROM answered),
       chat.state, chat.session_expires_at, chat.waiting_since, chat.unread, chat.preview, chat.preview_kind,
       (SELECT endpoint_id FROM told), who.contact_id, p.name, p.shown_address, t.kind, s.cause, u.first_name,
       u.username, f.name, f.kind, o.first_name, o.last_name, o.username
FROM who
LEFT JOIN said ON true
LEFT JOIN chat ON true
JOIN contacts_contact p ON p.id = who.contact_id
-- LEFT: a move that this statement waited for has written a step that its snapshot does not show
LEFT JOIN contacts_statechange s ON s.id = who.change_id
LEFT JOIN trays_tray t ON t.id = who.tray_id
LEFT JOIN trays_agent u ON u.id = s.actor_id
LEFT JOIN trays_tray f ON f.id = who.taken_from_id
LEFT JOIN trays_agent o ON o.id = f.owner_id
"""


def store_fast(origin: Origin, raw: bytes) -> dict[str, Any] | None:
    """Store a body that holds one plain message. None: it is not the common case, and nothing was written."""
    now = timezone.now()
    try:
        facts = list(network_of(origin.kind).parse(raw))
    except OriginError:
        return None
    if len(facts) != 1 or not isinstance(fact := facts[0].fact, Incoming):
        return None
    at = min(fact.at or now, now)
    if facts[0].line not in ("", origin.line_id) or fact.files or fact.reply_to or fact.acknowledge:
        return None
    if fact.payload.get("media") or at + origin.session <= now:
        return None
    try:
        return _store_in_one_statement(origin, raw, fact, at, now)
    except (DataError, IntegrityError):
        return None
    except (NotSupportedError, ProgrammingError) as error:  # a pooler or a migration took the prepared statement away
        log.warning("the quick way failed: %s", type(error).__name__)
        return None


def _store_in_one_statement(
    origin: Origin, raw: bytes, fact: Incoming, at: datetime, now: datetime
) -> dict[str, Any] | None:
    values = _statement_values(origin, raw, fact, at, now)
    row = _run_statement(values)
    if row is None:
        with connection.cursor() as cursor:
            if not _let_bot_answer(cursor, origin, fact, now, values):
                return None
        row = _run_statement(values)
    if row is None or row[4] is None:  # another place by now, or the very same body stands there
        return None
    chat, message_id, said_at, answers = _read_row(origin, row)
    if message_id is None:
        return {"accepted": 0, "duplicates": 1, "rejected": []}
    said = [Message(pk=message_id, chat_id=chat.pk, direction="in", author="customer", kind=fact.kind,
                    text=values["text"], payload=fact.payload, created_at=said_at)]  # fmt: skip
    said += [
        Message(pk=pk, chat_id=chat.pk, direction="out", author="bot", text=text, payload=json.loads(payload),
                created_at=now, status=values["status"])
        for pk, text, payload in zip(sorted(answers), values["answers"], values["payloads"], strict=True)
    ]  # fmt: skip
    # before the screens: who waits for a bot waits for this
    if row[ENDPOINT_COLUMN] is not None:
        jobs.call_endpoints()
    if answers and values["status"] == "queued":
        jobs.deliver()
    publish.messages_heard(chat, said)
    return {"accepted": 1, "duplicates": 0, "rejected": []}


def _run_statement(values: dict[str, Any]) -> Sequence[Any] | None:
    """The statement's row. Prepared, once a connection: planning it takes longer than all the rest of it.

    Not behind a pooler that hands each transaction another connection (DISABLE_SERVER_SIDE_CURSORS says so).
    """
    connection.ensure_connection()
    ours = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(ours) as cursor:
        # only here: Django writes values into its statements, of which no two are alike
        ours.prepare_threshold = None if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS") else 0
        try:
            return cursor.execute(_WRITE, values, prepare=True).fetchone()
        finally:
            ours.prepare_threshold = None


def _read_row(origin: Origin, row: Sequence[Any]) -> tuple[Chat, int | None, datetime, list[int]]:
    """The chat as far as its row, its tab and its groups need it: no query is left for the screens."""
    (chat_id, change_id, tray_id, agent_id, _body, message_id, said_at, answers,
     state, expires, since, unread, preview, preview_kind, _endpoint,
     contact_id, name, address, tray_kind, cause, first_name, username,
     from_name, from_kind, *owner) = row  # fmt: skip
    if cause is None and message_id is not None:
        return Chat.objects.with_people().get(pk=chat_id), message_id, said_at, answers
    contact = Contact(pk=contact_id, name=name, shown_address=address)
    change = StateChange(pk=change_id, cause=cause)
    if username is not None:
        change.actor = Agent(first_name=first_name, username=username)
    chat = Chat(
        pk=chat_id, contact=contact, origin=origin, state=state or "", change=change, agent_id=agent_id,
        session_expires_at=expires, waiting_since=since, unread=unread or 0, preview=preview or "",
        preview_kind=preview_kind or "",
    )  # fmt: skip
    if tray_id is not None:
        chat.tray = Tray(pk=tray_id, kind=tray_kind)
    if from_name is not None:
        chat.taken_from = Tray(name=from_name, kind=from_kind)
        if from_kind == Tray.Kind.PERSONAL:
            chat.taken_from.owner = Agent(first_name=owner[0], last_name=owner[1], username=owner[2])
    return chat, message_id, said_at, answers


def _statement_values(origin: Origin, raw: bytes, fact: Incoming, at: datetime, now: datetime) -> dict[str, Any]:
    text = clean_text(fact.text)[:MAX_TEXT_CHARS]
    others = senders.ids_of(fact)[1:]
    return {
        "origin": origin.pk, "address_kind": fact.address_kind, "sender": fact.sender,
        "name": senders.sender_of(fact).name,
        "raw": raw, "digest": hashlib.sha256(raw).digest(), "now": now, "at": at, "same": SAME_MOMENT,
        "whole": not at.microsecond, "others": len(others), "kinds": [kind for kind, _value in others],
        "values": [value for _kind, value in others],
        "kind": fact.kind, "text": text, "payload": json.dumps(fact.payload), "ref": fact.external_id,
        "parked": [fact.external_id, *referrals.refs_of(senders.ids_of(fact))],
        "session": origin.session, "preview": " ".join(text.split())[:140], "preview_kind": fact.kind,
        "memory": None, "new_memory": None, "path": None, "answers": [], "payloads": [], "answered_at": None,
        "came": json.dumps(referrals.attributes_of(fact.payload.get("referral", {}))),
        "fit": validation.MAX_ATTRIBUTES, "due": now + deadlines.ANSWER_WITHIN,
        "status": "sent" if origin.tells_nobody else "queued", "sent_at": now if origin.tells_nobody else None,
    }  # fmt: skip


def _let_bot_answer(cursor: Any, origin: Origin, fact: Incoming, now: datetime, values: dict[str, Any]) -> bool:
    """Add the menu bot's answer to the values; False where no bot holds the chat, or it hands over."""
    if fact.payload.get("referral"):
        return False  # the bot knows by then what is kept of it
    cursor.execute(_BOT_OF, [origin.pk, fact.address_kind, fact.sender])
    row = cursor.fetchone()
    if row is None:
        return False
    memory, attributes, name, most, farewell, version, tree = row
    memory, attributes = (json.loads(one) if isinstance(one, str) else one for one in (memory, attributes))
    known = engine.Known(
        show_name(name or fact.name), attributes, minute=int(now.timestamp() // 60), most_per_minute=most
    )  # when trays open is asked where it hands over, which is not here
    offered = versions.cached_menu(version, tree) if version else versions.unpublished_menu(Bot(farewell=farewell))
    answer = engine.answer_message(offered, memory, values["text"], str(fact.payload.get("payload", "")), known)
    if answer.hand_over or answer.attributes or not answer.texts:
        return False
    if any(len(text.encode()) > origin.can.text for text in answer.texts):  # it leaves in parts
        return False
    offer = [{"title": choice.label, "payload": choice.id} for choice in answer.offer]
    payloads: list[dict[str, Any]] = [{} for _text in answer.texts[:-1]] + [{"choices": offer} if offer else {}]
    values |= {
        "memory": json.dumps(memory), "new_memory": json.dumps(answer.memory), "path": list(answer.path)[-12:],
        "answers": list(answer.texts), "payloads": [json.dumps(payload) for payload in payloads],
        "preview": " ".join(answer.texts[-1].split())[:140], "preview_kind": "text", "answered_at": now,
    }  # fmt: skip
    return True
