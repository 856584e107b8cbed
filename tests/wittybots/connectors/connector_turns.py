"""Turns of an external bot, and opening its connector."""

from datetime import UTC, datetime

from wittybots.models import Endpoint
from wittybots.turns import Turn

SECRET = "whsec_c2VjcmV0bw=="
AT = datetime(2026, 11, 22, 13, tzinfo=UTC)
CONVERSATION = {
    "id": 12, "status": "pending", "control_version": 40, "attributes": {"pedido": "77"}, "tags": ["vip"],
    "window": {"open": True, "closes_at": "2026-11-23T13:00:00+00:00"},
}  # fmt: skip
CONTACT = {
    "id": 5, "name": "Marta",
    "identifiers": [{"kind": "wa_id", "value": "5491155550101"}, {"kind": "http", "value": "cust-17"}],
}  # fmt: skip


def message(text="Hola", **more):
    return {
        "id": "0b5e", "sequence": 90, "direction": "in", "author": "customer", "type": "text", "content": text,
        "payload": {}, "attachments": [], "reply_to": None, "source_id": "m-1", "status": None,
        "sent_at": "2026-11-22T13:00:00+00:00", **more,
    }  # fmt: skip


PICTURE = {
    "id": "f1", "url": "https://nuestra.example/f1", "mime_type": "image/png", "filename": "a.png", "size": 9,
    "width": 1, "height": 1,
}  # fmt: skip


def turn(text="Hola", event="message_created", payload="", uuid="e-1", memory=None, said=None, **more):
    said = message(text) if said is None and event.startswith("message") else said
    body = {
        "id": uuid, "event": event, "created_at": AT.isoformat(), "attempt": 1, "conversation": CONVERSATION,
        "contact": CONTACT, "message": said,
    }  # fmt: skip
    given = {"attempt": 1, "chat_id": 12, "change_id": 40, "name": "Marta", **more}
    return Turn(
        uuid=uuid, event=event, at=AT, text=text, payload=payload, memory=memory or {}, **{"body": body, **given}
    )


def to(server, **fields):
    return Endpoint(**{"url": server.url, "secret": SECRET, "name": "Bot", "bot_id": 1, **fields})


def texts(reply):
    return [one.text for one in reply.said]
