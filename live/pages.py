"""Pages of live screens: whole, or only their main part to HTMX, with the marks of what they show."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from live.feed import read_marks


class HtmxRequest(HttpRequest):
    """A request that the middleware of django-htmx has seen."""

    htmx: HtmxDetails


def begin_page(request: HtmxRequest, groups: Sequence[str]) -> dict[str, Any]:
    """The context of a screen that listens to these groups.

    Their marks are read first, before anything that they vouch for: whatever comes after them is seen as news.
    """
    # going back in the history asks for the whole page although by HTMX
    is_part = bool(request.htmx) and not request.htmx.history_restore_request
    return {"feeds": read_marks(groups), "base": "inbox/main_only.html" if is_part else "inbox/app.html"}


def render_page(request: HtmxRequest, template: str, context: dict[str, Any], *, url: str = "") -> HttpResponse:
    """Render a screen; `url`, when it is shown as the answer to an action, becomes the page's address."""
    response = render(request, template, context)
    if url and request.htmx:
        response["HX-Push-Url"] = url
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request, Cookie"
    return response
