"""Reading Messenger's and Instagram's webhooks: entries of events, each on its own. The two differ in little."""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from common.errors import OriginError  # fmt: skip
from common.parsing import object_of, objects_of, read_if_text, read_json
from origins.facts import (
    Broken,
    Echo,
    Fact,
    Ignored,
    Incoming,
    Item,
    Withdrawal,
)
from origins.meta.arrivals import read_arrival, read_referral
from origins.meta.event_fields import MetaEvent, read_message_id
from origins.meta.message_parts import MAX_TEXT_CHARS, read_parts, unsupported_part
from origins.meta.receipts import read_delivery, read_edit, read_policy, read_reaction, read_seen

# of a quick reply or a postback
MAX_PAYLOAD_CHARS = 1000
MAX_QUICK_REPLIES = 13
_OUR_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


def read_body(raw: bytes, name: str, kind: str) -> Iterator[Item]:
    """The events of a body about an object (`page`, `instagram`). Raises OriginError when nothing can be read."""
    body = read_json(raw)
    if not isinstance(body, dict):
        raise OriginError("an object was expected")
    if body.get("object") != name:
        raise OriginError(f"object: {name} was expected")
    entries = body.get("entry")
    if not isinstance(entries, list):
        raise OriginError("entry: a list was expected")
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            yield Item("entry", number, Broken(number, "an object was expected"))
            continue
        yield from _read_entry(entry, number, kind)


def _read_entry(entry: dict[str, Any], number: int, kind: str) -> Iterator[Item]:
    line, known = read_if_text(entry.get("id"), 100), False
    for name in ("messaging", "standby", "changes"):
        events = entry.get(name)
        if events is None:
            continue
        known, where = True, f"entry[{number}].{name}"
        if not isinstance(events, list):
            yield Item(where, 0, Broken(0, f"{name}: a list was expected"), line)
            continue
        for index, event in enumerate(events):
            for fact in _read_facts(event, name, index, kind, line):
                yield Item(where, index, fact, line)
    if not known:
        yield Item("entry", number, Broken(number, "neither messaging nor standby nor changes"), line)


def _read_facts(event: Any, name: str, index: int, kind: str, line: str) -> Iterator[Fact | Broken]:
    try:
        if not isinstance(event, dict):
            raise OriginError("an object was expected")
        if name == "standby":
            yield Ignored("another app has this thread")
        elif name == "changes":
            yield Ignored(f"{read_if_text(event.get('field'), 60) or 'a change'}: not used")
        else:
            yield from _read_event(MetaEvent(kind, line, event))
    except OriginError as error:
        yield Broken(index, str(error))


def _read_event(event: MetaEvent) -> Iterator[Fact]:
    # names come with hyphens and with underscores
    said = {name.replace("-", "_"): name for name in event.said}
    read = {said[name]: reader for name, reader in _READERS.items() if name in said}
    trouble = None
    for name, reader in read.items():
        what = event.said[name]
        try:
            if reader in (_read_postback, read_arrival) and (event.is_ours or event.is_to_itself):
                yield Ignored(f"{name} of the line itself")
                continue
            if not isinstance(what, dict):
                raise OriginError(f"{name}: an object was expected")
            yield from reader(event, what)
        except OriginError as error:
            trouble = error
    if trouble:
        raise trouble
    if not read:
        names = [name for name in event.said if name not in ("sender", "recipient", "timestamp")]
        if not names:
            raise OriginError("an event that says nothing")
        yield Ignored(f"{read_if_text(names[0], 60)}: not used")


# --- messages ----------------------------------------------------------------------------------


def _read_message(event: MetaEvent, message: dict[str, Any]) -> Iterator[Fact]:
    if message.get("is_self") is True or event.is_to_itself:
        yield Ignored("a message to oneself")
    elif message.get("is_echo") is True or event.is_ours:
        yield from _read_echo(event, message)
    elif message.get("is_deleted") is True:
        yield Withdrawal(event.person("sender"), read_message_id(message), event.kind, event.at)
    else:
        yield from _read_incoming(event, message)


