"""Validation of WhatsApp messages: their shape, limits and ids. What is found out later is in `obstacles`."""

import re
from typing import Any

from sandbox.emoji import is_one_emoji
from sandbox.errors import GraphError
from sandbox.interactive import check_interactive
from sandbox.links import is_link
from sandbox.records import OurLine
from sandbox.shapes import check_keys, check_text
from sandbox.world import SandboxWorld

MEDIA_KEYS = {
    "image": ("id", "link", "caption"),
    "audio": ("id", "link", "voice"),
    "video": ("id", "link", "caption"),
    "document": ("id", "link", "caption", "filename"),
    "sticker": ("id", "link"),
}
TYPES = (*sorted(MEDIA_KEYS), "contacts", "interactive", "location", "reaction", "template", "text")
# of a contact card
CARD_KEYS = ("addresses", "birthday", "emails", "name", "org", "phones", "urls")
NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")
# signs that people write numbers with; what is left is digits
_NUMBER = re.compile(r"\+?[0-9\s().-]+")
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


def check_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> None:
    """Raises GraphError where a message is not one that WhatsApp takes."""
    check_product(data)
    _check_recipient(line, data)
    kind = data.get("type", "text")
    if kind not in TYPES:
        raise GraphError(100, f'Param type must be one of {{{", ".join(TYPES).upper()}}} - got "{kind}".')
    if not isinstance(data.get(kind), dict | list):
        raise GraphError(131009, f"Parameter '{kind}' is mandatory for type '{kind}'")
    if len(str(data.get("biz_opaque_callback_data", ""))) > 512:
        raise GraphError(100, "Param biz_opaque_callback_data must be at most 512 characters long.")
    context = check_keys(data.get("context") or {}, ("message_id",), "context")
    if context and not _is_message_id(context.get("message_id")):
        raise GraphError(131009, "Invalid context message_id")
    content = data[kind]
    if kind == "text":
        _check_body(content)
    elif kind in MEDIA_KEYS:
        check_media(world, line.account_id, kind, content, kind)
    elif kind == "location":
        check_location(content, "location")
    elif kind == "contacts":
        _check_contacts(content)
    elif kind == "interactive":
        check_interactive(content, lambda kind, media, shown: check_media(world, line.account_id, kind, media, shown))
    elif kind == "reaction":
        _check_reaction(content)


def check_product(data: dict[str, Any]) -> None:
    given = data.get("messaging_product")
    if not given:
        raise GraphError(100, "The parameter messaging_product is required.")
    if given != "whatsapp":
        raise GraphError(100, f'Param messaging_product must be one of {{WHATSAPP}} - got "{given}".')


def check_read(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> None:
    """Marking a message as read, and typing under it. Raises GraphError."""
    check_product(data)
    wamid = data.get("message_id")
    if not _is_message_id(wamid) or not _is_theirs(world, line, str(wamid)):
        raise GraphError(100, "Invalid parameter")
    if "typing_indicator" in data:
        typing = check_keys(data["typing_indicator"], ("type",), "typing_indicator")
        if typing.get("type") != "text":
            raise GraphError(100, "Param typing_indicator['type'] must be one of {TEXT}.")


def _is_theirs(world: SandboxWorld, line: OurLine, wamid: str) -> bool:
    return any(
        customer.line is line and (entry := customer.entries.get(wamid)) is not None and entry.side == "customer"
        for customer in world.customers.values()
    )


def _is_message_id(given: object) -> bool:
    return isinstance(given, str) and given.startswith("wamid.")


def _check_recipient(line: OurLine, data: dict[str, Any]) -> None:
    if data.get("recipient_type", "individual") not in ("individual", "group"):
        raise GraphError(100, "Param recipient_type must be one of {INDIVIDUAL, GROUP}.")
    to, recipient = data.get("to"), data.get("recipient")
    if not to and not recipient:
        raise GraphError(100, "The parameter to is required.")
    if to:
        digits = re.sub(r"\D", "", str(to))
        if not _NUMBER.fullmatch(str(to)) or not 5 <= len(digits) <= 20:
            raise GraphError(131009, f"Recipient phone number not valid: {to}")
        if digits == line.phone:
            raise GraphError(131021, "Recipient's phone number is the same as the sender's")
    elif not isinstance(recipient, str) or not _USER_ID.fullmatch(recipient):
        raise GraphError(100, "Param recipient must be a valid business-scoped user ID.")


def _check_body(content: Any) -> None:
    check_keys(content, ("body", "preview_url"), "text")
    if content.get("preview_url", False) not in (True, False, "true", "false"):
        raise GraphError(100, "Param text['preview_url'] must be a boolean.")
    check_text(content, "body", 4096, "text['body']", needed=True)


def check_media(world: SandboxWorld, account: str, kind: str, content: Any, shown: str) -> None:
    """A file by its id or its address, of a message, a header or a template. An id is of one account, and runs out.
    Raises GraphError."""
    check_keys(content, MEDIA_KEYS[kind], shown)
    if bool(content.get("id")) == bool(content.get("link")):
        raise GraphError(131009, f"exactly one of {shown}['id'] and {shown}['link'] is required")
    check_text(content, "caption", 1024, f"{shown}['caption']")
    check_text(content, "filename", 240, f"{shown}['filename']")
    if content.get("link"):
        if not is_link(content["link"]):
            raise GraphError(100, f"Param {shown}['link'] must be a valid URI.")
    elif not _may_send(world, account, str(content["id"])):
        raise GraphError(100, f"Param {shown}['id'] is not a valid whatsapp business account media attachment ID")


def _may_send(world: SandboxWorld, account: str, media_id: str) -> bool:
    media = world.media.get(media_id)
    return media is not None and media.account in ("", account) and world.now() < media.until


def check_location(content: Any, shown: str) -> None:
    """A place, of a message or of a template. Raises GraphError."""
    check_keys(content, ("latitude", "longitude", "name", "address"), shown)
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            good = abs(float(content[name])) <= most
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            raise GraphError(131009, f"{shown}['{name}'] is not valid")
    check_text(content, "name", 1000, f"{shown}['name']")
    check_text(content, "address", 1000, f"{shown}['address']")


def _check_contacts(content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise GraphError(131009, "contacts is a list of at least one")
    for at, contact in enumerate(content):
        check_keys(contact, CARD_KEYS, f"contacts[{at}]")
        name = check_keys(contact.get("name") or {}, ("formatted_name", *NAME_PARTS), f"contacts[{at}]['name']")
        if not name.get("formatted_name"):
            raise GraphError(131008, "contacts['name']['formatted_name'] is required")
        if not any(name.get(part) for part in NAME_PARTS):
            raise GraphError(131009, "at least one more part of contacts['name'] is required")
        for phone in contact.get("phones") or []:
            check_keys(phone, ("phone", "type", "wa_id"), f"contacts[{at}]['phones']")


def _check_reaction(content: Any) -> None:
    check_keys(content, ("message_id", "emoji"), "reaction")
    if not content.get("message_id"):
        raise GraphError(131008, "The parameter reaction['message_id'] is required.")
    if not _is_message_id(content["message_id"]):
        raise GraphError(131009, "Invalid reaction message_id")
    emoji = content.get("emoji")
    if not isinstance(emoji, str):
        raise GraphError(131008, "The parameter reaction['emoji'] is required.")
    if emoji and not is_one_emoji(emoji):
        raise GraphError(131009, "reaction['emoji'] must be a single emoji")
