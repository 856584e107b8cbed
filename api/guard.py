"""What every request of the API passes: nothing comes in too large or as something else, nothing goes out odd."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from api import problems
from api.problems import Problem

MOST_BYTES = 1024 * 1024

View = Callable[..., HttpResponse]


def door(view: View) -> View:
    """No login and no cookie: a token is asked for further in. Every error is a problem, and nothing is cached."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def enter(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        try:
            _check_body(request)
            answer = view(request, *args, **given)
            if answer.status_code == 405:
                allowed = ", ".join(sorted(answer["Allow"].split(", ")))
                raise Problem("method-not-allowed", f"Allowed: {allowed}", headers={"Allow": allowed})
        except Exception as error:  # noqa: BLE001 - told as a problem, and logged where it is a surprise
            answer = problems.said(request, error)
        answer.headers.setdefault("Cache-Control", "no-store")
        if answer.status_code != 204:
            answer["Content-Length"] = str(len(answer.content))
        for name, value in getattr(request, "api_rate", {}).items():
            answer[name] = value
        return answer

    return enter


def _check_body(request: HttpRequest) -> None:
    """Raises Problem 413 or 415, before anything of it is read."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise Problem("bad-request", "Content-Length is not a number") from error
    if length > MOST_BYTES:
        raise Problem("too-large", "At most 1 MB")
    if length and request.method in ("POST", "PUT", "PATCH") and request.content_type != "application/json":
        raise Problem("unsupported-media-type", "Declare Content-Type: application/json")


def unknown(request: HttpRequest) -> HttpResponse:
    """Whatever else is asked for below /api/."""
    raise Problem("not-found", f"There is nothing at {request.path[:200]}")
