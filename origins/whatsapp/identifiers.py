"""Identifiers of people in a WhatsApp body: a phone, a user id of the business (BSUID), both, and their name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from common.errors import OriginError
from common.parsing import read_if_text
from common.phones import canonical_form
from origins.facts import Known

MAX_ID_CHARS = 200
_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]+")
_NOT_DIGITS = re.compile(r"[\s+().-]")


@dataclass(frozen=True)
class PersonIds:
    """The id to answer to, its kind, all further ids, how people read it, and a name."""

    kind: str
    value: str
    aliases: tuple[Known, ...] = ()
    shown: str = ""
    name: str = ""


def object_of(item: dict[str, Any], name: str) -> dict[str, Any]:
    """The object of that name, {} where it is none."""
    found = item.get(name)
    return found if isinstance(found, dict) else {}


def objects_of(item: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of the list of that name; what is none of them is left out."""
    found = item.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def canonical_phone(digits: str) -> str:
    """A phone in the one form of the two that Argentina, Brazil and Mexico have for a mobile (54 9, 55 DD 9, 52).

    Others as they are. For telling that two are the same; what is sent to is the form that the network gave.
    """
    digits = digits if is_phone(digits) else _NOT_DIGITS.sub("", digits)
    return canonical_form(digits)


def read_phone(value: Any) -> str:
    """An id of a phone as digits; whatever else it is stays as it is."""
    text = read_id(value)
    if is_phone(text):
        return text
    digits = _NOT_DIGITS.sub("", text)
    return digits if is_phone(digits) else text


def is_phone(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def read_id(value: Any) -> str:
    """An id, '' for none. Raises OriginError for one that is too long: cut, it would be another person's."""
    if not value:
        return ""
    text = read_if_text(value, MAX_ID_CHARS + 1).strip()
    if len(text) > MAX_ID_CHARS:
        raise OriginError(f"an id of over {MAX_ID_CHARS} characters")
    return text


def known_ids(phones: Iterable[Any] = (), bsuid: Any = "", parent: Any = "") -> tuple[Known, ...]:
    """All ids as (kind, value), each once, the one to answer to first."""
    numbers = [number for number in (read_phone(phone) for phone in phones) if number]
    if not bsuid:
        bsuid = next((number for number in numbers if _BSUID.fullmatch(number)), "")
    # who has no number is sometimes named by the user id in its place
    numbers = [number for number in numbers if not _BSUID.fullmatch(number)]
    found = [("wa_id", number) for number in numbers]
    found += [("bsuid", read_id(bsuid)), ("parent_bsuid", read_id(parent))]
    found += [("phone", canonical_phone(number)) for number in numbers if is_phone(number)]
    return tuple(dict.fromkeys((kind, value) for kind, value in found if value))


def read_person(phone: Any, bsuid: Any, parent: Any, cards: list[dict[str, Any]]) -> PersonIds:
    """Who wrote or is written to, with what the body's `contacts` say of them. Raises OriginError: nobody is named."""
    card = _find_card(cards, read_phone(phone), read_id(bsuid))
    ids = known_ids((phone, card.get("wa_id")), bsuid or card.get("user_id"), parent or card.get("parent_user_id"))
    if not ids:
        raise OriginError("nobody is named as sender")
    profile = object_of(card, "profile")
    username = read_if_text(profile.get("username") or card.get("username"), MAX_ID_CHARS).lstrip("@")
    kind, value = ids[0]
    shown = value if kind == "wa_id" or not username else f"@{username}"
    if kind == "wa_id" and is_phone(value):
        shown = f"+{value}"
    return PersonIds(kind, value, ids[1:], shown, read_if_text(profile.get("name"), 200))


def _find_card(cards: list[dict[str, Any]], phone: str, bsuid: str) -> dict[str, Any]:
    """The contact that a message is of: by user id, by phone in either form, or the only one, if it names nobody."""
    for card in cards:
        if bsuid and read_if_text(card.get("user_id"), MAX_ID_CHARS) == bsuid:
            return card
    for card in cards:
        if phone and canonical_phone(read_if_text(card.get("wa_id"), MAX_ID_CHARS)) == canonical_phone(phone):
            return card
    if len(cards) == 1:
        names_somebody = cards[0].get("wa_id") or cards[0].get("user_id")
        if not names_somebody or not (phone or bsuid):
            return cards[0]
    return {}
