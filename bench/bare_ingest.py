"""The limit of taking a message in: a plain ASGI endpoint that checks the signature, writes all rows in one statement
through psycopg in a few threads, and publishes. No Django, no ORM, nothing looked up, nothing made sense of.
The bodies of an origin with mode `keep` are only kept as they came; of one with mode `bulk`, all messages of a body are
written by one statement.
"""

import asyncio
import hashlib
import hmac
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import redis

# database, redis, origins by path: id, secret, reply, choices, mode
HERE = json.loads(os.environ["BENCH_BARE"])
CONNECTIONS = 8

STORE = """
WITH body AS (
    INSERT INTO origins_body (origin_id, raw, digest, received_at, state, reason)
    VALUES (%(origin)s, %(raw)s, %(digest)s, %(now)s, 'processed', '')
    ON CONFLICT DO NOTHING RETURNING id
), whose AS (
    SELECT chat.id, chat.contact_id FROM contacts_address JOIN chats_chat chat USING (contact_id)
    WHERE contacts_address.origin_id = %(origin)s AND kind = 'http' AND value = %(sender)s AND EXISTS (SELECT FROM body)
), said AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, direction, author, kind, text, payload, external_id,
                               reaction, status, reason, attempts, created_at, sent_at)
    SELECT gen_random_uuid(), id, %(origin)s, 'in', 'customer', 'text', %(text)s, '{}', %(ref)s,
           '', '', '', 0, %(now)s, %(now)s FROM whose
    ON CONFLICT (origin_id, external_id) DO NOTHING RETURNING chat_id
), ANSWERED person AS (
    UPDATE contacts_contact SET active_at = greatest(active_at, %(now)s)
    FROM whose WHERE contacts_contact.id = whose.contact_id
)
UPDATE chats_chat SET unread = unread + 1, preview = left(%(look)s, 140), preview_kind = 'text',
                      last_message_at = %(now)s, last_customer_at = %(now)s, session_expires_at = %(expires)s MEMORY
FROM said WHERE chats_chat.id = said.chat_id RETURNING chats_chat.id, change_id, tray_id
"""
ANSWERED = """answered AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, direction, author, kind, text, payload,
                               reaction, status, reason, attempts, created_at, sent_at)
    SELECT gen_random_uuid(), chat_id, %(origin)s, 'out', 'bot', 'text', %(reply)s, %(choices)s,
           '', 'sent', '', 0, %(now)s, %(now)s FROM said
),"""
MEMORY = """, bot_memory = '{"greeted": true, "misfits": 0}', bot_path = (bot_path || 'Horario'::varchar)[1:12]"""
SQL = {
    False: STORE.replace("ANSWERED", "").replace("MEMORY", ""),
    True: STORE.replace("ANSWERED", ANSWERED).replace("MEMORY", MEMORY),
}
KEEP = """
INSERT INTO origins_body (origin_id, raw, digest, received_at, state, reason)
VALUES (%(origin)s, %(raw)s, %(digest)s, %(now)s, 'received', '') ON CONFLICT DO NOTHING
"""
BULK = """
WITH body AS (
    INSERT INTO origins_body (origin_id, raw, digest, received_at, state, reason)
    VALUES (%(origin)s, %(raw)s, %(digest)s, %(now)s, 'processed', '')
    ON CONFLICT DO NOTHING RETURNING id
), facts AS (
    SELECT * FROM unnest(%(senders)s::text[], %(texts)s::text[], %(refs)s::text[]) AS facts (sender, text, ref)
), whose AS (
    SELECT chat.id, chat.contact_id, facts.text, facts.ref
    FROM facts JOIN contacts_address ON origin_id = %(origin)s AND kind = 'phone' AND value = facts.sender
    JOIN chats_chat chat USING (contact_id) WHERE EXISTS (SELECT FROM body)
), said AS (
    INSERT INTO chats_message (uuid, chat_id, origin_id, direction, author, kind, text, payload, external_id,
                               reaction, status, reason, attempts, created_at, sent_at)
    SELECT gen_random_uuid(), id, %(origin)s, 'in', 'customer', 'text', text, '{}', ref,
           '', '', '', 0, %(now)s, %(now)s FROM whose
    ON CONFLICT (origin_id, external_id) DO NOTHING RETURNING chat_id, text
), heard AS (
    SELECT chat_id, count(*) AS number, left(max(text), 140) AS look FROM said GROUP BY chat_id
), person AS (
    UPDATE contacts_contact SET active_at = greatest(active_at, %(now)s)
    FROM whose WHERE contacts_contact.id = whose.contact_id
)
UPDATE chats_chat SET unread = unread + number, preview = look, preview_kind = 'text',
                      last_message_at = %(now)s, last_customer_at = %(now)s, session_expires_at = %(expires)s
FROM heard WHERE chats_chat.id = heard.chat_id RETURNING chats_chat.id, change_id, tray_id, number, look
"""
ROW = '<hx-partial hx-target="#chat-%s" hx-swap="outerMorph"><li>%s</li></hx-partial>'
BUBBLE = '<hx-upsert hx-target="#log-%s" key="data-key"><li>%s</li></hx-upsert>'


