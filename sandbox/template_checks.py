"""What sending a template needs: the template itself, in that language and usable, and all of its variables."""

import re
from typing import Any

from sandbox.checks import check_location, check_media
from sandbox.errors import GraphError
from sandbox.shapes import check_keys, check_text
from sandbox.templates import templates_of_account
from sandbox.world import SandboxWorld

COMPONENTS = ("header", "body", "button")
# what a template's text may grow to with its variables
MAX_BODY_CHARS, MAX_HEADER_CHARS = 1024, 60
MAX_URL_CHARS, MAX_PAYLOAD_CHARS, MAX_COUPON_CHARS = 2000, 256, 15
# by type of button: what is sent for it
SUB_TYPES = {"QUICK_REPLY": "quick_reply", "URL": "url", "COPY_CODE": "copy_code"}
_VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")
Part = dict[str, Any]


def check_template(world: SandboxWorld, account: str, content: Any) -> tuple[str, list[dict[str, str]]]:
    """The text that the customer sees and the buttons below it. Raises GraphError."""
    check_keys(content, ("name", "namespace", "language", "components"), "template")
    found = _find_template(world, account, content)
    given = _read_components(content.get("components") or [])
    lines, buttons = [], []
    for part in found["components"]:
        if part["type"] == "BUTTONS":
            buttons = _fill_buttons(part["buttons"], given)
        elif part["type"] == "HEADER" and part["format"] != "TEXT":
            _check_header(world, account, part["format"].lower(), given)
        elif text := _fill_text(found, part, given):
            lines.append(text)
    if given:
        raise GraphError(132000, f"{found['name']} has no {given[0].get('type')} that takes parameters")
    return "\n".join(lines), buttons


def find_category(world: SandboxWorld, account: str, content: Any) -> str:
    """As what a template is charged."""
    return str(_find_template(world, account, content)["category"]).lower()


def _find_template(world: SandboxWorld, account: str, content: Part) -> Part:
    name, language = content.get("name"), check_keys(content.get("language") or {}, ("code", "policy"), "language")
    code = language.get("code")
    if not name or not code:
        raise GraphError(131008, "template['name'] and template['language']['code'] are required")
    if language.get("policy", "deterministic") != "deterministic":
        raise GraphError(100, "Param template['language']['policy'] must be one of {DETERMINISTIC}.")
    known = [
        found for found in templates_of_account(world, account) if (found["name"], found["language"]) == (name, code)
    ]
    if not known or known[0]["status"] not in ("APPROVED", "PAUSED", "DISABLED"):
        raise GraphError(132001, f"template name ({name}) does not exist in {code}")
    if known[0]["status"] != "APPROVED":
        raise GraphError(132015 if known[0]["status"] == "PAUSED" else 132016, f"{name} is {known[0]['status']}")
    return known[0]


def _read_components(given: Any) -> list[Part]:
    if not isinstance(given, list):
        raise GraphError(100, "Param template['components'] must be an array.")
    for at, part in enumerate(given):
        shown = f"template['components'][{at}]"
        check_keys(part, ("type", "sub_type", "index", "parameters"), shown)
        if str(part.get("type", "")).lower() not in COMPONENTS:
            raise GraphError(100, f"Param {shown}['type'] must be one of {{{', '.join(COMPONENTS).upper()}}}.")
        if not isinstance(part.get("parameters") or [], list):
            raise GraphError(100, f"Param {shown}['parameters'] must be an array.")
    return list(given)


def _take_component(given: list[Part], kind: str, index: int | None = None) -> Part | None:
    for part in given:
        if part["type"].lower() == kind and (index is None or str(part.get("index")) == str(index)):
            given.remove(part)
            return part
    return None


# --- texts --------------------------------------------------------------------------------------


