"""What WhatsApp looks at before it takes a message."""

from typing import Any

from sandbox.errors import GraphError
from sandbox.records import OurLine
from sandbox.world import SandboxWorld

TYPES = ("text", "image", "audio", "video", "document", "sticker", "location", "contacts", "interactive", "template")
MEDIA = {
    "image": ("image/jpeg", "image/png"),
    "audio": ("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"),
    "video": ("video/mp4", "video/3gpp"),
    "document": (),
    "sticker": ("image/webp",),
}
BYTES_PER_MB = 1024 * 1024
MAX_BYTES = {
    "image": 5 * BYTES_PER_MB,
    "audio": 16 * BYTES_PER_MB,
    "video": 16 * BYTES_PER_MB,
    "document": 100 * BYTES_PER_MB,
    "sticker": 500 * 1024,
}


def check_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> None:
    """Raises GraphError where a message is not one that WhatsApp takes."""
    if data.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if not data.get("to") and not data.get("recipient"):
        raise GraphError(100, "The parameter to is required.")
    kind = data.get("type", "text")
    if kind not in (*TYPES, "reaction"):
        raise GraphError(100, f'Param type must be one of {{{", ".join(TYPES).upper()}}} - got "{kind}".')
    if not isinstance(data.get(kind), dict | list):
        raise GraphError(131009, f"Parameter '{kind}' is mandatory for type '{kind}'")
    if len(str(data.get("biz_opaque_callback_data", ""))) > 512:
        raise GraphError(131009, "biz_opaque_callback_data is too long")
    content = data[kind]
    if kind == "text":
        check_length(content, "body", 4096, "text['body']", needed=True)
    elif kind in MEDIA:
        _check_media(world, kind, content)
    elif kind == "location":
        _check_location(content)
    elif kind == "contacts":
        _check_contacts(content)
    elif kind == "interactive":
        _check_interactive(content)
    elif kind == "reaction" and not content.get("message_id"):
        raise GraphError(131008, "reaction['message_id'] is required")


def check_length(content: dict[str, Any], name: str, most: int, shown: str, *, needed: bool = False) -> str:
    """A text of a message, of at most so many characters."""
    text = content.get(name)
    if text is None or text == "":
        if needed:
            raise GraphError(131008, f"{shown} is required")
        return ""
    if not isinstance(text, str):
        raise GraphError(100, f"Param {shown} must be a string.")
    if len(text) > most:
        raise GraphError(100, f"Param {shown} must be at most {most} characters long.")
    return text


def _check_media(world: SandboxWorld, kind: str, content: dict[str, Any]) -> None:
    if bool(content.get("id")) == bool(content.get("link")):
        raise GraphError(131009, f"exactly one of {kind}['id'] and {kind}['link'] is required")
    if kind in ("image", "video", "document"):
        check_length(content, "caption", 1024, f"{kind}['caption']")
    elif "caption" in content:
        raise GraphError(100, f'Unexpected key "caption" on param "{kind}".')
    if "filename" in content and kind != "document":
        raise GraphError(100, f'Unexpected key "filename" on param "{kind}".')
    if content.get("id"):
        media = world.media.get(str(content["id"]))
        if media is None:
            raise GraphError(131009, f"Parameter value is not valid: media {content['id']} does not exist")
        if MEDIA[kind] and media.mime.split(";")[0] not in MEDIA[kind]:
            raise GraphError(131053, f"{media.mime} is not a type of {kind}")
        if len(media.data) > MAX_BYTES[kind]:
            raise GraphError(131053, f"the file is too large for {kind}")


def _check_location(content: dict[str, Any]) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            good = abs(float(content[name])) <= most
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            raise GraphError(131009, f"location['{name}'] is not valid")


def _check_contacts(content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise GraphError(131009, "contacts is a list of at least one")
    for contact in content:
        name = contact.get("name") or {}
        if not name.get("formatted_name"):
            raise GraphError(131008, "contacts['name']['formatted_name'] is required")
        if not any(name.get(part) for part in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
            raise GraphError(131009, "at least one more part of contacts['name'] is required")


def _check_interactive(content: dict[str, Any]) -> None:
    kind = content.get("type")
    if kind not in ("button", "list", "cta_url", "request_contact_info", "location_request_message"):
        raise GraphError(131009, "interactive['type'] is not valid")
    check_length(
        content.get("body") or {}, "text", 4096 if kind == "list" else 1024, "interactive['body']", needed=True
    )
    header = content.get("header") or {}
    if header.get("type", "text") == "text" and header:
        check_length(header, "text", 60, "interactive['header']", needed=True)
    check_length(content.get("footer") or {}, "text", 60, "interactive['footer']")
    action = content.get("action") or {}
    if kind == "button":
        _check_buttons(action.get("buttons"))
    elif kind == "list":
        _check_list(action)


def _check_buttons(buttons: Any) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise GraphError(131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    replies = [button.get("reply") or {} for button in buttons]
    for button, reply in zip(buttons, replies, strict=True):
        if button.get("type") != "reply":
            raise GraphError(131009, "buttons['type'] must be reply")
        check_length(reply, "title", 20, "buttons['reply']['title']", needed=True)
        check_length(reply, "id", 256, "buttons['reply']['id']", needed=True)
    _check_distinct([reply["id"] for reply in replies], "button ids")
    _check_distinct([reply["title"] for reply in replies], "button titles")


def _check_list(action: dict[str, Any]) -> None:
    check_length(action, "button", 20, "action['button']", needed=True)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise GraphError(131009, "Invalid sections count. Min allowed sections: 1, Max allowed sections: 10")
    rows = [row for section in sections for row in section.get("rows") or []]
    if not 1 <= len(rows) <= 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10")
    for section in sections:
        check_length(section, "title", 24, "sections['title']", needed=len(sections) > 1)
    for row in rows:
        check_length(row, "title", 24, "rows['title']", needed=True)
        check_length(row, "id", 200, "rows['id']", needed=True)
        check_length(row, "description", 72, "rows['description']")
    _check_distinct([row["id"] for row in rows], "row ids")


def _check_distinct(values: list[str], what: str) -> None:
    if len(set(values)) < len(values):
        raise GraphError(131009, f"duplicated {what}")