local = threading.local()
# quicker than async connections in the loop (a half more a second), and than one connection without threads
threads = ThreadPoolExecutor(CONNECTIONS)
events = redis.Redis.from_url(HERE["redis"])


def store_body(origin: dict[str, Any], raw: bytes) -> int:
    """What a body says, in a thread that keeps its connection. Returns how many messages were stored."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(HERE["database"], autocommit=True, prepare_threshold=1)
    now = datetime.now(UTC)
    facts = {"origin": origin["id"], "raw": raw, "digest": hashlib.sha256(raw).digest(), "now": now,
             "expires": now + timedelta(hours=24)}  # fmt: skip
    if origin.get("mode") == "keep":
        local.connection.execute(KEEP, facts)
        return 1
    if origin.get("mode") == "bulk":
        return store_messages(facts, json.loads(raw)["entry"][0]["changes"][0]["value"]["messages"])
    store_message(origin, facts, json.loads(raw)["messages"][0])
    return 1


def store_messages(facts: dict[str, Any], messages: list[dict[str, Any]]) -> int:
    facts["senders"] = [one["from"] for one in messages]
    facts["texts"] = [one["text"]["body"] for one in messages]
    facts["refs"] = [one["id"] for one in messages]
    stored = local.connection.execute(BULK, facts).fetchall()
    with events.pipeline(transaction=False) as pipe:
        for chat, change, tray, _number, look in stored:
            pipe.publish(f"bare:tray.{tray}", '{"g":"tray"}\n' + ROW % (chat, look))
            pipe.publish(f"bare:chat.{chat}.{change}", '{"g":"chat"}\n' + BUBBLE % (chat, look))
        pipe.execute()
    return sum(row[3] for row in stored)


def store_message(origin: dict[str, Any], facts: dict[str, Any], message: dict[str, Any]) -> None:
    facts |= {
        "text": message["text"], "sender": message["from"], "ref": message["id"],
        "look": origin["reply"] or message["text"], "reply": origin["reply"], "choices": origin["choices"],
    }  # fmt: skip
    chat, change, tray = local.connection.execute(SQL[bool(origin["reply"])], facts).fetchone()
    if tray:
        events.publish(f"bare:tray.{tray}", '{"g":"tray"}\n' + ROW % (chat, message["text"]))
    events.publish(f"bare:chat.{chat}.{change}", '{"g":"chat"}\n' + BUBBLE % (chat, message["text"]))
    if origin["reply"]:
        events.publish(f"bare:chat.{chat}.{change}", '{"g":"chat"}\n' + BUBBLE % (chat, origin["reply"]))


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    raw, more = b"", True
    while more:
        event = await receive()
        raw += event.get("body", b"")
        more = event.get("more_body", False)
    origin = HERE["origins"][scope["path"]]
    headers = dict(scope["headers"])
    signature = headers.get(b"x-hub-signature-256" if origin.get("mode") else b"x-witty-signature", b"")
    right = "sha256=" + hmac.new(origin["secret"].encode(), raw, hashlib.sha256).hexdigest()
    status, body = 401, b"{}"
    if hmac.compare_digest(right.encode(), signature):
        stored = await asyncio.get_running_loop().run_in_executor(threads, store_body, origin, raw)
        status, body = 200, b'{"accepted": %d, "duplicates": 0, "rejected": []}' % stored
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