def _fill_text(template: Part, part: Part, given: list[Part]) -> str:
    kind = part["type"].lower()
    wanted = list(dict.fromkeys(_VARIABLE.findall(part["text"])))
    parameters = (_take_component(given, kind) or {}).get("parameters") or []
    if len(parameters) != len(wanted):
        raise GraphError(
            132000,
            f"{kind}: number of localizable_params ({len(parameters)}) does not match "
            f"the expected number of params ({len(wanted)})",
        )
    is_named = template["parameter_format"] == "NAMED"
    values: dict[str, str] = {}
    for place, parameter in enumerate(parameters):
        name = str(parameter.get("parameter_name") or "") if is_named else str(place + 1)
        if not name:
            raise GraphError(100, "Parameter name is missing or empty")
        if name not in wanted or name in values:
            raise GraphError(132012, f"{kind}: {name!r} is no parameter of the template, or given twice")
        values[name] = _read_value(kind, parameter)
    text = _VARIABLE.sub(lambda found: values[found[1]], part["text"])
    if len(text) > (MAX_HEADER_CHARS if kind == "header" else MAX_BODY_CHARS):
        raise GraphError(132005, f"{kind}: the text with its parameters is too long")
    return text


def _read_value(kind: str, parameter: Part) -> str:
    shape = parameter.get("type")
    if shape in ("currency", "date_time"):
        return str((parameter.get(shape) or {}).get("fallback_value") or "")
    if shape != "text":
        raise GraphError(132012, f"{kind}: Format mismatch, expected TEXT, received {str(shape).upper()}")
    text = check_keys(parameter, ("type", "text", "parameter_name"), f"{kind} parameter").get("text")
    if not isinstance(text, str) or not text.strip():
        raise GraphError(131008, "Parameter of type text is missing text value")
    if "\n" in text or "\t" in text or "     " in text:
        raise GraphError(132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
    return text


# --- headers and buttons ------------------------------------------------------------------------


def _check_header(world: SandboxWorld, account: str, kind: str, given: list[Part]) -> None:
    parameters = (_take_component(given, "header") or {}).get("parameters") or [{}]
    received = str(parameters[0].get("type") or "unknown")
    if len(parameters) != 1 or received != kind or not parameters[0].get(kind):
        raise GraphError(132012, f"header: Format mismatch, expected {kind.upper()}, received {received.upper()}")
    shown = f"template['components'][0]['parameters'][0]['{kind}']"
    if kind == "location":
        check_location(parameters[0][kind], shown)
    else:
        check_media(world, account, kind, parameters[0][kind], shown)


def _fill_buttons(buttons: list[Part], given: list[Part]) -> list[dict[str, str]]:
    shown = []
    for index, button in enumerate(buttons):
        sent = _take_component(given, "button", index)
        parameter = _read_parameter(index, button, sent) if sent else {}
        if button["type"] == "QUICK_REPLY":
            payload = check_text(parameter, "payload", MAX_PAYLOAD_CHARS, f"button {index} payload")
            shown.append({"kind": "template", "title": button["text"], "payload": payload or button["text"]})
        elif button["type"] == "URL":
            shown.append({"kind": "url", "title": button["text"], "payload": _fill_url(index, button, parameter)})
        elif button["type"] == "COPY_CODE":
            code = check_text(parameter, "coupon_code", MAX_COUPON_CHARS, f"button {index} coupon_code", needed=True)
            shown.append({"kind": "url", "title": code, "payload": ""})
        elif sent:
            raise GraphError(132012, f"Button at index {index} takes no parameter")
    return shown


def _read_parameter(index: int, button: Part, sent: Part) -> Part:
    expected = SUB_TYPES.get(button["type"])
    if expected is None or str(sent.get("sub_type", "")).lower() != expected:
        raise GraphError(132012, f"Button at index {index} is of type {button['type']}, not {sent.get('sub_type')}")
    parameters = sent.get("parameters") or [{}]
    if len(parameters) != 1 or not isinstance(parameters[0], dict):
        raise GraphError(132000, f"Button at index {index} takes one parameter")
    return dict(parameters[0])


def _fill_url(index: int, button: Part, parameter: Part) -> str:
    if "{{" not in button["url"]:
        if parameter:
            raise GraphError(132012, f"Button at index {index} takes no parameter")
        return str(button["url"])
    if not parameter.get("text"):
        raise GraphError(131008, f"Button at index {index} of type Url requires a parameter")
    text = check_text(parameter, "text", MAX_URL_CHARS, f"button {index} text")
    return str(button["url"]).replace("{{1}}", text)
