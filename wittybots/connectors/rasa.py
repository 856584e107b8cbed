"""Rasa's REST channel (docs/bots/rasa.md): a message goes out, an array of what the bot says comes back."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlunsplit

from django.utils.translation import gettext as _

from wittybots.connectors import http_call
from wittybots.connectors.parsing import (
    Found,
    add_file,
    add_text,
    attributes_of,
    choices_of,
    describe_unread,
    file_of,
    hand_over_of,
    items_of,
    kind_of_file,
    text_of,
)
from wittybots.models import Endpoint
from wittybots.turns import Reply, Turn

EVENTS = frozenset({"message_created", "ping"})
PATH, ALIVE = "/webhooks/rest/webhook", "/webhooks/rest/"
# what a custom object may call it
HAND_OVER = ("handoff", "handover", "hand_over", "human_handoff")


def call(endpoint: Endpoint, turn: Turn) -> Reply:
    """Send the customer's words, and read the array. Raises OriginError."""
    clock = http_call.Clock()
    if turn.event == "ping":
        response = http_call.check_status(http_call.ask_bot("GET", address_of(endpoint, ALIVE), clock))
        return Reply(status_code=response.status_code)
    body = {
        "sender": f"{turn.chat_id}-{turn.change_id}",
        "message": turn.payload or turn.text or _first_file(turn),
        "metadata": {
            "conversation": turn.body.get("conversation"),
            "contact": turn.body.get("contact"),
            "message": turn.body.get("message"),
            "control_version": turn.change_id,
        },
    }
    response = http_call.check_status(
        http_call.ask_bot("POST", address_of(endpoint, PATH), clock, raw=http_call.as_json(body))
    )
    found = Found()
    read_answer(http_call.value_of(response), found)
    return found.reply(answered=True, status_code=response.status_code)


def address_of(endpoint: Endpoint, path: str) -> str:
    """Its webhook, which the setting may name already; the token goes as Rasa wants it."""
    parts = http_call.parts_of(endpoint.url)
    base = parts.path.rstrip("/").removesuffix(PATH)
    query = "&".join(
        one
        for one in (parts.query, urlencode({"token": endpoint.access_token}) if endpoint.access_token else "")
        if one
    )
    return urlunsplit((parts.scheme, parts.netloc, base + path, query, ""))


def _first_file(turn: Turn) -> str:
    message = turn.body.get("message") or {}
    files = message.get("attachments") or [{}]
    return text_of(files[0].get("url"))


def read_answer(value: Any, found: Found) -> None:
    """What the array holds, into `found`."""
    for number, one in enumerate(items_of(value, _("La respuesta"), found), 1):
        if not isinstance(one, Mapping):
            found.odd.append(describe_unread(_("El elemento %(number)s") % {"number": number}, one))
            continue
        _read_part(one, found, number)


def _read_part(one: Mapping[str, Any], found: Found, number: int) -> None:
    text = text_of(one.get("text"))
    choices = choices_of(one.get("buttons"), found, ("title",), ("payload",))
    custom, files = one.get("custom"), 0
    for kind, file in (("image", one.get("image")), ("", _unpack_attachment(one.get("attachment")))):
        if file:
            kind = kind or kind_of_file(file_of(file), str(file.get("type", "")) if isinstance(file, Mapping) else "")
            add_file(kind, file, "" if choices or files else text, found)
            files += 1
    if choices or (text and not files):
        add_text(text, found, choices)
    if isinstance(custom, Mapping):
        _read_custom(custom, found)
    elif custom is not None or not (text or choices or files):
        found.odd.append(
            describe_unread(_("El elemento %(number)s") % {"number": number}, custom if custom is not None else one)
        )


def _unpack_attachment(value: Any) -> Any:
    """Rasa's own {type, payload: {src}} with its address on top; anything else as it is."""
    if not isinstance(value, Mapping) or not isinstance(value.get("payload"), Mapping):
        return value
    kind = text_of(value.get("type"), 20)
    return {**value["payload"], "type": {"file": "document"}.get(kind, kind)}


def _read_custom(custom: Mapping[str, Any], found: Found) -> None:
    """A hand-over and attributes; other custom objects are for other channels."""
    named = next((name for name in HAND_OVER if name in custom), None)
    action = text_of(custom.get("action"), 40).lower()
    if named is not None:
        found.hand_over = hand_over_of(custom[named], found) or found.hand_over
    elif action in HAND_OVER or action == "action_human_handoff":
        found.hand_over = hand_over_of(dict(custom), found)
    elif "attributes" not in custom:
        found.odd.append(_("Un objeto custom que no es handoff ni attributes"))
    if named is not None or action not in HAND_OVER:
        found.attributes |= attributes_of(custom.get("attributes"), found)
