"""The web chat's origin: who a visitor is, and what his browser sends."""

import json
import uuid
from datetime import datetime
from typing import Any

from django.core import signing

from origins.facts import Incoming, OriginError
from origins.models import Origin
from origins.reading import read_json, read_text, read_time

SALT = "witty.visitor"
LONGEST = 4_096


def new_token(origin: Origin) -> str:
    """A new visitor's identity, signed with the origin's secret: a new secret revokes all of them."""
    return signing.dumps(uuid.uuid4().hex, key=origin.secret, salt=SALT)


def visitor_of(origin: Origin, token: str) -> str:
    """The visitor that a token names. Raises OriginError when it is not one of ours."""
    try:
        value = signing.loads(token[:200], key=origin.secret, salt=SALT)
    except signing.BadSignature as error:
        raise OriginError("not a visitor of this chat") from error
    return str(value)


def pack(visitor: str, message: dict[str, Any], at: datetime) -> bytes:
    """What the ledger keeps: the message as it came, under the visitor that its token named."""
    return json.dumps({"visitor": visitor, "at": at.isoformat(), "message": message}).encode()


def parse(raw: bytes) -> Incoming:
    """The fact in a packed message. Raises OriginError in words."""
    body = read_json(raw)
    message, visitor = body["message"], body["visitor"]
    ref = read_text(message.get("id"), 100).strip()
    if not ref:
        raise OriginError("id: missing")
    text = message.get("text")
    if isinstance(text, str) and len(text) > LONGEST:
        raise OriginError(f"text: at most {LONGEST} characters")
    text = read_text(text, LONGEST).strip()
    payload: dict[str, Any] = {"shown_address": f"visitante {visitor[:4]}"}
    kind = "text"
    if message.get("payload") is not None:
        kind, payload["payload"] = "choice", read_text(message["payload"], 200)
    files = message.get("files") or []
    if not isinstance(files, list) or len(files) > 1:
        raise OriginError("files: one a message")
    try:
        files = tuple(str(uuid.UUID(str(file))) for file in files)
    except ValueError as error:
        raise OriginError("files: not an id") from error
    if not text and not files:
        raise OriginError("text: missing")
    return Incoming(
        # an id is unique within its visitor, as each browser makes its own
        external_id=f"{visitor[:12]}:{ref}", sender=visitor, kind=kind, text=text, at=read_time(body["at"]),
        payload=payload, files=files, address_kind="visitor",
    )  # fmt: skip
