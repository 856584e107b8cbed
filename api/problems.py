"""Every refusal of the API as an RFC 9457 problem: for integrators, so in English.

What the core refuses in words for agents goes along as `words`, in the language of the installation.
"""

import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException, UnreadablePostError
from ninja.errors import AuthenticationError, HttpError, ValidationError

from chats import serializers
from chats.errors import Rejected, Rejection
from contacts.place import is_with_bot
from origins import public_address

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20
# seconds after which to come again where nothing better is known
RETRY_AFTER = 5

# code: (status, title). The codes are the fragments of `type`, and stand in the docs.
KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "unauthorized": (401, "A valid token is needed"),
    "forbidden": (403, "The token does not allow this"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This method is not allowed here"),
    "conversation-elsewhere": (409, "The conversation is not with this bot"),
    "control-version-old": (409, "The conversation has changed place since"),
    "window-closed": (409, "Only a template may be sent now"),
    "in-progress": (409, "The same request is being carried out"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body must be JSON"),
    "invalid": (422, "The request does not fit"),
    "unknown-tray": (422, "There is no such tray"),
    "idempotency-key-reused": (422, "The Idempotency-Key was used for another request"),
    "too-many-requests": (429, "Too many requests"),
    "error": (500, "Something went wrong here"),
    "unavailable": (503, "The service does not answer at this moment"),
}


class Problem(Exception):
    """A refusal of the API's own. `more` are members of the body, `headers` of the answer."""

    def __init__(self, code: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.code, self.detail, self.headers, self.more = code, detail, headers or {}, more


def render_body(code: str, detail: str, **more: Any) -> dict[str, Any]:
    """{type, title, status, detail} and what else is known."""
    status, title = KINDS[code]
    kind = f"{public_address.base_url()}/api/v1/docs#{code}"
    return {"type": kind, "title": title, "status": status, "detail": detail, **more}


def send_problem(problem: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse(problem, status=problem["status"], content_type=MEDIA_TYPE, headers=headers)


def answer_error(request: HttpRequest, error: Any) -> HttpResponse:
    """The answer to whatever was raised; a surprise is logged and told without details."""
    problem = find_problem(request, error)
    return send_problem(render_body(problem.code, problem.detail, **problem.more), problem.headers)


def find_problem(request: HttpRequest, error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case Rejected():
            return explain_rejection(request, error)
        case ValidationError():
            return explain_invalid(error)
        case AuthenticationError():
            return ask_for_token()
        case Http404():
            return Problem("not-found", f"There is nothing at {request.path[:200]}")
        case HttpError() | UnreadablePostError() | RawPostDataException():
            return Problem("bad-request", "The body is not JSON that can be read")
        case OperationalError() | InterfaceError():
            log.error("the API: the database does not answer: %s", error)
            return Problem("unavailable", "Try again shortly", headers={"Retry-After": str(RETRY_AFTER)})
    log.error("the API: %s %s", request.method, request.path, exc_info=error)
    return Problem("error", "It is logged. With an Idempotency-Key it is safe to ask again")


def ask_for_token(detail: str = "Send the header Authorization: Bearer <token>", error: str = "") -> Problem:
    challenge = 'Bearer realm="api"' + (f', error="{error}"' if error else "")
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": challenge})


def explain_invalid(error: ValidationError) -> Problem:
    """What was wrong where: [{location, message}], as in {"location": "body.buttons.0.title", …}."""
    errors = [
        {"location": _name_location(one["loc"]), "message": str(one["msg"]).removeprefix("Value error, ")[:300]}
        for one in error.errors[:MAX_ERRORS]
    ]
    return Problem("invalid", f"{errors[0]['location']}: {errors[0]['message']}", errors=errors)


def _name_location(path: Any) -> str:
    steps = [str(step)[:60] for step in path]
    # the body as a whole has a name in our code, which is nobody else's business
    steps = [steps[0], *steps[2:]] if steps[:1] == ["body"] else steps
    return ".".join(steps).encode("utf-8", "replace").decode()


def explain_rejection(request: HttpRequest, refusal: Rejected) -> Problem:
    """What the core refused, and for a chat that is not (so) any more: where it is, and no more than that."""
    if refusal.code == Rejection.NOT_FOUND:
        return Problem("not-found", "There is no such conversation")
    if refusal.trays:
        names = ", ".join(refusal.trays)
        return Problem("unknown-tray", f"There are: {names}"[:2000], trays=refusal.trays, words=refusal.message)
    if refusal.chat is None or refusal.code != Rejection.CONFLICT:
        return Problem("invalid", "It cannot be carried out as it is; see words", words=refusal.message)
    place = serializers.as_json(serializers.serialize_place(refusal.chat))
    # the version that was asked with, and who asked (auth.py, conversations.py)
    version, token = getattr(request, "control_version", None), getattr(request, "auth", None)
    if not is_with_bot(refusal.chat, token.bot_id if token else refusal.chat.bot_id):
        code, detail = "conversation-elsewhere", f"It is {place['status']}, and not (any more) with this bot"
    elif version is not None and version != place["control_version"]:
        code, detail = "control-version-old", f"control_version is {place['control_version']} by now"
    else:
        code, detail = "window-closed", "The customer's window is closed; only a template may be sent"
    return Problem(code, detail, conversation=place, words=refusal.message)
