"""Reading Messenger's and Instagram's webhooks: entries of events, each on its own. The two differ in little."""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from common.errors import OriginError  # fmt: skip
from common.parsing import object_of, objects_of, read_if_text, read_json, read_text, read_time
from origins.facts import (
    AccountNews,
    Broken,
    CameFrom,
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
from origins.meta.event_fields import MetaEvent, read_message_id
from origins.meta.message_parts import MAX_TEXT_CHARS, read_parts, unsupported_part
from origins.readable import safe_url

# of a quick reply or a postback
MAX_PAYLOAD_CHARS = 1000
MAX_QUICK_REPLIES = 13
_OUR_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
# the names of the reactions that come without their emoji
REACTIONS = {
    "love": "❤️", "like": "👍", "dislike": "👎", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠",
}  # fmt: skip


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
            if reader in (_read_postback, _read_arrival) and (event.is_ours or event.is_to_itself):
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
    if message.get("is_unsupported") is True:
        return [unsupported_part("unsupported", read_if_text(message.get("text"), MAX_TEXT_CHARS))]
    return read_parts(message)


def _read_context(message: dict[str, Any]) -> dict[str, Any]:
    """The ad that it came from, or the story that it answers."""
    found: dict[str, Any] = {}
    if came := _read_referral(message.get("referral")):
        found["referral"] = came
    story = object_of(object_of(message.get("reply_to")).get("story"))
    if story:
        found["story"] = {"id": read_if_text(story.get("id"), 200), "url": read_if_text(story.get("url"), 2000)}
    return found


def _read_referral(value: Any) -> dict[str, str]:
    value = object_of(value)
    ad, product = object_of(value.get("ads_context_data")), object_of(value.get("product"))
    found = {
        "source_type": read_if_text(value.get("source"), 60).strip() or ("PRODUCT" if product else ""),
        "source_id": read_if_text(value.get("ad_id") or value.get("ref") or product.get("id"), 200),
        "source_url": read_if_text(value.get("referer_uri"), 2000),
        "headline": read_if_text(ad.get("ad_title"), 300),
        "image_url": safe_url(ad.get("photo_url")),
        "video_url": safe_url(ad.get("video_url")),
        "ref": read_if_text(value.get("ref"), 1000).strip(),
    }
    return {name: text for name, text in found.items() if text}


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
    more = {"referral": came} if (came := _read_referral(tapped.get("referral"))) else {}
    yield Incoming(
        external_id=given, sender=sender, kind="choice", text=read_if_text(tapped.get("title"), 200) or payload,
        at=event.at, payload={"payload": payload, **more}, address_kind=event.kind,
    )  # fmt: skip


def _read_arrival(event: MetaEvent, value: dict[str, Any]) -> Iterator[Fact]:
    """A link (m.me, ig.me), an ad or a form that brought somebody, with the name that we gave it.

    Beside a message or a tap it belongs to that one, which comes with the same sender.
    """
    came = _read_referral(value)
    if "optin" in event.said and (kind := read_if_text(value.get("type"), 60)):
        came = {"source_type": kind, **came} if came else came
    if not came:
        yield Ignored("an arrival that names nothing")
    elif not object_of(event.said.get("sender")).get("id"):
        yield Ignored("an arrival of somebody who has no id yet")
    else:
        yield CameFrom(event.person("sender"), event.kind, came, event.at)


# --- what becomes of messages ------------------------------------------------------------------


def _read_edit(event: MetaEvent, edit: dict[str, Any]) -> Iterator[Fact]:
    if event.is_ours:
        yield Ignored("an edit of the line's own")
        return
    text = read_text(edit.get("text"), MAX_TEXT_CHARS)
    yield Edit(event.person("sender"), read_message_id(edit), text, event.kind, event.at)


def _read_reaction(event: MetaEvent, reaction: dict[str, Any]) -> Iterator[Fact]:
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
    yield Reaction(event.person("sender"), read_message_id(reaction), emoji, event.kind, event.at)


def _read_delivery(event: MetaEvent, delivery: dict[str, Any]) -> Iterator[Fact]:
    yield from _make_receipts(event, delivery, "delivered", delivery.get("mids"))


def _read_seen(event: MetaEvent, seen: dict[str, Any]) -> Iterator[Fact]:
    """Messenger says up to when, Instagram says what."""
    if event.is_ours:
        yield Ignored("read by the line's own app")
        return
    yield from _make_receipts(event, seen, "read", None if seen.get("mid") is None else [seen["mid"]])


def _make_receipts(event: MetaEvent, told: dict[str, Any], status: str, mids: Any) -> Iterator[Fact]:
    sender, until = event.person("sender"), read_time(told.get("watermark"))
    at = event.at or until
    mids, trouble = mids if isinstance(mids, list) else [], None
    for mid in mids:
        try:
            yield Receipt(read_message_id({"mid": mid}), status, sender=sender, at=at)
        except OriginError as error:
            trouble = error
    if until is not None:
        yield Watermark(sender, status, until, event.kind)
    elif not mids:
        raise OriginError("watermark: missing")
    if trouble:
        raise trouble


def _read_policy(event: MetaEvent, news: dict[str, Any]) -> Iterator[Fact]:
    action, reason = read_if_text(news.get("action"), 40).lower(), read_if_text(news.get("reason"), 200) or "-"
    if action == "block":
        yield AccountNews(_("Meta bloqueó la línea. Motivo: %(reason)s") % {"reason": reason}, is_trouble=True)
    elif action == "unblock":
        yield AccountNews(_("Meta levantó el bloqueo de la línea"), clears=True)
    else:
        yield AccountNews(_("Meta advierte sobre la línea. Motivo: %(reason)s") % {"reason": reason})


_READERS: dict[str, Callable[[MetaEvent, dict[str, Any]], Iterator[Fact]]] = {
    # before the message that it may come with
    "referral": _read_arrival,
    "optin": _read_arrival,
    "message": _read_message,
    "postback": _read_postback,
    "message_edit": _read_edit,
    "reaction": _read_reaction,
    "delivery": _read_delivery,
    "read": _read_seen,
    "policy_enforcement": _read_policy,
}
