"""Reading of Graph API calls, which take JSON, forms and queries alike: the token and the fields."""

import ast
import contextlib
import json
import re
from typing import Any

from sandbox.errors import GraphError
from sandbox.multipart import FilePart
from sandbox.web import HttpRequest

# a field of an object, by its path; a key without quotes
_PATH = re.compile(r"(\w+)((?:\[\w+\])+)")
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)\s*:")


def read_token(request: HttpRequest) -> str:
    """The access token: of the header, the query or the body."""
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    if kind.lower() in ("bearer", "oauth") and bearer.strip():
        return bearer.strip()
    if "access_token" in request.query or not request.body or b"access_token" not in request.body:
        return request.query.get("access_token", "")
    return str(read_fields(request)[0].get("access_token") or "")


def read_fields(request: HttpRequest) -> tuple[dict[str, Any], dict[str, FilePart]]:
    """The fields of a call and the files beside them. What is null was not given."""
    given: dict[str, Any] = dict(request.query)
    files: dict[str, FilePart] = {}
    if _is_json(request):
        return _read_flat(given) | _drop_nulls(_read_json(request)), {}
    if request.body:
        fields, files = request.read_form()
        given |= fields
    return _read_flat(given), files


def _is_json(request: HttpRequest) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _read_json(request: HttpRequest) -> dict[str, Any]:
    try:
        return request.read_object()
    except ValueError as error:
        raise GraphError(100, "Invalid parameter: the body is no JSON object") from error


def _drop_nulls(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _drop_nulls(value) for name, value in content.items() if value is not None}
    return [_drop_nulls(value) for value in content] if isinstance(content, list) else content


# --- forms and queries --------------------------------------------------------------------------


def _read_flat(given: dict[str, str]) -> dict[str, Any]:
    """Fields of a form or a query: objects stand as JSON, loosely written as well, or as `message[text]`."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        path = _PATH.fullmatch(name)
        if not path:
            found[name] = _read_value(value)
            continue
        inner = found.setdefault(path[1], {})
        *outer, last = path[2][1:-1].split("][")
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = _read_value(value)
    return found


def _read_value(value: str) -> Any:
    if value[:1] not in ("{", "["):
        return value
    # as JSON, or as Meta's own examples write it: {'id':'1'}, {id:'1'}
    for read in (json.loads, ast.literal_eval, lambda text: ast.literal_eval(_BARE_KEY.sub(r'\1"\2":', text))):
        with contextlib.suppress(ValueError, SyntaxError):
            return _drop_nulls(read(value))
    return value
