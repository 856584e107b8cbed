"""The templates of a WhatsApp account, and what sending one needs."""

import re
from typing import Any

from sandbox.errors import GraphError
from sandbox.world import SandboxWorld


def _make_body(text: str, **example: Any) -> dict[str, Any]:
    return {"type": "BODY", "text": text, **({"example": example} if example else {})}


def _make_examples(**values: str) -> list[dict[str, str]]:
    return [{"param_name": name, "example": value} for name, value in values.items()]


def templates_of_new_account() -> list[dict[str, Any]]:
    """Templates of every sort: positional, named, with a picture, with buttons, paused, pending, refused."""
    url = {"type": "URL", "text": "Ver catálogo", "url": "https://example.com/c/{{1}}", "example": ["abc"]}
    found = [
        ("retomar_conversacion", "es", "APPROVED", "UTILITY", "NAMED", [
            _make_body("Hola {{nombre}}, soy {{agente}}. ¿Seguimos con tu consulta?",
                  body_text_named_params=_make_examples(nombre="Marta", agente="Ana")),
        ]),
        ("turno_confirmado", "es_AR", "APPROVED", "UTILITY", "POSITIONAL", [
            {"type": "HEADER", "format": "TEXT", "text": "Tu turno"},
            _make_body("Hola {{1}}, te esperamos el {{2}}.", body_text=[["Marta", "lunes 10:00"]]),
            {"type": "FOOTER", "text": "Respondé para cambiarlo"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Confirmo"}, {"type": "QUICK_REPLY", "text": "Necesito otro día"},
            ]},
        ]),
        ("promo_primavera", "es_AR", "APPROVED", "MARKETING", "POSITIONAL", [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://example.com/promo.jpg"]}},
            _make_body("Llegó la primavera, {{1}}: 20 % en toda la tienda.", body_text=[["Marta"]]),
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "No enviar más"}, url]},
        ]),
        ("hola", "es", "APPROVED", "UTILITY", "POSITIONAL", [_make_body("Hola, tenemos novedades sobre tu consulta.")]),
        ("hola", "es_AR", "APPROVED", "UTILITY", "POSITIONAL", [_make_body("Hola, tenemos novedades para vos.")]),
        ("pedido_en_camino", "es", "APPROVED", "UTILITY", "NAMED", [
            {"type": "HEADER", "format": "TEXT", "text": "Pedido {{pedido}}",
             "example": {"header_text_named_params": _make_examples(pedido="A-17")}},
            _make_body("{{nombre}}, tu pedido sale hoy.", body_text_named_params=_make_examples(nombre="Marta")),
        ]),
        ("encuesta", "es", "PAUSED", "MARKETING", "POSITIONAL", [_make_body("¿Cómo te atendimos?")]),
        ("recordatorio_pago", "es", "PENDING", "UTILITY", "POSITIONAL", [
            _make_body("Tu factura vence el {{1}}.", body_text=[["5 de mayo"]])]),
        ("sorteo", "es", "REJECTED", "MARKETING", "POSITIONAL", [_make_body("Ganaste.")]),
    ]  # fmt: skip
    return [
        {
            "id": str(7_000_000_000_000_000 + number),
            "name": name,
            "language": language,
            "status": status,
            "category": category,
            "parameter_format": shape,
            "components": components,
            "quality_score": {"score": "GREEN" if status == "APPROVED" else "UNKNOWN"},
            "rejected_reason": "PROMOTIONAL" if status == "REJECTED" else "NONE",
        }
        for number, (name, language, status, category, shape, components) in enumerate(found)
    ]


def templates_of_account(world: SandboxWorld, account: str) -> list[dict[str, Any]]:
    return world.templates.setdefault(account, templates_of_new_account())


