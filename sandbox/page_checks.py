"""Validation of Messenger's and Instagram's messages: texts, quick replies, templates, tags and the window."""

from collections.abc import Collection
from typing import Any

from sandbox import sending
from sandbox.errors import GraphError
from sandbox.records import Customer, OurLine
from sandbox.world import SandboxWorld

MESSAGE_KEYS = ("text", "attachment", "quick_replies", "metadata")
QUICK_KEYS = ("content_type", "title", "payload", "image_url")
ATTACHED = ("image", "audio", "video", "file")
MESSAGING_TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
# by kind of template: how many elements at most, the limit of their texts
MAX_ELEMENTS, MAX_TITLE_CHARS, MAX_BUTTONS, MAX_BUTTON_CHARS, MAX_BUTTON_TEXT_CHARS = 10, 80, 3, 20, 640
MAX_QUICK_REPLIES, MAX_QUICK_CHARS, MAX_PAYLOAD_CHARS = 13, 20, 1000


def check_message(line: OurLine, message: Any) -> None:
    """Raises GraphError where a message is not one that the network takes."""
    if not isinstance(message, dict):
        raise GraphError(100, "Param message must be an object")
    _check_keys(message, MESSAGE_KEYS, "message")
    text, attachment = message.get("text"), message.get("attachment")
    if text and attachment:
        raise GraphError(
            100, "Only one of the text, attachment, and dynamic_text fields can be specified", subcode=2018034
        )
    if attachment:
        _check_attachment(attachment)
    elif not isinstance(text, str) or not text.strip():
        raise GraphError(100, "Message cannot be empty, must provide valid attachment or text", subcode=2018034)
    else:
        _check_text(line, text)
    _check_length(message, "metadata", MAX_PAYLOAD_CHARS, "message")
    _check_quick_replies(message.get("quick_replies") or [])


def _check_keys(content: Any, known: Collection[str], shown: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise GraphError(100, f"Param {shown} must be an object")
    if unknown := [name for name in content if name not in known]:
        raise GraphError(100, f'Invalid keys "{", ".join(unknown)}" were found in param "{shown}".')
    return content


def _check_length(content: dict[str, Any], name: str, most: int, shown: str, *, needed: bool = False) -> None:
    text = content.get(name)
    if not text:
        if needed:
            raise GraphError(100, f"The parameter {shown}[{name}] is required")
        return
    if not isinstance(text, str):
        raise GraphError(100, f"Param {shown}[{name}] must be a string")
    if len(text) > most:
        raise GraphError(100, f"Length of param {shown}[{name}] must be less than or equal to {most}")


def _check_text(line: OurLine, text: str) -> None:
    if line.kind == "messenger" and len(text) > 2000:
        raise GraphError(100, "Length of param message[text] must be less than or equal to 2000")
    if line.kind == "instagram" and len(text.encode()) > 1000:
        raise GraphError(100, "Length of param message[text] must be less than or equal to 1000 bytes")


def _check_quick_replies(found: Any) -> None:
    if not isinstance(found, list) or len(found) > MAX_QUICK_REPLIES:
        raise GraphError(100, f"Too many elements in message[quick_replies]: at most {MAX_QUICK_REPLIES}")
    for at, quick in enumerate(found):
        shown = f"message[quick_replies][{at}]"
        kind = _check_keys(quick, QUICK_KEYS, shown).get("content_type")
        if kind not in ("text", "user_phone_number", "user_email"):
            raise GraphError(100, f"Param {shown}[content_type] must be one of TEXT, USER_PHONE_NUMBER, USER_EMAIL")
        _check_length(quick, "title", MAX_QUICK_CHARS, shown, needed=kind == "text")
        _check_length(quick, "payload", MAX_PAYLOAD_CHARS, shown, needed=kind == "text")


def _check_attachment(attachment: Any) -> None:
    _check_keys(attachment, ("type", "payload"), "message[attachment]")
    kind, payload = attachment.get("type"), attachment.get("payload") or {}
    if kind == "template":
        _check_template(payload)
    elif kind not in ATTACHED:
        known = ", ".join((*ATTACHED, "template"))
        raise GraphError(100, f"Param message[attachment][type] must be one of {{{known}}}")
    else:
        _check_keys(payload, ("url", "attachment_id", "is_reusable"), "message[attachment][payload]")


def _check_template(payload: dict[str, Any]) -> None:
    shown = "message[attachment][payload]"
    kind = payload.get("template_type")
    if kind == "button":
        _check_length(payload, "text", MAX_BUTTON_TEXT_CHARS, shown, needed=True)
        _check_buttons(payload.get("buttons"), shown, needed=True)
    elif kind in ("generic", "media"):
        elements = payload.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= (MAX_ELEMENTS if kind == "generic" else 1):
            raise GraphError(100, f"Invalid number of elements in {shown}[elements]", subcode=2018145)
        for at, element in enumerate(elements):
            _check_length(element, "title", MAX_TITLE_CHARS, f"{shown}[elements][{at}]", needed=kind == "generic")
            _check_length(element, "subtitle", MAX_TITLE_CHARS, f"{shown}[elements][{at}]")
            _check_buttons(element.get("buttons"), f"{shown}[elements][{at}]")
    else:
        raise GraphError(100, f"Param {shown}[template_type] is not one of the template types")


def _check_buttons(buttons: Any, shown: str, *, needed: bool = False) -> None:
    if buttons is None and not needed:
        return
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MAX_BUTTONS:
        raise GraphError(100, f"{shown}[buttons] holds from 1 to {MAX_BUTTONS} buttons", subcode=2018054)
    for at, button in enumerate(buttons):
        called = f"{shown}[buttons][{at}]"
        if button.get("type") not in ("postback", "web_url", "phone_number"):
            raise GraphError(100, f"Param {called}[type] is not one of the button types")
        _check_length(button, "title", MAX_BUTTON_CHARS, called, needed=True)
        carried = "url" if button["type"] == "web_url" else "payload"
        _check_length(button, carried, MAX_PAYLOAD_CHARS, called, needed=True)


def check_right(world: SandboxWorld, line: OurLine, customer: Customer, data: dict[str, Any]) -> None:
    """By what right a message goes out now: an answer within a day, or a person's within seven. Raises GraphError."""
    kind, tag = data.get("messaging_type", "RESPONSE"), data.get("tag")
    if kind not in MESSAGING_TYPES:
        raise GraphError(100, "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG, UTILITY}")
    if tag and kind != "MESSAGE_TAG":
        raise GraphError(100, "Param tag goes with messaging_type MESSAGE_TAG")
    if tag and tag != "HUMAN_AGENT":
        raise GraphError(100, f"Param tag: {tag} is no longer supported")
    if kind == "MESSAGE_TAG" and not tag:
        raise GraphError(100, "MESSAGE_TAG needs the parameter tag")
    if tag and not line.human_agent:
        raise GraphError(10, "This tag needs the Human Agent feature", subcode=0)
    if not sending.is_window_open(world, customer, 7 if tag else 1) or world.draw_fault("error_131047"):
        subcode = 2018278 if line.kind == "messenger" else 2534022
        raise GraphError(10, "This message is sent outside of allowed window.", subcode=subcode, status=400)
