"""Reading of a Botpress bot's messages, by their types."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from wittybots.connectors.parsing import (
    Found,
    add_file,
    add_text,
    attributes_of,
    choices_of,
    describe_unread,
    first_of,
    hand_over_of,
    items_of,
    text_of,
    url_of,
)

FILES = {"image": "image", "audio": "audio", "video": "video", "file": "document"}
DEEPEST = 3


def read_message(message: Mapping[str, Any], found: Found) -> None:
    """One of the bot's messages. `handoff` and `attributes` in its metadata (or its payload) count."""
    payload, metadata = message.get("payload"), message.get("metadata")
    if not isinstance(payload, Mapping):
        found.odd.append(describe_unread(_("Un mensaje"), payload))
        return
    _read_payload(payload, found, 0)
    for held in (payload, metadata):
        if isinstance(held, Mapping):
            found.hand_over = hand_over_of(held.get("handoff"), found) or found.hand_over
            found.attributes |= attributes_of(held.get("attributes"), found)


def _read_payload(payload: Mapping[str, Any], found: Found, depth: int) -> None:
    kind = text_of(payload.get("type"), 30)
    if kind in ("text", "markdown"):
        add_text(first_of(payload, (kind, "text")), found)
    elif kind in ("choice", "dropdown", "single-choice"):
        options = choices_of(payload.get("options"), found, ("label", "title"), ("value",))
        add_text(text_of(payload.get("text")), found, options)
    elif kind in FILES:
        url = payload.get(f"{kind}Url")
        title = text_of(payload.get("title"), 200)
        add_file(FILES[kind], {"url": url, "filename": title} if url_of(url) else None, "", found)
    elif kind == "card":
        _read_card(payload, found)
    elif kind == "location":
        _read_place(payload, found)
    elif kind in ("bloc", "carousel") and depth < DEEPEST:
        for one in items_of(payload.get("items"), kind, found):
            if isinstance(one, Mapping):
                _read_payload({"type": "card", **one} if kind == "carousel" else one, found, depth + 1)
            else:
                found.odd.append(describe_unread(_("Un elemento"), one))
    elif "handoff" not in payload and "attributes" not in payload:
        found.odd.append(_("Un mensaje de tipo %(kind)s") % {"kind": kind or "?"})


def _read_card(card: Mapping[str, Any], found: Found) -> None:
    if url_of(card.get("imageUrl")):
        add_file("image", card["imageUrl"], "", found)
    lines = [text_of(card.get("title"), 1_000), text_of(card.get("subtitle"), 2_000)]
    taps = []
    for action in items_of(card.get("actions"), "actions", found):
        if not isinstance(action, Mapping):
            found.odd.append(describe_unread(_("Una acción"), action))
        elif action.get("action") == "url":
            lines.append(f"{text_of(action.get('label'), 100)}: {url_of(action.get('value'))}".strip(": "))
        else:
            taps.append(action)
    choices = choices_of(taps, found, ("label",), ("value",))
    add_text("\n".join(line for line in lines if line), found, choices)


def _read_place(place: Mapping[str, Any], found: Found) -> None:
    where = [text_of(place.get(name), 300) for name in ("title", "address")]
    numbers = [place.get("latitude"), place.get("longitude")]
    if all(isinstance(one, (int, float)) and not isinstance(one, bool) and abs(one) <= 180 for one in numbers):
        where.append(f"https://maps.google.com/?q={numbers[0]},{numbers[1]}")
    add_text("\n".join(line for line in where if line), found)
