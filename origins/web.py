"""The web chat's origin: visitors' tokens, and the messages that their browsers send."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _

from common.errors import OriginError
from common.parsing import read_json, read_text, read_time
from origins.facts import Incoming, Item

if TYPE_CHECKING:
    from origins.models import Origin


SALT = "witty.visitor"
# a token that is used is renewed after this part of its days
RENEWED_AFTER = 4
MAX_TEXT_CHARS = 4_096
MAX_ID_CHARS = 100
# above the limit of a request body, so it never cuts
MAX_RAW_CHARS = 1_000_000


def _token_salt(origin: "Origin") -> str:
    """Bound to the origin: a token is none of another's, though both had the same secret."""
    return f"{SALT}.{origin.pk}"


def new_token(origin: "Origin") -> str:
    """A new visitor's identity, signed with the origin's secret: a new secret revokes all of them."""
    return _sign_visitor(origin, uuid.uuid4().hex)


def _sign_visitor(origin: "Origin", visitor: str) -> str:
    return signing.dumps(visitor, key=origin.secret, salt=_token_salt(origin))


def renew_token(origin: "Origin", token: str) -> str | None:
    """Another one for the same visitor, where a part of its days is over; a visitor who comes back stays the same."""
    days = settings.VISITOR_TOKEN_DAYS
    try:
        _load(origin, token, timedelta(days=days) / RENEWED_AFTER)
    except signing.SignatureExpired:
        return _sign_visitor(origin, read_visitor(origin, token))
    return None


def _load(origin: "Origin", token: str, max_age: timedelta) -> Any:
    return signing.loads(
        token[:200], key=origin.secret, salt=_token_salt(origin), fallback_keys=[], max_age=max_age
    )  # fmt: skip


def read_visitor(origin: "Origin", token: str) -> str:
    """The visitor that a token names. Raises OriginError when it is not one of ours, or was not used for too long."""
    try:
        value = _load(origin, token, timedelta(days=settings.VISITOR_TOKEN_DAYS))
    except (signing.BadSignature, ValueError) as error:  # ValueError: half a character cannot be encoded
        raise OriginError("not a visitor of this chat") from error
    return str(value)


def pack_message(visitor: str, message: dict[str, Any], at: datetime) -> bytes:
    """What the ledger keeps: the message as it came, under the visitor that its token named."""
    try:
        return json.dumps({"visitor": visitor, "at": at.isoformat(), "message": message}).encode()
    except RecursionError as error:  # two levels deeper than what was just read
        raise OriginError(_("No se entendió el mensaje")) from error


def parse(raw: bytes) -> Iterator[Item]:
    """The fact in a packed message. Raises OriginError in words that the customer reads."""
    yield Item("messages", 0, _read_message(raw))


def _read_message(raw: bytes) -> Incoming:
    body = read_json(raw)
    message, visitor = body["message"], body["visitor"]
    ref, text, files = (
        _read_id(message.get("id")),
        _read_message_text(message.get("text")),
        _read_files(message.get("files")),
    )
    if not text and not files:
        raise OriginError(_("El mensaje está vacío"))
    payload: dict[str, Any] = {"shown_address": f"visitante {visitor[:4]}"}
    kind = "text"
    if message.get("payload") is not None:
        kind, payload["payload"] = "choice", read_text(message["payload"], 200)
    return Incoming(
        # each browser makes its own ids, so one is unique within its visitor only
        external_id=f"{visitor[:12]}:{ref}", sender=visitor, kind=kind, text=text, at=read_time(body["at"]),
        payload=payload, files=files, address_kind="visitor",
    )  # fmt: skip


def _read_id(value: Any) -> str:
    ref = read_text(value, MAX_RAW_CHARS).strip()
    # refused, not cut to size: two long ids could become the same one
    if not ref or len(ref) > MAX_ID_CHARS:
        raise OriginError(_("Al mensaje le falta un id de hasta %(most)s caracteres") % {"most": MAX_ID_CHARS})
    return ref


def _read_message_text(value: Any) -> str:
    text = read_text(value, MAX_RAW_CHARS).strip()
    if len(text) > MAX_TEXT_CHARS:
        raise OriginError(_("El mensaje pasa de %(most)s caracteres. Mandalo por partes") % {"most": MAX_TEXT_CHARS})
    return text


def _read_files(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > 1:
        raise OriginError(_("Un archivo por mensaje"))
    try:
        return tuple(str(uuid.UUID(file)) for file in value)
    except (ValueError, TypeError, AttributeError) as error:
        raise OriginError(_("El archivo no existe o ya se envió")) from error
