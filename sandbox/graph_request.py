"""Reading of Graph API calls, which take JSON, forms and queries alike: the token and the fields."""

import json
from typing import Any

from sandbox.errors import GraphError
from sandbox.multipart import FilePart
from sandbox.web import HttpRequest


def read_token(request: HttpRequest) -> str:
    """The access token: of the header, the query or the body."""
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    if kind.lower() in ("bearer", "oauth") and bearer.strip():
        return bearer.strip()
    if "access_token" in request.query or not request.body or b"access_token" not in request.body:
        return request.query.get("access_token", "")
    return str(read_fields(request)[0].get("access_token") or "")


def read_fields(request: HttpRequest) -> tuple[dict[str, Any], dict[str, FilePart]]:
    """The fields of a call and the files beside them. What is no text stands as JSON in a form or a query."""
    given: dict[str, Any] = dict(request.query)
    files: dict[str, FilePart] = {}
    if _is_json(request):
        return {name: _read_value(value) for name, value in given.items()} | _read_json(request), {}
    if request.body:
        fields, files = request.read_form()
        given |= fields
    return {name: _read_value(value) for name, value in given.items()}, files


def _is_json(request: HttpRequest) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _read_json(request: HttpRequest) -> dict[str, Any]:
    try:
        return request.read_object()
    except ValueError as error:
        raise GraphError(100, "Invalid parameter: the body is no JSON object") from error


def _read_value(value: str) -> Any:
    if value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
