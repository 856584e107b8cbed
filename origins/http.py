"""The plain HTTP origin: a signed JSON webhook in, a signed JSON webhook out (docs/origins/http.md)."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import httpx
from django.utils.translation import gettext as _

from common import guarded_http
from common.errors import OriginError
from common.parsing import read_if_text, read_json, read_text, read_time
from common.signature import is_signed, sign_bytes
from origins.facts import Broken, Fact, Finding, Incoming, Item, Outgoing, Reaction, Receipt, Sent
from origins.readable import gather, say

if TYPE_CHECKING:
    from origins.models import Origin

HEADER = "X-Witty-Signature"
TIMEOUT = httpx.Timeout(10, connect=5)
KINDS = {"text", "image", "audio", "video", "document", "sticker", "location", "contact", "choice"}
STATUSES = {"sent", "delivered", "read", "failed"}
# fields around what a message says
_AROUND = {"id", "from", "name", "timestamp", "type", "text", "reply_to", "media"}
PLACES = ("latitude", "longitude", "address", "place", "name", "phone", "contacts", "emoji")
MAX_TEXT_CHARS = 65_536
# of the answer of a callback
MAX_ANSWER_BYTES = 100_000


def verify(origin: "Origin", headers: Mapping[str, str], raw: bytes) -> bool:
    return any(
        is_signed(secret, raw, headers.get(HEADER.lower(), ""))
        for secret in (origin.secret, origin.previous_secret)
        if secret
    )


def parse(raw: bytes) -> Iterator[Item]:
    """Each item on its own. Raises OriginError when nothing can be read."""
    body = read_json(raw)
    if not isinstance(body, dict):
        raise OriginError("an object was expected")
    known = False
    for name, read in (("messages", _read_message), ("statuses", _read_status)):
        items = body.get(name)
        if items is None:
            continue
        known = True
        if not isinstance(items, list):
            yield Item(name, 0, Broken(0, f"{name}: a list was expected"))
            continue
        for index, item in enumerate(items):
            try:
                if not isinstance(item, dict):
                    raise OriginError("an object was expected")
                yield Item(name, index, read(item))
            except OriginError as error:
                yield Item(name, index, Broken(index, str(error)))
    if not known:
        raise OriginError("neither messages nor statuses")


def _read_needed(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if isinstance(value, str) and len(value) > 200:
        raise OriginError(f"{name}: at most 200 characters")
    text = read_text(value, 200).strip()
    if not text:
        raise OriginError(f"{name}: missing")
    return text


def _read_message(item: dict[str, Any]) -> Fact:
    sender, kind = _read_needed(item, "from"), read_text(item.get("type"), 40) or "text"
    if kind == "reaction":
        return Reaction(sender, _read_needed(item, "target"), read_text(item.get("emoji"), 40))
    payload: dict[str, Any] = {}
    text = read_text(item.get("text"), MAX_TEXT_CHARS)
    if kind not in KINDS:
        cards = gather(kind, {name: each for name, each in item.items() if name not in _AROUND})
        text, payload = say(text, cards)
        payload["type"], kind = kind, "unsupported"
    if kind == "choice":
        payload["payload"] = read_if_text(item.get("payload"), 200)
        text = text or read_if_text(item.get("title"), 200)
    for name in ("latitude", "longitude"):
        value = item.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 180:
            payload[name] = value
    for name in ("address", "place", "phone"):
        if item.get(name) is not None:
            payload[name] = read_if_text(item[name], 300)
    if kind == "contact" and isinstance(item.get("contact"), dict):
        payload["name"] = read_if_text(item["contact"].get("name"), 200)
        payload["phone"] = read_if_text(item["contact"].get("phone"), 60)
    media = item.get("media")
    if isinstance(media, dict):
        payload["media"] = {
            "url": read_if_text(media.get("url"), 2000),
            "mime_type": read_if_text(media.get("mime_type"), 100),
            "filename": read_if_text(media.get("filename"), 200),
        }
    return Incoming(
        external_id=_read_needed(item, "id"),
        sender=sender,
        kind=kind,
        text=text[:MAX_TEXT_CHARS],
        name=read_if_text(item.get("name"), 200),
        at=read_time(item.get("timestamp")),
        payload=payload,
        reply_to=read_if_text(item.get("reply_to"), 200),
    )


def _read_status(item: dict[str, Any]) -> Receipt:
    status = read_text(item.get("status"), 20)
    if status not in STATUSES:
        raise OriginError("status: one of sent, delivered, read, failed")
    return Receipt(_read_needed(item, "id"), status, read_text(item.get("reason"), 300))


def build_payload(out: Outgoing) -> dict[str, Any]:
    """A message as the origin's callback gets it (contract.md)."""
    body: dict[str, Any] = {
        "id": out.uuid, "to": out.to[0][1] if out.to else "", "type": out.kind, "text": out.text, "author": out.author,
    }  # fmt: skip
    if out.choices:
        body["choices"] = [dict(choice) for choice in out.choices]
    if out.template:
        body["template"] = {
            "name": out.template.name, "language": out.template.language, "variables": out.template.variables,
        }  # fmt: skip
    if out.reply_to:
        body["reply_to"] = out.reply_to
    if out.target:
        body["target"] = out.target
    body |= {name: out.payload[name] for name in PLACES if name in out.payload}
    if out.file:
        body["media"] = {
            "url": out.file.url, "mime_type": out.file.mime, "filename": out.file.name, "size": out.file.size,
        }  # fmt: skip
    return body


def send(origin: "Origin", out: Outgoing) -> Sent:
    """Post one message to the origin's callback. Raises OriginError."""
    raw = json.dumps(build_payload(out), ensure_ascii=False).encode()
    response = guarded_http.send_request(
        "POST", origin.callback_url, content=raw, timeout=TIMEOUT, most=MAX_ANSWER_BYTES,
        headers={"Content-Type": "application/json", HEADER: sign_bytes(origin.secret, raw)},
    )  # fmt: skip
    answer = guarded_http.read_object(response)
    if response.is_success:
        given = answer.get("id")
        return Sent("" if isinstance(given, bool) else read_if_text(given, 200))
    words = read_if_text(answer.get("reason"), 300) or f"HTTP {response.status_code}"
    permanent = response.status_code != 429 and response.status_code < 500
    raise OriginError(words, permanent=permanent, after=read_retry_after(response))


def read_retry_after(response: httpx.Response) -> float:
    """Retry-After in seconds, an hour at most; 0 where there is none that makes sense."""
    given = response.headers.get("Retry-After", "")
    return min(float(given), 3600.0) if given.isascii() and given.isdecimal() and len(given) < 10 else 0.0


def fetch_media(origin: "Origin", media: dict[str, Any], most: int) -> bytes:
    """The bytes at the address that a message named. Raises OriginError."""
    return guarded_http.download_bytes(str(media.get("url", "")), most)[0]


def check_connection(origin: "Origin") -> list[Finding]:
    """Whether the callback answers at all; nothing is sent to it that it could take for a message."""
    if not origin.callback_url:
        return [Finding(_("Sin dirección de salida: nadie espera las respuestas."), True)]
    try:
        response = guarded_http.send_request("OPTIONS", origin.callback_url, timeout=TIMEOUT)
    except OriginError as error:
        words = _("La dirección de salida no responde: %(error)s") % {"error": error}
        return [Finding(words, False, _("Revisá que el servidor esté andando."))]
    return [Finding(_("La dirección de salida responde (HTTP %(status)s).") % {"status": response.status_code}, True)]


def acknowledge(origin: "Origin", ref: str) -> None:
    """Nothing waits for that here."""
