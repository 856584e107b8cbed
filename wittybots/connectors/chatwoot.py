"""A bot made for Chatwoot (docs/bots/chatwoot.md): told in its words; it answers by api/chatwoot/operations.py."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.parsing import read_time
from wittybots import signing
from wittybots.connectors import http_call
from wittybots.models import Endpoint
from wittybots.turns import Reply, Turn

# what we tell: what Chatwoot calls it
NAMES = {
    "message_created": "message_created",
    "message_updated": "message_updated",
    "conversation_opened": "conversation_opened",
    "conversation_closed": "conversation_resolved",
    "conversation_expired": "conversation_resolved",
    "ping": "ping",
}
EVENTS = frozenset(NAMES)
STATUSES = {"pending": "pending", "open": "open", "closed": "resolved", "expired": "resolved"}
ACCOUNT = {"id": 1, "name": "WittyAgent"}
INBOX = {"id": 1, "name": "WittyAgent"}
BOT = {"id": 1, "name": "WittyBots", "type": "agent_bot"}
FILES = ("image", "audio", "video")


def call(endpoint: Endpoint, turn: Turn) -> Reply:
    """Post the event. What it answers here means nothing, as with Chatwoot. Raises OriginError."""
    raw = http_call.as_json(event_body(turn))
    at = int(time.time())
    signed = signing.sign_headers((endpoint.secret, endpoint.previous_secret), turn.uuid, at, raw)
    headers = signed | {"X-Chatwoot-Delivery": turn.uuid, "X-Chatwoot-Timestamp": str(at)}
    if endpoint.secret:
        digest = hmac.new(endpoint.secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        headers["X-Chatwoot-Signature"] = f"sha256={digest}"
    response = http_call.check_status(
        http_call.ask_bot("POST", endpoint.url, http_call.Clock(), raw=raw, headers=headers)
    )
    return Reply(status_code=response.status_code)


def event_body(turn: Turn) -> dict[str, Any]:
    """The event as Chatwoot's agent bots get it: a message with all around it, or a conversation."""
    about = {"event": NAMES[turn.event]}
    held = turn.body.get("conversation")
    if not isinstance(held, Mapping):
        return about | {"account": ACCOUNT}
    message, contact = turn.body.get("message"), turn.body.get("contact")
    talk = render_conversation(held, contact, turn.at)
    if not isinstance(message, Mapping):
        return about | talk | {"account": ACCOUNT}
    files = [_render_file(file, message) for file in message.get("attachments") or []]
    said = {
        "id": message["sequence"],
        "content": message["content"],
        "content_type": "text",
        "content_attributes": _attributes_of(turn, message),
        "message_type": "incoming" if message["direction"] == "in" else "outgoing",
        "private": message["direction"] == "note",
        "status": message.get("status") or "sent",
        "source_id": message["source_id"],
        "created_at": message["sent_at"],
        "additional_attributes": {},
        "sender": render_contact(contact) if message["direction"] == "in" else BOT,
        "account": ACCOUNT,
        "inbox": INBOX,
        "conversation": talk,
    }
    return about | said | ({"attachments": files} if files else {})


def render_conversation(held: Mapping[str, Any], contact: Any, at: datetime) -> dict[str, Any]:
    """A conversation in Chatwoot's shape, of the API's `conversation` and `contact`."""
    window = held.get("window") or {}
    seconds = int(at.timestamp())
    return {
        "id": held["id"],
        "status": STATUSES[held["status"]],
        "inbox_id": INBOX["id"],
        "channel": "Channel::Api",
        "can_reply": bool(window.get("open", held["status"] == "pending")),
        "custom_attributes": held.get("attributes") or {},
        "labels": held.get("tags") or [],
        "additional_attributes": {"control_version": held["control_version"]},
        "contact_inbox": {
            "contact_id": _number_of(contact),
            "inbox_id": INBOX["id"],
            "source_id": _source_id_of(contact),
        },
        "meta": {"sender": render_contact(contact), "assignee": None, "team": None},
        "messages": [],
        "unread_count": 0,
        "timestamp": seconds,
        "last_activity_at": seconds,
    }


def render_contact(contact: Any) -> dict[str, Any]:
    """A contact in Chatwoot's shape."""
    known = {one["kind"]: one["value"] for one in reversed(_identifiers_of(contact))}
    phone = known.get("phone") or known.get("wa_id") or ""
    digits = phone.removeprefix("+")
    return {
        "id": _number_of(contact),
        "name": contact.get("name", "") if isinstance(contact, Mapping) else "",
        "identifier": _source_id_of(contact) or None,
        "email": known.get("email"),
        "phone_number": f"+{digits}" if digits.isascii() and digits.isdecimal() else None,
        "thumbnail": "",
        "avatar": "",
        "custom_attributes": {},
        "additional_attributes": {},
        "type": "contact",
        "account": ACCOUNT,
    }


def _identifiers_of(contact: Any) -> list[Mapping[str, str]]:
    return list(contact.get("identifiers") or []) if isinstance(contact, Mapping) else []


def _number_of(contact: Any) -> int | None:
    return contact.get("id") if isinstance(contact, Mapping) else None


def _source_id_of(contact: Any) -> str:
    known = _identifiers_of(contact)
    return known[0]["value"] if known else ""


def _attributes_of(turn: Turn, message: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if turn.payload:
        made["submitted_values"] = [{"title": message["content"], "value": turn.payload}]
    if message.get("reply_to"):
        made["in_reply_to_external_id"] = message["reply_to"]
    return made


def _render_file(file: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(file.get("mime_type") or "").split("/")[0]
    return {
        "id": file["id"],
        "message_id": message["sequence"],
        "file_type": kind if kind in FILES else "file",
        "account_id": ACCOUNT["id"],
        "extension": None,
        "data_url": file["url"],
        "thumb_url": file["url"] if kind == "image" else "",
        "file_size": file.get("size"),
        "width": file.get("width"),
        "height": file.get("height"),
    }


def write_seconds(value: Any) -> int:
    """A time of ours as Chatwoot writes it in answers."""
    found = read_time(value)
    return int(found.timestamp()) if found else 0
