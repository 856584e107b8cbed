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


def asks_for_part(request: HtmxRequest) -> bool:
    """Whether a script wants what is shown inside of a page, not the page: by a link, by going back, or anew."""
    seen = request.htmx
    is_page = seen.boosted or seen.history_restore_request or "Witty-Refresh" in request.headers
    return bool(seen) and not is_page


def begin_page(request: HtmxRequest, groups: Sequence[str]) -> dict[str, Any]:
    """The context of a screen that listens to these groups.

    Their marks are read first, before anything that they vouch for: whatever comes after them is seen as news.
    """
    # HTMX asks again when the browser goes back in its history, and then needs the whole page
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
