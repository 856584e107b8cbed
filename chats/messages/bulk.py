"""Messages of customers and bots as rows, with the numbers of their chats: one statement for one and for a hundred."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from chats.models import Chat, MenuStep, Message
from common.prepared import fetch_rows

# rows as JSON: one type for the statement, whatever is in them
_WRITE = """
WITH body AS (
    INSERT INTO origins_body (origin_id, raw, digest, received_at, state, reason)
    SELECT %(origin)s, raw, digest, %(now)s, 'processed', ''
    FROM unnest(%(raws)s::bytea[], %(digests)s::bytea[]) WITH ORDINALITY AS b(raw, digest, number)
    WHERE NOT EXISTS (
        -- with OFFSET it is asked of each: no plan reads the table
        SELECT FROM origins_body AS old WHERE old.origin_id = %(origin)s AND old.digest = b.digest OFFSET 0
    )
    ORDER BY number
    ON CONFLICT DO NOTHING RETURNING id
), said AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, bot_id, direction, author, kind, text, payload, external_id,
                               reply_to_id, reaction, status, reason, attempts, media_due_at, created_at, sent_at)
    SELECT uuid, chat_id, %(origin)s, bot_id, direction, author, kind, text, payload, external_id,
           reply_to_id, '', status, '', 0, media_due_at, created_at, sent_at
    FROM ROWS FROM (jsonb_to_recordset(%(messages)s::jsonb) AS (
        uuid uuid, chat_id bigint, bot_id bigint, direction text, author text, kind text, text text, payload jsonb,
        external_id text, reply_to_id bigint, status text, media_due_at timestamptz, created_at timestamptz,
        sent_at timestamptz
    )) WITH ORDINALITY AS m(uuid, chat_id, bot_id, direction, author, kind, text, payload, external_id, reply_to_id,
                            status, media_due_at, created_at, sent_at, number)
    ORDER BY number
    ON CONFLICT (origin_id, external_id) DO NOTHING
    RETURNING id, uuid
), chat AS (
    UPDATE chats_chat c SET
        last_customer_at = n.last_customer_at, session_expires_at = n.session_expires_at, unread = n.unread,
        asked_at = n.asked_at, snoozed_until = n.snoozed_until, last_message_at = n.last_message_at,
        preview = n.preview, preview_kind = n.preview_kind, preview_author = n.preview_author,
        preview_agent_id = n.preview_agent_id, preview_at = n.preview_at, bot_id = n.bot_id,
        bot_memory = n.bot_memory, bot_path = n.bot_path, bot_due_at = n.bot_due_at,
        bot_summary = n.bot_summary, attributes = n.attributes
    FROM jsonb_to_recordset(%(chats)s::jsonb) AS n(
        id bigint, last_customer_at timestamptz, session_expires_at timestamptz, unread int, preview text,
        asked_at timestamptz, snoozed_until timestamptz, preview_kind text, preview_author text,
        preview_agent_id bigint, preview_at timestamptz,
        last_message_at timestamptz, bot_id bigint, bot_memory jsonb, bot_path varchar[],
        bot_due_at timestamptz, bot_summary text, attributes jsonb)
    WHERE c.id = n.id
), person AS (
    UPDATE contacts_contact p SET active_at = GREATEST(p.active_at, n.last_message_at)
    FROM jsonb_to_recordset(%(chats)s::jsonb) AS n(contact_id bigint, last_message_at timestamptz)
    WHERE p.id = n.contact_id
), way AS (
    INSERT INTO chats_menustep (change_id, bot_id, node, how, at)
    SELECT change_id, bot_id, node, how, at
    FROM ROWS FROM (jsonb_to_recordset(%(ways)s::jsonb) AS (
        change_id bigint, bot_id bigint, node text, how text, at timestamptz
    )) WITH ORDINALITY AS w(change_id, bot_id, node, how, at, number)
    ORDER BY number
)
SELECT id, uuid::text FROM said UNION ALL SELECT 0, id::text FROM body
"""
_OF_MESSAGE = (
    "uuid", "chat_id", "bot_id", "direction", "author", "kind", "text", "payload", "external_id", "reply_to_id",
    "status", "media_due_at", "created_at", "sent_at",
)  # fmt: skip
_OF_CHAT = (
    "id", "contact_id", "last_customer_at", "session_expires_at", "unread", "asked_at", "snoozed_until", "preview",
    "preview_kind", "preview_author", "preview_agent_id", "preview_at", "last_message_at", "bot_id", "bot_memory",
    "bot_path", "bot_due_at", "bot_summary", "attributes",
)  # fmt: skip


_OF_WAY = ("change_id", "bot_id", "node", "how", "at")


class StoredMeanwhile(Exception):
    """Somebody else's transaction has stored one of these since it was read what stands."""


class BodyKept(Exception):
    """One of the bodies stands in the ledger already."""


def write_rows(
    origin_pk: int,
    messages: Sequence[Message],
    chats: Sequence[Chat],
    raws: Sequence[bytes] = (),
    ways: Sequence[MenuStep] = (),
) -> None:
    """Write new messages, what chats are in memory, bodies (`raws`) into the ledger, and the way through a menu; the
    caller holds the chats, and has written the steps at which their bots got them.

    Raises StoredMeanwhile and BodyKept.
    """
    for way in ways:
        way.change_id = way.change.pk
    rows = fetch_rows(_WRITE, {
        "origin": origin_pk, "now": timezone.now(), "raws": list(raws),
        "digests": [hashlib.sha256(raw).digest() for raw in raws],
        "messages": _as_json(messages, _OF_MESSAGE), "chats": _as_json(chats, _OF_CHAT),
        "ways": _as_json(ways, _OF_WAY),
    })  # fmt: skip
    ids = {uuid: pk for pk, uuid in rows if pk}
    if len(rows) - len(ids) < len(raws):
        raise BodyKept
    if len(ids) < len(messages):
        raise StoredMeanwhile
    for message in messages:
        message.pk = ids[str(message.uuid)]
        message._state.adding = False


def _as_json(rows: Sequence[Any], names: Sequence[str]) -> str:
    return json.dumps([{name: getattr(row, name) for name in names} for row in rows], default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
