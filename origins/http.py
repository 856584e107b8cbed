"""The plain HTTP origin: a signed JSON webhook in, a signed JSON webhook out (docs/origins/http.md)."""

import json
import time
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
# of what a callback answers: bytes, and seconds that it may take to say them
MOST_ANSWERED, LONGEST_ANSWER = 100_000, 10.0


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
        with httpx.stream(
            "POST", origin.callback_url, content=raw, timeout=TIMEOUT, follow_redirects=False,
            headers={"Content-Type": "application/json", HEADER: sign(origin.secret, raw)},
        ) as response:  # fmt: skip
            answer = _answer(response)
    except httpx.HTTPError as error:
        raise OriginError(f"no answer ({type(error).__name__})", permanent=False) from error
    except (httpx.InvalidURL, ValueError) as error:
        raise OriginError(f"not an http address: {origin.callback_url[:100]}") from error
    if response.is_success:
        given = answer.get("id")
        return "" if isinstance(given, bool) else read_if_text(given, 200)
    words = read_if_text(answer.get("reason"), 300) or f"HTTP {response.status_code}"
    permanent = response.status_code != 429 and response.status_code < 500
    raise OriginError(words, permanent=permanent, after=_after(response))


def _answer(response: httpx.Response) -> dict[str, Any]:
    """What the answer says, as far as it comes: the status has decided, whatever becomes of the body."""
    said, ends = bytearray(), time.monotonic() + LONGEST_ANSWER
    try:
        for piece in response.iter_bytes():
            said += piece
            if len(said) > MOST_ANSWERED or time.monotonic() > ends:
                return {}
        answer = read_json(bytes(said))
    except (httpx.HTTPError, OriginError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _after(response: httpx.Response) -> float:
    """Retry-After in seconds, an hour at most; 0 where there is none that makes sense."""
    given = response.headers.get("Retry-After", "")
    return min(float(given), 3600.0) if given.isascii() and given.isdecimal() and len(given) < 10 else 0.0
