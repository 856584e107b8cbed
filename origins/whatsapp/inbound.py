"""Reading WhatsApp's bodies: entries of changes of messages and receipts, each item on its own."""

from collections.abc import Callable, Iterator
from typing import Any

from common.errors import OriginError
from common.parsing import read_if_text, read_json, read_time
from origins.facts import Broken, Echo, Edit, Fact, Ignored, Incoming, Item, Promotions, Reaction, Renamed, Withdrawal
from origins.readable import Card, make_card
from origins.whatsapp.identifiers import (
    MAX_ID_CHARS,
    PersonIds,
    canonical_phone,
    is_phone,
    known_ids,
    object_of,
    objects_of,
    read_id,
    read_person,
    read_phone,
)
from origins.whatsapp.message_kinds import MAX_TEXT_CHARS, read_content, shared_phones
from origins.whatsapp.notices import read_account_news, read_errors_alone, read_receipt

Value = dict[str, Any]
REFERRAL = (
    "source_type", "source_id", "source_url", "headline", "body", "ctwa_clid", "image_url", "video_url",
    "thumbnail_url",
)  # fmt: skip


def parse(raw: bytes) -> Iterator[Item]:
    """Pure: each message, receipt and notice on its own. Raises OriginError when nothing can be read."""
    body = read_json(raw)
    if not isinstance(body, dict):
        raise OriginError("an object was expected")
    entries = body.get("entry")
    if not isinstance(entries, list):
        raise OriginError("entry: a list was expected")
    if body.get("object") != "whatsapp_business_account":
        raise OriginError("not a body of WhatsApp's")
    for number, entry in enumerate(entries):
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            yield _make_broken("entry", number, "changes: a list was expected")
            continue
        account = read_if_text(entry.get("id"), MAX_ID_CHARS)
        for place, change in enumerate(changes):
            yield from _read_change(f"entry.{number}.changes", place, change, account, entry.get("time"))


def _make_broken(name: str, index: int, reason: str, line: str = "", account: str = "") -> Item:
    return Item(name, index, Broken(index, reason), line=line, account="" if line else account)


def _read_change(name: str, index: int, change: Any, account: str, time: Any) -> Iterator[Item]:
    """All that one change says, whichever lists it has."""
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        yield _make_broken(name, index, "value: an object was expected", account=account)
        return
    field, metadata = read_if_text(change.get("field"), 60).replace("-", "_"), value.get("metadata")
    line = read_if_text(metadata.get("phone_number_id"), MAX_ID_CHARS) if isinstance(metadata, dict) else ""
    lists, found = LISTS.get(field, {}), False
    for which, read in lists.items():
        if value.get(which) is None:
            continue
        found = True
        path = f"{name}.{index}.{which}"
        if not isinstance(value[which], list):
            yield _make_broken(path, 0, f"{which}: a list was expected", line, account)
            continue
        for place, item in enumerate(value[which]):
            yield _read_item(path, place, item, value, read, line, account)
    if not found:
        read = (
            _read_errors
            if lists
            else _read_id_update
            if field == "user_id_update"
            else _notice_reader(field, account, time)
        )
        yield _read_item(name, index, value, value, read, line, account)


def _read_preference(item: Value, value: Value) -> Fact:
    """One of user_preferences: promotions are stopped, or wanted again."""
    wants = {"stop": False, "resume": True}.get(read_if_text(item.get("value"), 40))
    category = read_if_text(item.get("category"), 60)
    if category != "marketing_messages" or wants is None:
        return Ignored(f"a preference of {category or 'no category'}")
    who = read_person(item.get("wa_id"), item.get("user_id"), item.get("parent_user_id"), objects_of(value, "contacts"))
    return Promotions(who.value, who.kind, wants, read_time(item.get("timestamp")), who.aliases)


def _read_item(
    name: str, index: int, item: Any, value: Value, read: Callable[[Value, Value], Fact], line: str, account: str
) -> Item:
    """One item as a fact; whatever is wrong with it stays with it."""
    try:
        if not isinstance(item, dict):
            raise OriginError("an object was expected")
        return Item(name, index, read(item, value), line=line, account="" if line else account)
    except OriginError as error:
        return _make_broken(name, index, str(error), line, account)


def _read_status(item: Value, _value: Value) -> Fact:
    return read_receipt(item)


def _read_errors(_item: Value, value: Value) -> Fact:
    return read_errors_alone(value)


def _notice_reader(field: str, account: str, time: Any) -> Callable[[Value, Value], Fact]:
    return lambda _item, value: read_account_news(field, value, account, time)


def read_needed(item: Value, name: str) -> str:
    found = read_id(item.get(name))
    if not found:
        raise OriginError(f"{name}: missing")
    return found


