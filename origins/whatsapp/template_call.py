"""A template with its variables filled in, as the Cloud API wants it.

Its variables: those of the body by their own name (`nombre`, `1`), those of the header with `header_` before it,
and what a button carries as `button_0`, `button_1`, … by its place.
"""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from common.errors import OriginError
from origins.capabilities import CAPABILITIES
from origins.facts import File, Outgoing, TemplateCall
from origins.file_rules import plan_outgoing

Part = dict[str, Any]
Upload = Callable[[File, str], str]

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
HEADER, BUTTON = "header_", "button_"


def build_template(out: Outgoing, upload: Upload) -> Part:
    """What goes under `template`. Raises OriginError in words before anything leaves that Meta would refuse."""
    call = out.template
    if call is None:
        raise OriginError(_("El mensaje no dice qué plantilla es."))
    parts = {str(part.get("type", "")).upper(): part for part in call.components if isinstance(part, dict)}
    # cheap checks first, the upload last
    body, buttons = _build_body(call, parts.get("BODY")), _build_buttons(call, parts.get("BUTTONS", {}))
    header = _build_header(out, call, parts.get("HEADER"), upload)
    content: Part = {"name": call.name, "language": {"code": call.language}}
    if components := [*header, *body, *buttons]:
        content["components"] = components
    return content


def clean_value(value: Any) -> str:
    """A value in one line: line breaks, tabs and rows of spaces are refused there."""
    return " ".join(str(value or "").split())


def _read_value(call: TemplateCall, name: str, shown: str = "") -> str:
    value = clean_value(call.variables.get(name))
    if not value:
        raise OriginError(_("Falta el dato “%(name)s” de la plantilla. Completalo.") % {"name": shown or name})
    return value


def _find_names(text: Any) -> list[str]:
    return list(dict.fromkeys(VARIABLE.findall(str(text or ""))))


def _in_order(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: int(name) if name.isdecimal() else 0)


def _build_texts(call: TemplateCall, names: list[str], prefix: str = "") -> list[Part]:
    """The parameters of a text: by name, or by place, where the order says which is which."""
    if call.parameter_format.lower() == "named":
        return [
            {"type": "text", "parameter_name": name, "text": _read_value(call, prefix + name, name)} for name in names
        ]
    return [{"type": "text", "text": _read_value(call, prefix + name, name)} for name in _in_order(names)]


def _build_body(call: TemplateCall, part: Part | None) -> list[Part]:
    if part is not None:
        names = _find_names(part.get("text"))
    else:
        names = [name for name in call.variables if not name.startswith((HEADER, BUTTON))]
    return [{"type": "body", "parameters": _build_texts(call, names)}] if names else []


def _build_header(out: Outgoing, call: TemplateCall, part: Part | None, upload: Upload) -> list[Part]:
    shape = str((part or {}).get("format", "TEXT")).upper()
    if shape == "TEXT":
        given = [name.removeprefix(HEADER) for name in call.variables if name.startswith(HEADER)]
        names = _find_names(part.get("text")) if part is not None else given
        return [{"type": "header", "parameters": _build_texts(call, names, HEADER)}] if names else []
    if shape == "LOCATION":
        place = {
            theirs: out.payload[ours]
            for ours, theirs in (
                ("latitude", "latitude"), ("longitude", "longitude"), ("place", "name"), ("address", "address"),
            )
            if out.payload.get(ours) is not None
        }  # fmt: skip
        if "latitude" not in place or "longitude" not in place:
            raise OriginError(_("La plantilla lleva una ubicación y falta. Agregala."))
        return [{"type": "header", "parameters": [{"type": "location", "location": place}]}]
    return [{"type": "header", "parameters": [_build_media(out.file, shape.lower(), upload)]}]


def _build_media(file: File | None, kind: str, upload: Upload) -> Part:
    if kind not in ("image", "video", "document"):
        raise OriginError(_("La plantilla lleva un encabezado que no se puede enviar desde acá."))
    if file is None:
        raise OriginError(_("La plantilla lleva un archivo en el encabezado y falta. Adjuntalo."))
    if plan_outgoing(CAPABILITIES["whatsapp"], "WhatsApp", kind, file).kind != kind:
        raise OriginError(_("El archivo del encabezado no es del tipo que pide la plantilla. Adjuntá otro."))
    content: Part = {"id": upload(file, kind)}
    if kind == "document":
        content["filename"] = file.name
    return {"type": kind, kind: content}


def _build_buttons(call: TemplateCall, part: Part) -> list[Part]:
    found = part.get("buttons")
    made = []
    for index, button in enumerate(found if isinstance(found, list) else []):
        if isinstance(button, dict) and (made_of := _build_button(call, index, button)):
            made.append({"type": "button", "index": str(index), **made_of})
    return made


def _build_button(call: TemplateCall, index: int, button: Part) -> Part | None:
    """What a button needs to be told, None for one that stands as it is."""
    name, kind = f"{BUTTON}{index}", str(button.get("type", "")).upper()
    shown = str(button.get("text") or "")
    if kind == "QUICK_REPLY":
        carried = str(call.variables.get(name) or "")[:256]
        return {"sub_type": "quick_reply", "parameters": [{"type": "payload", "payload": carried}]} if carried else None
    if kind == "COPY_CODE":
        coupon = {"type": "coupon_code", "coupon_code": _read_value(call, name, shown)}
        return {"sub_type": "copy_code", "parameters": [coupon]}
    if kind == "OTP":
        code = clean_value(call.variables.get(name)) or _read_value(call, "1", shown)
        return {"sub_type": "url", "parameters": [{"type": "text", "text": code}]}
    if kind == "URL" and VARIABLE.search(str(button.get("url") or "")):
        return {"sub_type": "url", "parameters": [{"type": "text", "text": _read_value(call, name, shown)}]}
    return None
