"""The API's own pages: the OpenAPI document, and the same for people, without a script."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from api.openapi import describe_api
from api.problems import KINDS
from origins import public_address

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
def show_openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(describe_api(), json_dumps_params={"indent": 1, "ensure_ascii": False})


@require_GET
def show_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_render_page(public_address.base_url()))


@lru_cache(maxsize=4)
def _render_page(base: str) -> str:
    made = describe_api()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_describe_operation(method, path, operation))
    objects = [
        {"name": name, "about": schema.get("description", ""), "fields": list(_list_fields(schema))}
        for name, schema in sorted(made["components"]["schemas"].items())
    ]
    kinds = [{"code": code, "status": status, "title": title} for code, (status, title) in KINDS.items()]
    context = {"info": made["info"], "groups": groups, "objects": objects, "kinds": kinds, "base": base}
    return render_to_string("api/docs.html", context)


def _describe_operation(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    security: list[dict[str, list[str]]] = operation.get("security", [])
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "about": operation.get("description", ""),
        "scopes": sorted({scope for needed in security for scopes in needed.values() for scope in scopes}),
        "parameters": [_describe_parameter(one) for one in operation["parameters"]],
        "body": _kind_of(body) if body else None,
        "answers": [
            {"status": status, "about": answer["description"], "kind": _kind_of_answer(answer)}
            for status, answer in operation["responses"].items()
        ],
        "curl": _write_curl(method.upper(), path, EXAMPLES.get(operation["operationId"])),
    }


def _describe_parameter(one: dict[str, Any]) -> Field:
    about = f"In the {one['in']}. {one.get('description', '')}"
    return Field(one["name"], _kind_of(one["schema"]), one["required"], about)


def _kind_of_answer(answer: dict[str, Any]) -> list[tuple[str, str]]:
    schemas = [content["schema"] for content in answer.get("content", {}).values()]
    return _kind_of(schemas[0]) if schemas else []


def _list_fields(schema: dict[str, Any]) -> Iterator[Field]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        yield Field(name, _kind_of(field), name in required, field.get("description", ""))


def _kind_of(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """What a value is, in pieces of text, with the objects that they name."""
    match schema:
        case {"$ref": ref}:
            name = ref.rsplit("/", 1)[-1]
            return [(name, name)]
        case {"anyOf": several} | {"allOf": several}:
            pieces: list[tuple[str, str]] = []
            for one in several:
                pieces += ([(" or ", "")] if pieces else []) + _kind_of(one)
            return pieces
        case {"enum": values}:
            return [(" | ".join(str(value) for value in values if value != ""), "")]
        case {"const": value}:
            return [(str(value), "")]
        case {"type": "array", "items": items}:
            return [("list of ", ""), *_kind_of(items), *_limits_of(schema, "maxItems", "items")]
        case {"type": "object", "additionalProperties": dict(values)}:
            return [("object of ", ""), *_kind_of(values), *_limits_of(schema, "maxProperties", "names")]
        case {"type": "string", "format": "date-time"}:
            return [("time (ISO 8601)", "")]
        case {"type": "string"}:
            return [("text", ""), *_limits_of(schema, "maxLength", "characters")]
        case {"type": kind}:
            return [(str(kind), "")]
    return [("any value", "")]


def _limits_of(schema: dict[str, Any], name: str, what: str) -> list[tuple[str, str]]:
    return [(f", at most {schema[name]:,} {what}", "")] if name in schema else []


def _write_curl(method: str, path: str, body: dict[str, Any] | None) -> str:
    lines = [f"curl {public_address.base_url()}{path.replace('{id}', '12')}", '-H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        lines[0] = lines[0].replace("curl ", f"curl -X {method} ")
    if method == "POST":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)
