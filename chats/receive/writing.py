"""The bulk writer: what was planned for one message or for a hundred, in few statements."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils import timezone

from chats import bot_events, jobs, publish, steps
from chats.messages import parked
from chats.models import Attachment, Chat, Message
from chats.receive.plan import Outline, Told
from chats.steps import Planned
from common.prepared import fetch_rows
from origins.models import Origin

# rows as JSON: one type for the statement, whatever is in them
_WRITE = """
WITH body AS (
    INSERT INTO origins_body (origin_id, raw, digest, received_at, state, reason)
    SELECT %(origin)s, raw, digest, %(now)s, 'processed', ''
    FROM unnest(%(raws)s::bytea[], %(digests)s::bytea[]) AS b(raw, digest)
    ON CONFLICT (origin_id, digest) DO NOTHING RETURNING id
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
        preview = n.preview, preview_kind = n.preview_kind, last_message_at = n.last_message_at,
        bot_id = n.bot_id, bot_memory = n.bot_memory, bot_path = n.bot_path, bot_due_at = n.bot_due_at,
        bot_summary = n.bot_summary, attributes = n.attributes
    FROM jsonb_to_recordset(%(chats)s::jsonb) AS n(
        id bigint, last_customer_at timestamptz, session_expires_at timestamptz, unread int, preview text,
        preview_kind text, last_message_at timestamptz, bot_id bigint, bot_memory jsonb, bot_path varchar[],
        bot_due_at timestamptz, bot_summary text, attributes jsonb)
    WHERE c.id = n.id
), person AS (
    UPDATE contacts_contact p SET active_at = GREATEST(p.active_at, n.last_message_at)
    FROM jsonb_to_recordset(%(chats)s::jsonb) AS n(contact_id bigint, last_message_at timestamptz)
    WHERE p.id = n.contact_id
)
SELECT id, uuid::text FROM said UNION ALL SELECT 0, id::text FROM body
"""
_OF_MESSAGE = (
    "uuid", "chat_id", "bot_id", "direction", "author", "kind", "text", "payload", "external_id", "reply_to_id",
    "status", "media_due_at", "created_at", "sent_at",
)  # fmt: skip
_OF_CHAT = (
    "id", "contact_id", "last_customer_at", "session_expires_at", "unread", "preview", "preview_kind",
    "last_message_at", "bot_id", "bot_memory", "bot_path", "bot_due_at", "bot_summary", "attributes",
)  # fmt: skip


class StoredMeanwhile(Exception):
    """Somebody else's transaction has stored one of these since it was read what stands."""


class BodyKept(Exception):
    """One of the bodies stands in the ledger already."""


class Writer:
    """Writes an outline, within the transaction that locked its chats. `raws`: bodies, for the ledger."""

    def __init__(self, origin: Origin, outline: Outline, raws: Sequence[bytes] = ()) -> None:
        self.origin, self.outline, self.raws = origin, outline, raws

    def write(self) -> None:
        """All that is left of the outline. Raises StoredMeanwhile and BodyKept."""
        items, self.outline.items = self.outline.items, []
        chats: list[Chat] = [one.chat for one in self.outline.heard.values()]
        while items or chats or self.raws:
            # of each chat in its order: what stands before its next step, the step, what is told after it
            messages, items = _next_of(Message, items)
            self._write_rows(messages, chats)
            self.raws, chats = (), []
            planned, items = _next_of(Planned, items)
            for _same, group in groupby(sorted(planned, key=_cause_of), key=_cause_of):
                steps.write(list(group))
            told, items = _next_of(Told, items)
            bot_events.record_customer_messages([one.message for one in told])

    def write_early(self, message: Message) -> None:
        """Write what there is, and apply what was told of this message before it came."""
        self.write()
        chat = message.chat
        if parked.apply_parked(message):
            # which forgets its chat
            message.refresh_from_db()
            message.chat = chat
            chat.refresh_from_db(fields=("preview", "preview_kind"))

    def _write_rows(self, messages: Sequence[Message], chats: Sequence[Chat]) -> None:
        rows = fetch_rows(_WRITE, {
            "origin": self.origin.pk, "now": timezone.now(), "raws": list(self.raws),
            "digests": [hashlib.sha256(raw).digest() for raw in self.raws],
            "messages": _as_json(messages, _OF_MESSAGE), "chats": _as_json(chats, _OF_CHAT),
        })  # fmt: skip
        ids = {uuid: pk for pk, uuid in rows if pk}
        if len(rows) - len(ids) < len(self.raws):
            raise BodyKept
        if len(ids) < len(messages):
            raise StoredMeanwhile
        for message in messages:
            message.pk = ids[str(message.uuid)]
            message._state.adding = False

    def attach(self) -> None:
        """What hangs on messages, which all have their ids by now."""
        for message, files in self.outline.files:
            free = Attachment.objects.filter(pk__in=[one.pk for one in files], message=None)
            if free.update(message=message, chat=message.chat) != len(files):
                raise StoredMeanwhile
        for message, ref in self.outline.quoting:
            said = self.outline.heard[message.chat_id].messages
            message.reply_to = next((one for one in said if one.external_id == ref), None)
            if message.reply_to is not None:  # further down in the same body
                message.save(update_fields=("reply_to",))
            else:
                parked.park_quote(message, ref)

    def tell(self) -> None:
        """Workers, for whom somebody waits outside, and screens; after the commit."""
        heard = self.outline.heard.values()
        said = [message for one in heard for message in one.messages]
        for message in said:
            if message.media_due_at is not None:
                jobs.fetch_media(message.pk)
        for ref in self.outline.acknowledged:
            jobs.acknowledge(self.origin.pk, ref)
        publish.messages_heard(heard)


def _next_of(kind: type, items: list[Any]) -> tuple[list[Any], list[Any]]:
    """Those of this kind before which nothing of another kind stands for their chat, of steps the first; the rest."""
    taken, rest, waiting = [], [], set()
    for item in items:
        chat = _chat_of(item)
        if isinstance(item, kind) and chat not in waiting:
            taken.append(item)
            if kind is not Planned:
                continue
        else:
            rest.append(item)
        waiting.add(chat)
    return taken, rest


def _chat_of(item: Message | Planned | Told) -> int:
    if isinstance(item, Planned):
        return item.step.chat.pk
    return (item.message if isinstance(item, Told) else item).chat_id


def _cause_of(planned: Planned) -> tuple[str, str, datetime]:
    return planned.change.cause, planned.change.note, planned.change.at


def _as_json(rows: Sequence[Any], names: Sequence[str]) -> str:
    return json.dumps([{name: getattr(row, name) for name in names} for row in rows], default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
