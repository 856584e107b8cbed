"""What Messenger's and Instagram's webhooks say: entries of events, each on its own. The two differ in little."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from common.errors import OriginError  # fmt: skip
from common.parsing import read_if_text, read_json, read_text, read_time
from origins.facts import (
    AccountNews,
    Broken,
    Echo,
    Edit,
    Fact,
    Ignored,
    Incoming,
    Item,
    Reaction,
    Receipt,
    Watermark,
    Withdrawal,
)
from origins.meta.event_fields import Event, message_id
from origins.meta.message_parts import LONGEST_TEXT, object_of, said, unsupported

# of a quick reply or a postback
LONGEST_PAYLOAD = 1000
# the names of the reactions that come without their emoji
REACTIONS = {
    "love": "❤️", "like": "👍", "dislike": "👎", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠",
}  # fmt: skip


def read(raw: bytes, name: str, kind: str) -> Iterator[Item]:
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
        yield from _entry(entry, number, kind)


def _entry(entry: dict[str, Any], number: int, kind: str) -> Iterator[Item]:
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
            for fact in _facts(event, name, index, kind, line):
                yield Item(where, index, fact, line)
    if not known:
        yield Item("entry", number, Broken(number, "neither messaging nor standby nor changes"), line)


def _facts(event: Any, name: str, index: int, kind: str, line: str) -> Iterator[Fact | Broken]:
    try:
        if not isinstance(event, dict):
            raise OriginError("an object was expected")
        if name == "standby":
            yield Ignored("another app has this thread")
        elif name == "changes":
            yield Ignored(f"{read_if_text(event.get('field'), 60) or 'a change'}: not used")
        else:
            yield from _event(Event(kind, line, event))
    except OriginError as error:
        yield Broken(index, str(error))


def _event(event: Event) -> Iterator[Fact]:
    known, trouble = [name for name in event.said if name in _READERS], None
    for name in known:
        what = event.said[name]
        try:
            if not isinstance(what, dict):
                raise OriginError(f"{name}: an object was expected")
            yield from _READERS[name](event, what)
        except OriginError as error:
            trouble = error
    if trouble:
        raise trouble
    if not known:
        names = [name for name in event.said if name not in ("sender", "recipient", "timestamp")]
        if not names:
            raise OriginError("an event that says nothing")
        yield Ignored(f"{read_if_text(names[0], 60)}: not used")


# --- messages ----------------------------------------------------------------------------------


def _message(event: Event, message: dict[str, Any]) -> Iterator[Fact]:
    if message.get("is_self") is True:
        yield Ignored("a message to oneself")
    elif message.get("is_echo") is True or event.is_ours:
        yield from _echo(event, message)
    elif message.get("is_deleted") is True:
        yield Withdrawal(event.person("sender"), message_id(message), event.kind, event.at)
    else:
        yield from _incoming(event, message)


def _incoming(event: Event, message: dict[str, Any]) -> Iterator[Fact]:
    """As many as it has attachments: the words go with the first."""
    sender, mid, common = event.person("sender"), message_id(message), _common(message)
    quick = object_of(message.get("quick_reply"))
    for number, (kind, text, payload) in enumerate(_parts(message)):
        if number == 0 and quick and kind == "text":
            kind = "choice"
            payload |= {"payload": read_if_text(quick.get("payload"), LONGEST_PAYLOAD)}
        yield Incoming(
            external_id=f"{mid}:{number}" if number else mid, sender=sender, kind=kind, text=text, at=event.at,
            payload=payload | (common if number == 0 else {}), reply_to=_quoted(message), address_kind=event.kind,
        )  # fmt: skip


def _parts(message: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    if message.get("is_unsupported") is True:
        return [unsupported("unsupported", read_if_text(message.get("text"), LONGEST_TEXT))]
    return said(message)


def _common(message: dict[str, Any]) -> dict[str, Any]:
    """The ad that it came from, or the story that it answers."""
    found: dict[str, Any] = {}
    if came := _referral(message.get("referral")):
        found["referral"] = came
    story = object_of(object_of(message.get("reply_to")).get("story"))
    if story:
        found["story"] = {"id": read_if_text(story.get("id"), 200), "url": read_if_text(story.get("url"), 2000)}
    return found


def _referral(value: Any) -> dict[str, str]:
    value = object_of(value)
    ad, product = object_of(value.get("ads_context_data")), object_of(value.get("product"))
    found = {
        "source_type": read_if_text(value.get("source"), 60) or ("PRODUCT" if product else ""),
        "source_id": read_if_text(value.get("ad_id") or value.get("ref") or product.get("id"), 200),
        "source_url": read_if_text(value.get("referer_uri"), 2000),
        "headline": read_if_text(ad.get("ad_title"), 300),
    }
    return {name: text for name, text in found.items() if text}


def _quoted(message: dict[str, Any]) -> str:
    try:
        return message_id(object_of(message.get("reply_to")))
    except OriginError:
        return ""


def _echo(event: Event, message: dict[str, Any]) -> Iterator[Fact]:
    """What left by the line. With our own id in it, it is one message of ours however many parts it has."""
    customer, mid = event.person("recipient"), message_id(message)
    if customer == event.line:
        yield Ignored("a message to oneself")
        return
    if message.get("is_deleted") is True:
        yield Ignored("a message of the line was withdrawn elsewhere")
        return
    ours = read_if_text(message.get("metadata"), 100)
    parts = _parts(message)
    for number, (kind, text, payload) in enumerate(parts[:1] if ours else parts):
        yield Echo(
            f"{mid}:{number}" if number else mid, customer, event.kind, kind, text, ours, event.at, payload,
            _quoted(message),
        )  # fmt: skip


def _postback(event: Event, tapped: dict[str, Any]) -> Iterator[Fact]:
    sender, payload = event.person("sender"), read_if_text(tapped.get("payload"), LONGEST_PAYLOAD)
    if tapped.get("mid") is not None:
        given = message_id(tapped)
    else:
        # older ones have no id: the same tap, told twice, is the same
        what = f"{sender}|{read_if_text(event.said.get('timestamp'), 40)}|{payload}"
        given = "pb:" + hashlib.sha256(what.encode()).hexdigest()
    more = {"referral": came} if (came := _referral(tapped.get("referral"))) else {}
    yield Incoming(
        external_id=given, sender=sender, kind="choice", text=read_if_text(tapped.get("title"), 200) or payload,
        at=event.at, payload={"payload": payload, **more}, address_kind=event.kind,
    )  # fmt: skip


# --- what becomes of messages ------------------------------------------------------------------


def _edited(event: Event, edit: dict[str, Any]) -> Iterator[Fact]:
    if event.is_ours:
        yield Ignored("an edit of the line's own")
        return
    text = read_text(edit.get("text"), LONGEST_TEXT)
    yield Edit(event.person("sender"), message_id(edit), text, event.kind, event.at)


def _reacted(event: Event, reaction: dict[str, Any]) -> Iterator[Fact]:
    if event.is_ours:
        yield Ignored("a reaction of the line's own")
        return
    action = reaction.get("action")
    if action not in ("react", "unreact"):
        raise OriginError("action: react or unreact")
    emoji = ""
    if action == "react":
        named = read_if_text(reaction.get("reaction"), 40)
        emoji = read_if_text(reaction.get("emoji"), 40) or REACTIONS.get(named, REACTIONS["like"])
    yield Reaction(event.person("sender"), message_id(reaction), emoji, event.kind, event.at)


def _delivered(event: Event, delivery: dict[str, Any]) -> Iterator[Fact]:
    yield from _receipts(event, delivery, "delivered", delivery.get("mids"))


def _seen(event: Event, seen: dict[str, Any]) -> Iterator[Fact]:
    """Messenger says up to when, Instagram says what."""
    if event.is_ours:
        yield Ignored("read by the line's own app")
        return
    yield from _receipts(event, seen, "read", None if seen.get("mid") is None else [seen["mid"]])


def _receipts(event: Event, told: dict[str, Any], status: str, mids: Any) -> Iterator[Fact]:
    sender, until = event.person("sender"), read_time(told.get("watermark"))
    at = event.at or until
    mids, trouble = mids if isinstance(mids, list) else [], None
    for mid in mids:
        try:
            yield Receipt(message_id({"mid": mid}), status, sender=sender, at=at)
        except OriginError as error:
            trouble = error
    if until is not None:
        yield Watermark(sender, status, until, event.kind)
    elif not mids:
        raise OriginError("watermark: missing")
    if trouble:
        raise trouble


def _policy(event: Event, news: dict[str, Any]) -> Iterator[Fact]:
    blocked = news.get("action") == "block"
    reason = read_if_text(news.get("reason"), 200)
    if blocked:
        yield AccountNews(_("Meta bloqueó la línea. Motivo: %(reason)s") % {"reason": reason or "-"}, is_trouble=True)
    else:
        yield AccountNews(_("Meta levantó el bloqueo de la línea"), clears=True)


_READERS: dict[str, Callable[[Event, dict[str, Any]], Iterator[Fact]]] = {
    "message": _message,
    "postback": _postback,
    "message_edit": _edited,
    "reaction": _reacted,
    "delivery": _delivered,
    "read": _seen,
    "policy_enforcement": _policy,
}
