"""The API's own pages: the OpenAPI document, and the same for people, without a script."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from api.openapi import document
from api.problems import KINDS

# what the page's examples send, by operation
EXAMPLES: dict[str, dict[str, Any]] = {
    "say": {
        "type": "choices",
        "content": "¿Qué necesitás?",
        "buttons": [{"title": "Mi pedido", "payload": "order"}, {"title": "Una persona", "payload": "person"}],
        "control_version": 41,
    },
    "hand_over": {
        "tray": "Ventas",
        "summary": "Wants to change the address of order 1204",
        "attributes": {"order": 1204, "vip": True},
        "message": "Te paso con Ventas.",
        "control_version": 41,
    },
    "change_conversation": {"attributes": {"order": 1204}, "tags": ["order"]},
}


@dataclass(frozen=True)
class Field:
    """A row of a table: `kind` is a text in pieces, each with the object that it names, or ''."""

    name: str
    kind: list[tuple[str, str]]
    is_required: bool
    about: str


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document(), json_dumps_params={"indent": 1, "ensure_ascii": False})


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_page())


@cache
def _page() -> str:
    made = document()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    objects = [
        {"name": name, "about": schema.get("description", ""), "fields": list(_fields(schema))}
        for name, schema in sorted(made["components"]["schemas"].items())
    ]
    kinds = [{"code": code, "status": status, "title": title} for code, (status, title) in KINDS.items()]
    context = {"info": made["info"], "groups": groups, "objects": objects, "kinds": kinds, "base": settings.BASE_URL}
    return render_to_string("api/docs.html", context)


def _operation(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    security: list[dict[str, list[str]]] = operation.get("security", [])
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "about": operation.get("description", ""),
        "scopes": sorted({scope for needed in security for scopes in needed.values() for scope in scopes}),
        "parameters": [_parameter(one) for one in operation["parameters"]],
        "body": _kind(body) if body else None,
        "answers": [
            {"status": status, "about": answer["description"], "kind": _answered(answer)}
            for status, answer in operation["responses"].items()
        ],
        "curl": _curl(method.upper(), path, EXAMPLES.get(operation["operationId"])),
    }


def _parameter(one: dict[str, Any]) -> Field:
    about = f"In the {one['in']}. {one.get('description', '')}"
    return Field(one["name"], _kind(one["schema"]), one["required"], about)


def _answered(answer: dict[str, Any]) -> list[tuple[str, str]]:
    schemas = [content["schema"] for content in answer.get("content", {}).values()]
    return _kind(schemas[0]) if schemas else []


def _fields(schema: dict[str, Any]) -> Iterator[Field]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        yield Field(name, _kind(field), name in required, field.get("description", ""))


def _kind(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """What a value is, in pieces of text, with the objects that they name."""
    match schema:
        case {"$ref": ref}:
            name = ref.rsplit("/", 1)[-1]
            return [(name, name)]
        case {"anyOf": several} | {"allOf": several}:
            pieces: list[tuple[str, str]] = []
            for one in several:
                pieces += ([(" or ", "")] if pieces else []) + _kind(one)
            return pieces
        case {"enum": values}:
            return [(" | ".join(str(value) for value in values if value != ""), "")]
        case {"const": value}:
            return [(str(value), "")]
        case {"type": "array", "items": items}:
            return [("list of ", ""), *_kind(items), *_limits(schema, "maxItems", "items")]
        case {"type": "object", "additionalProperties": dict(values)}:
            return [("object of ", ""), *_kind(values), *_limits(schema, "maxProperties", "names")]
        case {"type": "string", "format": "date-time"}:
            return [("time (ISO 8601)", "")]
        case {"type": "string"}:
            return [("text", ""), *_limits(schema, "maxLength", "characters")]
        case {"type": kind}:
            return [(str(kind), "")]
    return [("any value", "")]


def _limits(schema: dict[str, Any], name: str, what: str) -> list[tuple[str, str]]:
    return [(f", at most {schema[name]:,} {what}", "")] if name in schema else []


def _curl(method: str, path: str, body: dict[str, Any] | None) -> str:
    lines = [f"curl {settings.BASE_URL}{path.replace('{id}', '12')}", '-H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        lines[0] = lines[0].replace("curl ", f"curl -X {method} ")
    if method == "POST":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)
