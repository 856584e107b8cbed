"""WhatsApp, by the Cloud API of Meta (docs/origins/whatsapp.md)."""

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from common.errors import OriginError
from common.parsing import read_if_text
from origins import graph
from origins.facts import Known
from origins.graph import answer_challenge, verify
from origins.whatsapp.account import check_connection, read_templates
from origins.whatsapp.identifiers import known_ids
from origins.whatsapp.inbound import parse
from origins.whatsapp.outbound import send

if TYPE_CHECKING:
    from origins.models import Origin

__all__ = [
    "acknowledge",
    "answer_challenge",
    "check_connection",
    "fetch_media",
    "ids_of_phone",
    "parse",
    "read_templates",
    "send",
    "show_typing",
    "verify",
]

_MEDIA_ID = re.compile(r"[A-Za-z0-9_.=-]{1,200}")


def ids_of_phone(digits: str) -> tuple[Known, ...]:
    return known_ids((digits,))


def fetch_media(origin: "Origin", media: dict[str, Any], most: int) -> bytes:
    """The bytes of a customer's file, by its id or link, as its digest says. Raises OriginError.

    A link lasts five minutes: where it is gone, a new one is asked for once.
    """
    media_id, link = str(media.get("id") or ""), str(media.get("url") or "")
    if media_id:
        link, digest = _ask_link(origin, media_id, most)
        try:
            data = graph.fetch_url(origin, link, most)
        except OriginError as error:
            if error.code != "404":
                raise
            link, digest = _ask_link(origin, media_id, most)
            data = graph.fetch_url(origin, link, most)
    elif link:
        digest, data = "", graph.fetch_url(origin, link, most)
    else:
        raise _make_gone("")
    for told in (read_if_text(media.get("sha256"), 100), digest):
        if told and not _is_digest(data, told):
            raise OriginError(_("El archivo llegó dañado: no es el que envió el cliente."), permanent=False)
    return data


def _make_gone(code: str) -> OriginError:
    return OriginError(graph.find_failure(131052)[1], code=code)


def _ask_link(origin: "Origin", media_id: str, most: int) -> tuple[str, str]:
    """The link to a file, and its digest."""
    if not _MEDIA_ID.fullmatch(media_id) or set(media_id) <= {"."}:
        raise _make_gone("")
    try:
        found = graph.call_graph(origin, "GET", media_id, params={"phone_number_id": origin.line_id})
    except OriginError as error:
        # of a file it only says that the file is gone, not that the line is
        if error.code in ("100", "404"):
            raise _make_gone(error.code) from error
        raise
    size = found.get("file_size")
    if isinstance(size, (int, float)) and size > most:
        raise OriginError(_("pesa más de %(most)s MB") % {"most": most // 1024 // 1024})
    link = str(found.get("url") or "")
    if not link:
        raise _make_gone("")
    return link, read_if_text(found.get("sha256"), 100)


def _is_digest(data: bytes, told: str) -> bool:
    """Whether it is theirs: bodies write it in base64, answers in hexadecimal. What is neither says nothing."""
    try:
        wanted = bytes.fromhex(told) if len(told) == 64 else base64.b64decode(told, validate=True)
    except ValueError:
        return True
    return len(wanted) != 32 or hashlib.sha256(data).digest() == wanted


def show_typing(origin: "Origin", to: tuple[Known, ...], last: str) -> None:
    """The dots of somebody who writes, under the last message, which this marks as read. Raises OriginError."""
    if last:
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": last}
        graph.call_graph(
            origin, "POST", f"{origin.line_id}/messages", json={**read, "typing_indicator": {"type": "text"}}
        )


def acknowledge(origin: "Origin", ref: str) -> None:
    """Nothing waits for that here."""
