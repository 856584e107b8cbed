"""Telegram Business: the chats of a person's own account, which a bot is connected to and may answer in.

A chat of the account and one with the bot itself are two threads of the same customer, each with numbers of its own:
our name for a message of the account begins with `biz.<connection>:`, and what came by it carries the connection as
`via`, so that it is answered there.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from common.errors import OriginError
from common.parsing import object_of, read_if_text, read_text, read_time
from origins.facts import Connected, Echo, Edit, Fact, Ignored, Incoming, Withdrawal

KIND = "telegram"
_MARK = "biz."
MAX_CONNECTION_CHARS = 100
# of one update
MAX_DELETED = 200

Said = Fact | list[Fact]
Reader = Callable[[dict[str, Any]], Said]


def readers(read_message: Reader, read_edit: Reader, read_tap: Reader) -> dict[str, Reader]:
    """The readers of the updates of accounts, by those of the bot's own."""
    return {
        "business_connection": _read_connection,
        "business_message": lambda message: _read_message(message, read_message),
        "edited_business_message": lambda message: _read_edit(message, read_edit),
        "deleted_business_messages": _read_deleted,
        "callback_query": lambda query: _read_tap(query, read_tap),
    }


def name_in_thread(connection: str, ref: str) -> str:
    """Our name for a message of this thread; '' stays none."""
    return f"{_MARK}{connection}:{ref}" if connection and ref else ref


def split_name(ref: str) -> tuple[str, str]:
    """(connection, the name within its thread); the connection is '' of what was said to the bot itself."""
    if not ref.startswith(_MARK):
        return "", ref
    connection, _colon, inside = ref.removeprefix(_MARK).partition(":")
    return connection, inside


def _read_ref(value: dict[str, Any]) -> str:
    found = read_text(value.get("business_connection_id"), MAX_CONNECTION_CHARS).strip()
    if not found or ":" in found:
        raise OriginError("business_connection_id: missing")
    return found


def _is_by_owner(message: dict[str, Any]) -> bool:
    """In a private chat who is not the customer is the account's owner, or a bot that wrote for the owner."""
    sender, chat = object_of(message.get("from")).get("id"), object_of(message.get("chat")).get("id")
    return sender is not None and sender != chat


def _read_message(message: dict[str, Any], read: Reader) -> Said:
    connection, said = _read_ref(message), read(message)
    facts = [_place(fact, connection) for fact in (said if isinstance(said, list) else [said])]
    return [_echo(fact, message) for fact in facts] if _is_by_owner(message) else facts


def _place(fact: Fact, connection: str) -> Fact:
    """The fact where it was said."""
    if not isinstance(fact, Incoming):
        return fact
    return replace(
        fact,
        external_id=name_in_thread(connection, fact.external_id),
        reply_to=name_in_thread(connection, fact.reply_to),
        payload=fact.payload | {"via": connection},
    )


def _echo(fact: Fact, message: dict[str, Any]) -> Fact:
    """What the owner typed on the phone, to the customer that the chat is with."""
    if not isinstance(fact, Incoming):
        return fact
    username = read_if_text(object_of(message.get("chat")).get("username"), 100).strip()
    payload = fact.payload | {"shown_address": f"@{username}" if username else fact.sender}
    return Echo(
        fact.external_id, fact.sender, KIND, fact.kind, fact.text, at=fact.at, payload=payload, reply_to=fact.reply_to
    )


def _read_edit(message: dict[str, Any], read: Reader) -> Said:
    connection, fact = _read_ref(message), read(message)
    if not isinstance(fact, Edit):
        return fact
    if _is_by_owner(message):
        return Ignored("an edit by the account's owner")
    return replace(fact, target=name_in_thread(connection, fact.target))


def _read_deleted(deleted: dict[str, Any]) -> Said:
    connection, chat = _read_ref(deleted), object_of(deleted.get("chat")).get("id")
    numbers = deleted.get("message_ids")
    if not isinstance(chat, int) or isinstance(chat, bool) or not isinstance(numbers, list):
        raise OriginError("chat and message_ids: missing")
    known = [one for one in numbers[:MAX_DELETED] if isinstance(one, int) and not isinstance(one, bool)]
    return [Withdrawal(str(chat), name_in_thread(connection, f"{chat}:{number}"), KIND) for number in known]


def _read_tap(query: dict[str, Any], read: Reader) -> Said:
    """A button below a message of the account."""
    connection = object_of(query.get("message")).get("business_connection_id")
    fact = read(query)
    if not connection or not isinstance(fact, Incoming):
        return fact
    tapped = _place(fact, _read_ref(object_of(query.get("message"))))
    # a tap has a name of its own, whatever the thread
    return replace(tapped, external_id=fact.external_id) if isinstance(tapped, Incoming) else tapped


def _read_connection(told: dict[str, Any]) -> Said:
    """The account was connected, may do other things now, or is not connected any more."""
    ref, owner = read_text(told.get("id"), MAX_CONNECTION_CHARS).strip(), object_of(told.get("user"))
    if not ref or ":" in ref:
        raise OriginError("id: missing")
    names = (read_if_text(owner.get(name), 100).strip() for name in ("first_name", "last_name"))
    # since Bot API 9.0 in `rights`; before, beside them
    may_answer = object_of(told.get("rights")).get("can_reply") is True or told.get("can_reply") is True
    return Connected(
        ref=ref,
        owner=" ".join(name for name in names if name) or read_if_text(owner.get("username"), 100),
        may_answer=may_answer,
        is_on=told.get("is_enabled") is True,
        at=read_time(told.get("date")),
    )
