"""The API described: OpenAPI 3.1, with every answer that each operation can give."""

from copy import deepcopy
from functools import lru_cache
from typing import Any

from ninja.openapi.schema import REF_TEMPLATE

from api import problems, response_schemas
from api.app import api
from origins import public_address

PREFIX = "/api/v1/"
# of the operations under each tag; 'Token' asks for none
SCOPES = {"Conversations": "conversations", "Trays": "trays", "Contacts": "contacts", "Chatwoot": "conversations"}
# what each operation may be answered beside its own; more with a path, a body, a scope
ALWAYS = (401, 429, 503)
DESCRIPTIONS = {
    400: "The body or the Idempotency-Key cannot be read.",
    401: "No token, an unknown or a revoked one.",
    403: "The token lacks the scope.",
    404: "There is none, or it was never this bot's.",
    409: "Not with this bot any more, or changed place since: says where it is. Or, with Retry-After, in-progress: an "
    "earlier one with the same Idempotency-Key has not ended.",
    413: "Over 1 MB.",
    415: "Not declared as JSON.",
    422: "Something in it does not fit; says what.",
    429: "Too many requests; says when to come again.",
    503: "The database does not answer; come again.",
}
RATE = {
    "RateLimit-Limit": "Requests a minute for this token.",
    "RateLimit-Remaining": "What is left of them.",
    "RateLimit-Reset": "Seconds until they start anew.",
}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]{0,198}[!-~])?$"},
    "description": "The same key and request within a day have one effect and one answer.",
}


def describe_api() -> dict[str, Any]:
    """The whole OpenAPI document."""
    return _describe_at(public_address.base_url())


@lru_cache(maxsize=4)
def _describe_at(base: str) -> dict[str, Any]:
    """Made once a process: nothing in it changes but where we are found."""
    made: dict[str, Any] = deepcopy(dict(api.get_openapi_schema(path_prefix=PREFIX)))
    made["servers"] = [{"url": base}]
    schemas = made["components"]["schemas"]
    problem = response_schemas.Problem.model_json_schema(ref_template=REF_TEMPLATE)
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            _complete_operation(operation, method, path)
    return made


def _complete_operation(operation: dict[str, Any], method: str, path: str) -> None:
    """Add what is the same for all: the key of a POST, the refusals, the headers of the answers."""
    if method == "post":
        operation["parameters"].append(KEY)
    for answer in operation["responses"].values():
        answer["headers"] = _describe_headers(RATE)
    scope = SCOPES.get(operation["tags"][0])
    if scope:
        # OpenAPI 3.1: what a token must be allowed, also where it is no OAuth
        operation["security"] = [{name: [scope] for name in needed} for needed in operation["security"]]
    statuses = [*ALWAYS, *([404] if "{" in path else []), *([403] if scope else [])]
    if operation["parameters"] or "requestBody" in operation:
        statuses.append(422)
    if method in ("post", "patch"):
        statuses += [400, 413, 415]
    if method in ("post", "patch") or path.endswith("/messages"):
        statuses.append(409)
    operation["responses"] |= {status: _describe_refusal(status) for status in sorted(statuses)}
    # JSON's keys are texts
    operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}


def _describe_refusal(status: int) -> dict[str, Any]:
    headers = _describe_headers({"Retry-After": "Seconds to wait."}) if status in (409, 429, 503) else {}
    return {
        "description": DESCRIPTIONS[status],
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": REF_TEMPLATE.format(model="Problem")}}},
        **({"headers": headers} if headers else {}),
    }


def _describe_headers(about: dict[str, str]) -> dict[str, Any]:
    return {name: {"description": words, "schema": {"type": "integer"}} for name, words in about.items()}
