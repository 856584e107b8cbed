"""The limit of sending: threads that claim a row, post it over a line kept alive, and note the id that came back."""

import http.client
import json
import os
import threading
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.stage import read_orders, send_answer

# as many as the outbox has senders
THREADS = 16
CLAIM = """
UPDATE chats_message SET status = 'sending' WHERE id = (
    SELECT id FROM chats_message WHERE status = 'unconfirmed' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id, uuid::text, text, chat_id
"""
WHOM = """
SELECT o.line_id, a.value FROM chats_chat c JOIN origins_origin o ON o.id = c.origin_id
JOIN contacts_address a ON a.contact_id = c.contact_id AND a.kind = 'phone' WHERE c.id = %s
"""
DONE = "UPDATE chats_message SET status = 'sent', external_id = %s, sent_at = now() WHERE id = %s"


HERE = json.loads(os.environ.get("BENCH_OUTBOX", "{}"))  # database, sandbox, tokens by line


def send_all() -> None:
    where = urlsplit(HERE["sandbox"])
    client = http.client.HTTPConnection(where.hostname, where.port)
    with psycopg.connect(HERE["database"], autocommit=True, prepare_threshold=1) as connection:
        while row := connection.execute(CLAIM).fetchone():
            pk, uuid, text, chat = row
            line, phone = connection.execute(WHOM, [chat]).fetchone()
            said = {"messaging_product": "whatsapp", "to": f"+{phone}", "type": "text", "text": {"body": text},
                    "biz_opaque_callback_data": uuid}  # fmt: skip
            headers = {"Authorization": f"Bearer {HERE['tokens'][line]}", "Content-Type": "application/json"}
            client.request("POST", f"/v25.0/{line}/messages", json.dumps(said), headers)
            taken: dict[str, Any] = json.loads(client.getresponse().read())
            connection.execute(DONE, [taken["messages"][0]["id"], pk])
    client.close()


if __name__ == "__main__":
    for _order in read_orders():
        threads = [threading.Thread(target=send_all) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        send_answer(sent=True)
