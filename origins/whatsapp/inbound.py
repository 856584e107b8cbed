"""Reading WhatsApp's bodies: entries of changes of messages and receipts, each item on its own."""

from collections.abc import Callable, Iterator
from typing import Any

from common.errors import OriginError
from common.parsing import read_if_text, read_json, read_time
from origins.facts import Broken, Echo, Edit, Fact, Ignored, Incoming, Item, Reaction, Renamed, Withdrawal
from origins.whatsapp.identifiers import LONGEST_ID, Person, canonical, identity, known, listed, part, person
from origins.whatsapp.message_kinds import WHOLE, content, shared_phones
from origins.whatsapp.notices import account_news, errors_alone, receipt

Value = dict[str, Any]
REFERRAL = ("source_type", "source_id", "source_url", "headline", "body", "ctwa_clid")


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
            yield _broken("entry", number, "changes: a list was expected")
            continue
        account = read_if_text(entry.get("id"), LONGEST_ID)
        for place, change in enumerate(changes):
            yield from _change(f"entry.{number}.changes", place, change, account, entry.get("time"))


def _broken(name: str, index: int, reason: str, line: str = "", account: str = "") -> Item:
    return Item(name, index, Broken(index, reason), line=line, account="" if line else account)


def _change(name: str, index: int, change: Any, account: str, time: Any) -> Iterator[Item]:
    """All that one change says, whichever lists it has."""
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        yield _broken(name, index, "value: an object was expected", account=account)
        return
    field, metadata = read_if_text(change.get("field"), 60), value.get("metadata")
    line = read_if_text(metadata.get("phone_number_id"), LONGEST_ID) if isinstance(metadata, dict) else ""
    if field == "messages":
        lists: dict[str, Callable[[Value, Value], Fact]] = {"messages": message, "statuses": _status}
    else:
        lists = {"message_echoes": echo} if field == "smb_message_echoes" else {}
    found = False
    for which, read in lists.items():
        if value.get(which) is None:
            continue
        found = True
        path = f"{name}.{index}.{which}"
        if not isinstance(value[which], list):
            yield _broken(path, 0, f"{which}: a list was expected", line, account)
            continue
        for place, item in enumerate(value[which]):
            yield _item(path, place, item, value, read, line, account)
    if not found:
        read = _errors if lists else _renamed if field == "user_id_update" else _notice(field, account, time)
        yield _item(name, index, value, value, read, line, account)


def _item(
    name: str, index: int, item: Any, value: Value, read: Callable[[Value, Value], Fact], line: str, account: str
) -> Item:
    """One item as a fact; whatever is wrong with it stays with it."""
    try:
        if not isinstance(item, dict):
            raise OriginError("an object was expected")
        return Item(name, index, read(item, value), line=line, account="" if line else account)
    except OriginError as error:
        return _broken(name, index, str(error), line, account)


def _status(item: Value, _value: Value) -> Fact:
    return receipt(item)


def _errors(_item: Value, value: Value) -> Fact:
    return errors_alone(value)


def _notice(field: str, account: str, time: Any) -> Callable[[Value, Value], Fact]:
    return lambda _item, value: account_news(field, value, account, time)


def need(item: Value, name: str) -> str:
    found = identity(item.get(name))
    if not found:
        raise OriginError(f"{name}: missing")
    return found


