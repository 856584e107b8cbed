"""The details in a vCard that Telegram hands on with a contact: mails, company, addresses, links, birthday."""

import re
from typing import Any

from common.parsing import read_if_text
from origins.readable import safe_url

MAX_CHARS, MAX_LINES, MAX_ENTRIES = 10_000, 200, 10
_ESCAPED = re.compile(r"\\([\\,;nN])")


def read_details(value: Any, phone: str) -> dict[str, Any]:
    """What there is of emails, company, addresses, links, birthday, note and further phones."""
    lists: dict[str, list[str]] = {"phones": [phone] if phone else [], "emails": [], "addresses": [], "links": []}
    single: dict[str, str] = {}
    # a line that begins with a blank goes on with the one before
    unfolded = re.sub(r"\r?\n[ \t]", "", read_if_text(value, MAX_CHARS))
    for line in unfolded.splitlines()[:MAX_LINES]:
        head, colon, said = line.partition(":")
        name, words = head.split(";")[0].rpartition(".")[2].upper(), _read_value(said)
        if not colon or not words:
            continue
        if name == "TEL" and _digits(words) not in map(_digits, lists["phones"]):
            lists["phones"].append(words)
        elif name == "URL" and safe_url(words):
            lists["links"].append(words)
        elif name in ("EMAIL", "ADR"):
            lists["emails" if name == "EMAIL" else "addresses"].append(words)
        elif ours := {"ORG": "company", "TITLE": "role", "BDAY": "birthday", "NOTE": "note"}.get(name):
            single.setdefault(ours, words)
    found: dict[str, Any] = {name: entries[:MAX_ENTRIES] for name, entries in lists.items() if entries}
    return found | single


def _read_value(said: str) -> str:
    """The parts of a value, with what was escaped in them."""
    parts = re.split(r"(?<!\\);", said)
    return ", ".join(words for part in parts if (words := _ESCAPED.sub(_unescape, part).strip()))[:300]


def _unescape(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)