def _read_incoming(event: MetaEvent, message: dict[str, Any]) -> Iterator[Fact]:
    """As many as it has attachments: the words go with the first."""
    sender, mid, common = event.person("sender"), read_message_id(message), _read_context(message)
    quick = object_of(message.get("quick_reply"))
    for number, (kind, text, payload) in enumerate(_split_parts(message)):
        if number == 0 and quick and kind == "text":
            kind = "choice"
            payload |= {"payload": read_if_text(quick.get("payload"), MAX_PAYLOAD_CHARS)}
        yield Incoming(
            external_id=f"{mid}:{number}" if number else mid,
            sender=sender,
            kind=kind,
            text=text,
            at=event.at,
            payload=payload | (common if number == 0 else {}),
            reply_to=_read_quoted_id(message),
            address_kind=event.kind,
        )


def _split_parts(message: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    if message.get("is_unsupported") is True and not objects_of(message.get("attachments")):
        return [unsupported_part("unsupported", read_if_text(message.get("text"), MAX_TEXT_CHARS))]
    return read_parts(message)


def _read_context(message: dict[str, Any]) -> dict[str, Any]:
    """The ad that it came from, or the story that it answers."""
    found: dict[str, Any] = {}
    if came := read_referral(message.get("referral")):
        found["referral"] = came
    story = object_of(object_of(message.get("reply_to")).get("story"))
    if story:
        found["story"] = {"id": read_if_text(story.get("id"), 200), "url": read_if_text(story.get("url"), 2000)}
    return found


def _read_quoted_id(message: dict[str, Any]) -> str:
    try:
        return read_message_id(object_of(message.get("reply_to")))
    except OriginError:
        return ""


def _read_echo(event: MetaEvent, message: dict[str, Any]) -> Iterator[Fact]:
    """What left by the line. With our own id in it, it is one message of ours however many parts it has."""
    customer, mid = event.person("recipient"), read_message_id(message)
    if customer == event.line:
        yield Ignored("a message to oneself")
        return
    if message.get("is_deleted") is True:
        yield Ignored("a message of the line was withdrawn elsewhere")
        return
    # other programs put words of their own there
    said = read_if_text(message.get("metadata"), 100)
    ours = said if _OUR_ID.fullmatch(said) else ""
    parts = _split_parts(message)
    for number, (kind, text, payload) in enumerate(parts[:1] if ours else parts):
        if number == 0:
            payload |= _read_offered(message)
        yield Echo(
            f"{mid}:{number}" if number else mid, customer, event.kind, kind, text, ours, event.at, payload,
            _read_quoted_id(message),
        )  # fmt: skip


def _read_offered(message: dict[str, Any]) -> dict[str, Any]:
    """The buttons that a bot of the line's offered with its words."""
    titles = [read_if_text(each.get("title"), 100).strip() for each in objects_of(message.get("quick_replies"))]
    choices = [{"title": title} for title in titles[:MAX_QUICK_REPLIES] if title]
    return {"choices": choices} if choices else {}


def _read_postback(event: MetaEvent, tapped: dict[str, Any]) -> Iterator[Fact]:
    sender, payload = event.person("sender"), read_if_text(tapped.get("payload"), MAX_PAYLOAD_CHARS)
    if tapped.get("mid") is not None:
        given = read_message_id(tapped)
    else:
        # older postbacks carry no id: one is made from the tap itself, so that a repeated webhook is a duplicate
        what = f"{sender}|{read_if_text(event.said.get('timestamp'), 40)}|{payload}"
        given = "pb:" + hashlib.sha256(what.encode()).hexdigest()
    more = {"referral": came} if (came := read_referral(tapped.get("referral"))) else {}
    yield Incoming(
        external_id=given, sender=sender, kind="choice", text=read_if_text(tapped.get("title"), 200) or payload,
        at=event.at, payload={"payload": payload, **more}, address_kind=event.kind,
    )  # fmt: skip


_READERS: dict[str, Callable[[MetaEvent, dict[str, Any]], Iterator[Fact]]] = {
    # before the message that it may come with
    "referral": read_arrival,
    "optin": read_arrival,
    "message": _read_message,
    "postback": _read_postback,
    "message_edit": read_edit,
    "reaction": read_reaction,
    "delivery": read_delivery,
    "read": read_seen,
    "policy_enforcement": read_policy,
}
