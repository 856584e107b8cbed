"""The plain HTTP origin: a signed JSON webhook in, a signed JSON webhook out (docs/origins/http.md)."""

import json
from collections.abc import Iterator
from typing import Any

import httpx

from origins import guard
from origins.facts import Broken, Fact, Incoming, OriginError, Reaction, Receipt
from origins.models import Origin
from origins.reading import read_if_text, read_json, read_text, read_time
from origins.signature import is_signed, sign

HEADER = "X-Witty-Signature"
TIMEOUT = httpx.Timeout(10, connect=5)
KINDS = {"text", "image", "audio", "video", "document", "sticker", "location", "contact", "choice"}
STATUSES = {"sent", "delivered", "read", "failed"}
LONGEST_TEXT = 65_536


def verify(origin: Origin, header: str, raw: bytes) -> bool:
    return is_signed(origin.secret, raw, header)


def parse(raw: bytes) -> Iterator[tuple[str, int, Fact | Broken]]:
    """(list, index, fact) of each item, each on its own. Raises OriginError when nothing can be read."""
    body = read_json(raw)
    if not isinstance(body, dict):
        raise OriginError("an object was expected")
    known = False
    for name, read in (("messages", _message), ("statuses", _status)):
        items = body.get(name)
        if items is None:
            continue
        known = True
        if not isinstance(items, list):
            yield name, 0, Broken(0, f"{name}: a list was expected")
            continue
        for index, item in enumerate(items):
            try:
                if not isinstance(item, dict):
                    raise OriginError("an object was expected")
                yield name, index, read(item)
            except OriginError as error:
                yield name, index, Broken(index, str(error))
    if not known:
        raise OriginError("neither messages nor statuses")


def _need(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if isinstance(value, str) and len(value) > 200:
        raise OriginError(f"{name}: at most 200 characters")
    text = read_text(value, 200).strip()
    if not text:
        raise OriginError(f"{name}: missing")
    return text


def _message(item: dict[str, Any]) -> Fact:
    sender, kind = _need(item, "from"), read_text(item.get("type"), 40) or "text"
    if kind == "reaction":
        return Reaction(sender, _need(item, "target"), read_text(item.get("emoji"), 40))
    payload: dict[str, Any] = {}
    if kind not in KINDS:
        payload["type"], kind = kind, "unsupported"
    text = read_text(item.get("text"), LONGEST_TEXT)
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
        external_id=_need(item, "id"), sender=sender, kind=kind, text=text, name=read_if_text(item.get("name"), 200),
        at=read_time(item.get("timestamp")), payload=payload, reply_to=read_if_text(item.get("reply_to"), 200),
    )  # fmt: skip


def _status(item: dict[str, Any]) -> Receipt:
    status = read_text(item.get("status"), 20)
    if status not in STATUSES:
        raise OriginError("status: one of sent, delivered, read, failed")
    return Receipt(_need(item, "id"), status, read_text(item.get("reason"), 300))


def send(origin: Origin, envelope: dict[str, Any]) -> str:
    """Post one message to the origin's callback. Returns the id it gave, or ''. Raises OriginError."""
    raw = json.dumps(envelope, ensure_ascii=False).encode()
    guard.check(origin.callback_url)
    try:
        response = httpx.post(
            origin.callback_url, content=raw, timeout=TIMEOUT, follow_redirects=False,
            headers={"Content-Type": "application/json", HEADER: sign(origin.secret, raw)},
        )  # fmt: skip
    except httpx.HTTPError as error:
        raise OriginError(f"no answer ({type(error).__name__})", permanent=False) from error
    answer = _answer(response)
    if response.is_success:
        return read_text(answer.get("id"), 200) if isinstance(answer.get("id"), (str, int)) else ""
    reason = answer.get("reason")
    words = reason[:300] if isinstance(reason, str) and reason else f"HTTP {response.status_code}"
    raise OriginError(words, permanent=not (response.status_code == 429 or response.status_code >= 500))


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = read_json(response.content[:100_000])
    except OriginError:
        return {}
    return answer if isinstance(answer, dict) else {}