def read_message(item: Value, value: Value) -> Fact:
    """What one of `messages` says."""
    kind, at = read_if_text(item.get("type"), 40), read_time(item.get("timestamp"))
    if item.get("group_id"):
        return Ignored("a message in a group")
    if kind == "system":
        return _read_system(item)
    if _is_of_the_line(item, value):
        return read_echo(item, value) if item.get("to") else Ignored("a message of the line itself")
    parent = item.get("from_parent_user_id")
    who = read_person(item.get("from"), item.get("from_user_id"), parent, objects_of(value, "contacts"))
    if kind == "reaction":
        emoji = read_if_text(object_of(item, kind).get("emoji"), 40)
        return Reaction(who.value, read_needed(object_of(item, kind), "message_id"), emoji, who.kind, at, who.aliases)
    if kind == "revoke":
        return Withdrawal(
            who.value, read_needed(object_of(item, kind), "original_message_id"), who.kind, at, who.aliases
        )
    if kind == "edit":
        return _read_edit(object_of(item, kind), who, at)
    external = read_needed(item, "id")
    kind, text, payload = read_content(item)
    if shared := [("phone", canonical_phone(number)) for number in shared_phones(item)]:
        who = PersonIds(who.kind, who.value, tuple(dict.fromkeys((*who.aliases, *shared))), who.shown, who.name)
    about = payload.get("about", []) + _read_product(object_of(item, "context"))
    payload |= _read_context(item) | ({"about": about} if about else {})
    if who.shown != who.value:
        payload["shown_address"] = who.shown
    return Incoming(
        external_id=external, sender=who.value, kind=kind, text=text, name=who.name, at=at, payload=payload,
        reply_to=_read_quoted_id(item), address_kind=who.kind, aliases=who.aliases,
    )  # fmt: skip


def _is_of_the_line(item: Value, value: Value) -> bool:
    """Our own number is no customer."""
    ours, sender = object_of(value, "metadata"), read_phone(item.get("from"))
    number = read_phone(ours.get("display_phone_number"))
    return bool(sender) and (
        sender == read_if_text(ours.get("phone_number_id"), MAX_ID_CHARS)
        or (is_phone(number) and canonical_phone(sender) == canonical_phone(number))
    )


def _read_quoted_id(item: Value) -> str:
    return read_if_text(object_of(item, "context").get("id"), MAX_ID_CHARS)


def _read_product(context: Value) -> list[Card]:
    """The product of the catalogue that a question is about."""
    product = object_of(context, "referred_product")
    return make_card("product", title=product.get("product_retailer_id"), subtitle=product.get("catalog_id"))


def _read_context(item: Value) -> Value:
    """Where a message came from: forwarded, or an ad."""
    payload: Value = {}
    context, ad = object_of(item, "context"), object_of(item, "referral")
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        payload["forwarded"] = True
    referral = {name: said for name in REFERRAL if ad and (said := read_if_text(ad.get(name), 2000))}
    if welcome := read_if_text(object_of(ad, "welcome_message").get("text"), 2000):
        referral["welcome"] = welcome
    if referral:
        payload["referral"] = referral
    return payload


def _read_edit(body: Value, who: PersonIds, at: Any) -> Fact:
    target, new = read_needed(body, "original_message_id"), object_of(body, "message")
    if not new:
        raise OriginError("message: missing")
    kind = read_if_text(new.get("type"), 40)
    inside = object_of(new, kind) if kind else {}
    text = read_if_text(inside.get("body") if kind == "text" else inside.get("caption"), MAX_TEXT_CHARS)
    return Edit(who.value, target, text, who.kind, at, who.aliases)


def _read_system(item: Value) -> Fact:
    """The origin's word about a person: never a message of that person."""
    said = object_of(item, "system")
    kind = read_if_text(said.get("type"), 60)
    if kind not in ("user_changed_number", "customer_changed_number", "user_changed_user_id"):
        return Ignored(f"system: {kind or 'without a type'}")
    before, parent = said.get("previous_user_id"), said.get("previous_parent_user_id")
    new = known_ids((said.get("wa_id") or said.get("new_wa_id"),), said.get("user_id"), said.get("parent_user_id"))
    old = known_ids((item.get("from"), said.get("customer")), before or item.get("from_user_id"), parent)
    old = tuple(one for one in old if one not in new)
    if not old or not new:
        return Ignored(f"system: {kind} without an id of before and one of now")
    return Renamed(old, new, read_time(item.get("timestamp")), read_if_text(said.get("body"), 300))


def _read_id_update(_item: Value, value: Value) -> Fact:
    """The field user_id_update."""
    ids, parents = object_of(value, "user_id"), object_of(value, "parent_user_id")
    new = known_ids((value.get("wa_id"),), ids.get("current"), parents.get("current"))
    old = tuple(one for one in known_ids((), ids.get("previous"), parents.get("previous")) if one not in new)
    if not old or not new:
        raise OriginError("user_id: previous and current were expected")
    return Renamed(old, new, read_time(value.get("timestamp")), read_if_text(value.get("detail"), 300))


def read_echo(item: Value, value: Value) -> Fact:
    """A message that was typed in the business's own app."""
    kind = read_if_text(item.get("type"), 40)
    if item.get("group_id") or kind in ("reaction", "edit", "revoke", "system"):
        return Ignored(f"in the business's own app: {'group' if item.get('group_id') else kind}")
    who = read_person(
        item.get("to"), item.get("to_user_id"), item.get("to_parent_user_id"), objects_of(value, "contacts")
    )
    if _is_of_the_line({"from": item.get("to")}, value):
        return Ignored("a message of the line to itself")
    kind, text, payload = read_content(item)
    return Echo(
        external_id=read_needed(item, "id"), sender=who.value, address_kind=who.kind, kind=kind, text=text,
        at=read_time(item.get("timestamp")), payload=payload, reply_to=_read_quoted_id(item), aliases=who.aliases,
    )  # fmt: skip


# by field of a change: its lists, and what reads one of each
LISTS: dict[str, dict[str, Callable[[Value, Value], Fact]]] = {
    "messages": {"messages": read_message, "statuses": _read_status},
    "smb_message_echoes": {"message_echoes": read_echo},
    "user_preferences": {"user_preferences": _read_preference},
}
