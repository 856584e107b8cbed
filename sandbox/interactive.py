"""WhatsApp's interactive messages: reply buttons, lists, links, and requests for a place or a number."""

from collections.abc import Callable
from typing import Any

from sandbox.errors import GraphError
from sandbox.links import is_link
from sandbox.shapes import check_keys, check_label, check_text

# how a file of a header is checked: kind, content, and how it is named
CheckMedia = Callable[[str, Any, str], None]
KINDS = ("button", "list", "cta_url", "request_contact_info", "location_request_message")
HEADERS = {"button": ("text", "image", "video", "document"), "cta_url": ("text", "image", "video", "document")}


def check_interactive(content: Any, check_media: CheckMedia) -> None:
    """Raises GraphError where WhatsApp would refuse it."""
    check_keys(content, ("type", "header", "body", "footer", "action"), "interactive")
    kind = content.get("type")
    if kind not in KINDS:
        known = ", ".join(KINDS).upper()
        raise GraphError(100, f"Param interactive['type'] must be one of {{{known}}} - got \"{kind}\".")
    body = check_keys(content.get("body") or {}, ("text",), "interactive['body']")
    if not body.get("text"):
        raise GraphError(131008, "The parameter interactive['body']['text'] is required.")
    check_label(body, "text", 4096 if kind == "list" else 1024, "Body text")
    _check_header(kind, content.get("header"), check_media)
    if content.get("footer"):
        check_label(check_keys(content["footer"], ("text",), "interactive['footer']"), "text", 60, "Footer text")
    action = content.get("action")
    if not isinstance(action, dict):
        raise GraphError(131008, "The parameter interactive['action'] is required.")
    _CHECKS[kind](action)


def _check_header(kind: str, header: Any, check_media: CheckMedia) -> None:
    if header is None:
        return
    shape = str(header.get("type")) if isinstance(header, dict) else ""
    if shape not in HEADERS.get(kind, ("text",)):
        raise GraphError(131009, f"Header type invalid: {shape}")
    check_keys(header, ("type", shape), "interactive['header']")
    if shape == "text":
        check_label(header, "text", 60, "Header text")
    else:
        check_media(shape, header.get(shape), f"interactive['header']['{shape}']")


def _check_buttons(action: dict[str, Any]) -> None:
    buttons = check_keys(action, ("buttons",), "interactive['action']").get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise GraphError(131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    replies = []
    for button in buttons:
        check_keys(button, ("type", "reply"), "interactive['action']['buttons']")
        if button.get("type") != "reply":
            raise GraphError(131009, "Invalid button type. Supported button types: reply")
        reply = check_keys(button.get("reply") or {}, ("id", "title"), "interactive['action']['buttons']['reply']")
        check_label(reply, "title", 20, "Button title")
        _check_id(reply, 256, "Button id")
        replies.append(reply)
    _check_distinct([reply["id"] for reply in replies], "button ids")
    _check_distinct([reply["title"] for reply in replies], "button titles")


def _check_list(action: dict[str, Any]) -> None:
    check_keys(action, ("button", "sections"), "interactive['action']")
    check_label(action, "button", 20, "Button label")
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise GraphError(131009, "Invalid sections count. Min allowed sections: 1, Max allowed sections: 10")
    rows = []
    for section in sections:
        check_keys(section, ("title", "rows"), "interactive['action']['sections']")
        check_label(section, "title", 24, "Section title", needed=len(sections) > 1)
        if not isinstance(section.get("rows"), list) or not section["rows"]:
            raise GraphError(131009, "Invalid rows count. Min allowed rows: 1, Max allowed rows: 10")
        rows += section["rows"]
    if len(rows) > 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10")
    for row in rows:
        check_keys(row, ("id", "title", "description"), "interactive['action']['sections']['rows']")
        check_label(row, "title", 24, "Row title")
        _check_id(row, 200, "Row id")
        check_label(row, "description", 72, "Row description", needed=False)
    _check_distinct([row["id"] for row in rows], "row ids")


def _check_link(action: dict[str, Any]) -> None:
    _check_name(action, "cta_url", "parameters")
    shown = "interactive['action']['parameters']"
    parameters = check_keys(action.get("parameters") or {}, ("display_text", "url"), shown)
    check_label(parameters, "display_text", 20, "Button text")
    url = check_text(parameters, "url", 2000, f"{shown}['url']", needed=True)
    if not is_link(url):
        raise GraphError(131009, "Button url is not valid")


def _check_name(action: dict[str, Any], name: str, *more: str) -> None:
    check_keys(action, ("name", *more), "interactive['action']")
    if action.get("name") != name:
        raise GraphError(131009, f"Action name must be {name}")


def _check_id(content: dict[str, Any], most: int, called: str) -> None:
    text = check_label(content, "id", most, called)
    if text != text.strip():
        raise GraphError(131009, f"{called} has leading or trailing spaces")


def _check_distinct(values: list[str], what: str) -> None:
    if len(set(values)) < len(values):
        raise GraphError(131009, f"Duplicated {what}")


_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "button": _check_buttons,
    "list": _check_list,
    "cta_url": _check_link,
    "request_contact_info": lambda action: _check_name(action, "request_contact_info"),
    "location_request_message": lambda action: _check_name(action, "send_location"),
}