def check_template(world: SandboxWorld, account: str, content: dict[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """The text that the customer sees and the buttons below it. Raises GraphError."""
    name, language = str(content.get("name") or ""), str((content.get("language") or {}).get("code") or "")
    if not name or not language:
        raise GraphError(131008, "template['name'] and template['language']['code'] are required")
    known = [
        found
        for found in templates_of_account(world, account)
        if (found["name"], found["language"]) == (name, language)
    ]
    if not known or known[0]["status"] not in ("APPROVED", "PAUSED", "DISABLED"):
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    if known[0]["status"] != "APPROVED":
        raise GraphError(132015 if known[0]["status"] == "PAUSED" else 132016, f"{name} is {known[0]['status']}")
    given = list(content.get("components") or [])
    lines, buttons = [], []
    for part in known[0]["components"]:
        if part["type"] == "BUTTONS":
            buttons = _fill_buttons(part["buttons"], given)
        elif part["type"] == "HEADER" and part["format"] != "TEXT":
            lines.append(_check_header_media(world, part, given))
        elif text := _fill_text(known[0], part, given):
            lines.append(text)
    if given:
        raise GraphError(132000, f"{name} has no {given[0].get('type')}")
    return "\n".join(line for line in lines if line), buttons


def _take_component(given: list[dict[str, Any]], kind: str, index: int | None = None) -> dict[str, Any] | None:
    for part in given:
        if str(part.get("type", "")).lower() == kind and (index is None or str(part.get("index")) == str(index)):
            given.remove(part)
            return part
    return None


def _fill_text(template: dict[str, Any], part: dict[str, Any], given: list[dict[str, Any]]) -> str:
    kind = part["type"].lower()
    wanted = list(dict.fromkeys(re.findall(r"{{\s*(\w+)\s*}}", part["text"])))
    parameters = (_take_component(given, kind) or {}).get("parameters") or []
    if len(parameters) != len(wanted):
        raise GraphError(
            132000,
            f"{kind}: number of localizable_params ({len(parameters)}) does not match "
            f"the expected number of params ({len(wanted)})",
        )
    values: dict[str, str] = {}
    for place, parameter in enumerate(parameters):
        name = str(parameter.get("parameter_name", "")) if template["parameter_format"] == "NAMED" else str(place + 1)
        if name not in wanted or parameter.get("type") != "text":
            raise GraphError(132012, f"{kind}: Parameter name is missing, unknown or of another type: {name!r}")
        values[name] = _check_parameter(parameter.get("text"))
    return re.sub(r"{{\s*(\w+)\s*}}", lambda found: values[found[1]], part["text"])


def _check_parameter(text: Any) -> str:
    if not isinstance(text, str) or not text:
        raise GraphError(131008, "Parameter of type text is missing text value")
    if "\n" in text or "\t" in text or "     " in text:
        raise GraphError(132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
    return text


def _check_header_media(world: SandboxWorld, part: dict[str, Any], given: list[dict[str, Any]]) -> str:
    kind = part["format"].lower()
    parameters = (_take_component(given, "header") or {}).get("parameters") or [{}]
    content = parameters[0].get(kind) or {}
    if len(parameters) != 1 or parameters[0].get("type") != kind or not (content.get("id") or content.get("link")):
        raise GraphError(132012, f"header: Format mismatch, expected {part['format']}, received UNKNOWN")
    if content.get("id") and str(content["id"]) not in world.media:
        raise GraphError(131009, f"media {content['id']} does not exist")
    return ""


def _fill_buttons(buttons: list[dict[str, Any]], given: list[dict[str, Any]]) -> list[dict[str, str]]:
    shown = []
    for index, button in enumerate(buttons):
        sent = _take_component(given, "button", index)
        parameters = (sent or {}).get("parameters") or []
        if button["type"] == "QUICK_REPLY":
            payload = parameters[0].get("payload") if parameters else button["text"]
            shown.append({"kind": "template", "title": button["text"], "payload": str(payload or button["text"])})
        elif button["type"] == "URL" and "{{" in button["url"]:
            if not parameters or not parameters[0].get("text"):
                raise GraphError(131008, f"Button at index {index} of type Url requires a parameter")
            url = button["url"].replace("{{1}}", str(parameters[0]["text"]))
            shown.append({"kind": "url", "title": button["text"], "payload": url})
        elif sent:
            raise GraphError(132012, f"Button at index {index} takes no parameter")
    return shown
