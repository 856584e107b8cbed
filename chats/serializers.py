"""Conversations, contacts and messages as bots and integrations get them: one form for the API and for webhooks."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chats.attachments import links
from chats.models import Attachment, Chat, Message
from chats.window import free_text_allowed
from contacts.models import Contact, State, StateChange
from trays.models import Tray

PENDING, OPEN, CLOSED, EXPIRED = "pending", "open", "closed", "expired"
# what payloads keep for ourselves
OURS = ("media", "template", "before", "undone", "target")


def status(at: Chat | StateChange) -> str:
    """pending (with the bot) | open (in a tray or with an agent) | closed | expired."""
    if at.state == State.BOT:
        return PENDING
    if at.state == State.EXPIRADO:
        return EXPIRED
    return CLOSED if at.tray is not None and at.tray.kind == Tray.Kind.CLOSED else OPEN


def place(chat: Chat) -> dict[str, Any]:
    """All that a bot may know of a chat that is not its own any more: {id, status, control_version}."""
    return {"id": chat.pk, "status": status(chat), "control_version": chat.change_id or 0}


def conversation(chat: Chat, now: datetime) -> dict[str, Any]:
    """{id, status, control_version, attributes, tags, window: {open, closes_at}}."""
    is_open = free_text_allowed(chat, now, by_person=False)
    return place(chat) | {
        "attributes": chat.attributes,
        "tags": list(chat.tags),
        "window": {"open": is_open, "closes_at": chat.session_expires_at.isoformat()},
    }


def contact(person: Contact) -> dict[str, Any]:
    """{id, name, identifiers: [{kind, value}]}: by what its origin knows it. One query."""
    known = person.addresses.filter(revoked_at=None).order_by("id").values_list("kind", "value")
    return {
        "id": person.pk,
        "name": person.name,
        "identifiers": [{"kind": kind, "value": value} for kind, value in known[:20]],
    }


def message(said: Message) -> dict[str, Any]:
    """{id, sequence, direction, type, content, payload, attachments, reply_to, source_id, sent_at, author, status}.

    `sequence` grows with what is stored, in any chat; `author` says customer, bot or agent and no name.
    """
    return {
        "id": str(said.uuid),
        "sequence": said.pk,
        "direction": said.direction,
        "author": said.author,
        "type": said.kind,
        "content": "" if said.withdrawn_at else said.text,
        "payload": {key: value for key, value in said.payload.items() if key not in OURS},
        "attachments": [] if said.withdrawn_at else attachments(said.files),
        "reply_to": str(said.reply_to.uuid) if said.reply_to else None,
        "source_id": said.external_id,
        "status": said.status or None,
        "sent_at": (said.sent_at or said.created_at).isoformat(),
    }


def attachments(files: Iterable[Attachment]) -> list[dict[str, Any]]:
    """[{id, url, mime_type, filename, size, width, height}]; the address is signed and good for a day."""
    return [
        {
            "id": str(file.uuid),
            "url": links.file_url(file),
            "mime_type": file.mime,
            "filename": file.name,
            "size": file.size,
            "width": file.width,
            "height": file.height,
        }
        for file in files
    ]
