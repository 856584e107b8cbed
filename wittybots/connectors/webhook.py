"""A bot, or an integration, behind a signed webhook (docs/bots/webhooks.md). It may answer at once, or by the API."""

import time
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from wittybots import signing
from wittybots.connectors import http_call, rasa
from wittybots.connectors.parsing import (
    MEDIA,
    Found,
    attributes_of,
    choices_of,
    describe_unread,
    file_of,
    hand_over_of,
    items_of,
    kind_of_file,
    offer_choices,
    text_of,
)
from wittybots.models import EVENTS as ALL
from wittybots.models import Endpoint
from wittybots.turns import Reply, Saying, Turn

EVENTS = frozenset(ALL) | {"ping"}


def call(endpoint: Endpoint, turn: Turn) -> Reply:
    """Post the event, and read what came back. Raises OriginError."""
    raw = http_call.as_json(turn.body)
    signed = signing.sign_headers((endpoint.secret, endpoint.previous_secret), turn.uuid, int(time.time()), raw)
    response = http_call.check_status(
        http_call.ask_bot("POST", endpoint.url, http_call.Clock(), raw=raw, headers=signed)
    )
    if endpoint.bot_id is None:
        # who only listens has nothing to say: "OK" is as good as anything
        return Reply(status_code=response.status_code)
    return read_answer(http_call.value_of(response), response.status_code)


def read_answer(value: Any, status_code: int = 200) -> Reply:
    """`{"messages", "handoff", "attributes"}`, or Rasa's array; anything else says nothing."""
    found = Found()
    if isinstance(value, list):
        rasa.read_answer(value, found)
        return found.reply(answered=True, status_code=status_code)
    if not isinstance(value, Mapping):
        return Reply(status_code=status_code)
    given = value.get("messages")
    for number, one in enumerate(items_of(given, "messages", found), 1):
        if (saying := read_message(one, found)) is not None:
            found.said.append(saying)
        else:
            found.odd.append(describe_unread(_("El mensaje %(number)s") % {"number": number}, one))
    found.hand_over = hand_over_of(value.get("handoff"), found)
    found.attributes = attributes_of(value.get("attributes"), found)
    answered = isinstance(given, list) or found.hand_over is not None
    return found.reply(answered=answered, status_code=status_code)


def read_message(one: Any, found: Found) -> Saying | None:
    """One message in the API's form, or a plain text; None for what is neither."""
    if isinstance(one, (str, int)) and not isinstance(one, bool):
        return Saying(text=text) if (text := text_of(one)) else None
    if not isinstance(one, Mapping):
        return None
    text, kind = text_of(one.get("content", one.get("text"))), text_of(one.get("type"), 20)
    reply_to = text_of(one.get("reply_to"), 36)
    template = one.get("template")
    if kind == "template" or (not kind and isinstance(template, Mapping)):
        return Saying("template", text, template=template, reply_to=reply_to) if isinstance(template, Mapping) else None
    listed = one.get("attachments")
    files = [file_of(file) for file in items_of(listed, "attachments", found)]
    if len(kept := [file for file in files if file]) < len(files):
        found.odd.append(_("Un archivo sin dirección web"))
    if kept:
        return Saying(kind_of_file(kept[0], kind), text, attachments=tuple(kept), reply_to=reply_to)
    choices = choices_of(
        one.get("buttons", one.get("choices")), found, ("title", "label", "text"), ("payload", "value")
    )
    if kind in MEDIA or not (text or choices):
        # without its file there is nothing to show but what stood beside it
        return Saying(text=text, reply_to=reply_to) if text else None
    return offer_choices(text, choices, reply_to=reply_to)