def message(item: Value, value: Value) -> Fact:
    """What one of `messages` says."""
    kind, at = read_if_text(item.get("type"), 40), read_time(item.get("timestamp"))
    if item.get("group_id"):
        return Ignored("a message in a group")
    if kind == "system":
        return _system(item)
    parent = item.get("from_parent_user_id")
    who = person(item.get("from"), item.get("from_user_id"), parent, listed(value, "contacts"))
    if kind == "reaction":
        emoji = read_if_text(part(item, kind).get("emoji"), 40)
        return Reaction(who.value, need(part(item, kind), "message_id"), emoji, who.kind, at, who.aliases)
    if kind == "revoke":
        return Withdrawal(who.value, need(part(item, kind), "original_message_id"), who.kind, at, who.aliases)
    if kind == "edit":
        return _edit(part(item, kind), who, at)
    external = need(item, "id")
    kind, text, payload = content(item)
    if shared := [("phone", canonical(number)) for number in shared_phones(item)]:
        who = Person(who.kind, who.value, tuple(dict.fromkeys((*who.aliases, *shared))), who.shown, who.name)
    payload |= _around(item)
    if who.shown != who.value:
        payload["shown_address"] = who.shown
    return Incoming(
        external_id=external, sender=who.value, kind=kind, text=text, name=who.name, at=at, payload=payload,
        reply_to=_quoted(item), address_kind=who.kind, aliases=who.aliases,
    )  # fmt: skip


def _quoted(item: Value) -> str:
    return read_if_text(part(item, "context").get("id"), LONGEST_ID)


def _around(item: Value) -> Value:
    """Where a message came from: forwarded, or an ad."""
    payload: Value = {}
    context, ad = part(item, "context"), part(item, "referral")
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        payload["forwarded"] = True
    referral = {name: said for name in REFERRAL if ad and (said := read_if_text(ad.get(name), 2000))}
    if referral:
        payload["referral"] = referral
    return payload


def _edit(body: Value, who: Person, at: Any) -> Fact:
    target, new = need(body, "original_message_id"), part(body, "message")
    if not new:
        raise OriginError("message: missing")
    kind = read_if_text(new.get("type"), 40)
    inside = part(new, kind) if kind else {}
    text = read_if_text(inside.get("body") if kind == "text" else inside.get("caption"), WHOLE)
    return Edit(who.value, target, text, who.kind, at, who.aliases)


def _system(item: Value) -> Fact:
    """The origin's word about a person: never a message of his."""
    said = part(item, "system")
    kind = read_if_text(said.get("type"), 60)
    if kind not in ("user_changed_number", "customer_changed_number", "user_changed_user_id"):
        return Ignored(f"system: {kind or 'without a type'}")
    before, parent = said.get("previous_user_id"), said.get("previous_parent_user_id")
    new = known((said.get("wa_id") or said.get("new_wa_id"),), said.get("user_id"), said.get("parent_user_id"))
    old = known((item.get("from"), said.get("customer")), before or item.get("from_user_id"), parent)
    old = tuple(one for one in old if one not in new)
    if not old or not new:
        return Ignored(f"system: {kind} without an id of before and one of now")
    return Renamed(old, new, read_time(item.get("timestamp")), read_if_text(said.get("body"), 300))


def _renamed(_item: Value, value: Value) -> Fact:
    """The field user_id_update."""
    ids, parents = part(value, "user_id"), part(value, "parent_user_id")
    new = known((value.get("wa_id"),), ids.get("current"), parents.get("current"))
    old = tuple(one for one in known((), ids.get("previous"), parents.get("previous")) if one not in new)
    if not old or not new:
        raise OriginError("user_id: previous and current were expected")
    return Renamed(old, new, read_time(value.get("timestamp")), read_if_text(value.get("detail"), 300))


def echo(item: Value, value: Value) -> Fact:
    """A message that was typed in the business's own app."""
    kind = read_if_text(item.get("type"), 40)
    if item.get("group_id") or kind in ("reaction", "edit", "revoke", "system"):
        return Ignored(f"in the business's own app: {'group' if item.get('group_id') else kind}")
    who = person(item.get("to"), item.get("to_user_id"), item.get("to_parent_user_id"), listed(value, "contacts"))
    kind, text, payload = content(item)
    return Echo(
        external_id=need(item, "id"), sender=who.value, address_kind=who.kind, kind=kind, text=text,
        at=read_time(item.get("timestamp")), payload=payload, reply_to=_quoted(item), aliases=who.aliases,
    )  # fmt: skip
