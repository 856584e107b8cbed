"""How every screen answers: a whole page, or only its main part to HTMX, with the marks of what it shows."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from live.feed import marks
from trays.models import Agent, Tray


def feeds(agent: Agent) -> dict[str, int]:
    """The marks of an agent's groups, to be read before anything that they vouch for."""
    trays = Tray.objects.open_to(agent).in_use().values_list("id", flat=True)
    return marks(["everyone", f"agent.{agent.pk}", *(f"tray.{pk}" for pk in trays)])


def begin(request: HttpRequest) -> dict[str, Any]:
    """The context of a screen. Its marks are read first: whatever comes after them is seen as news."""
    # going back in the history asks for the whole page although by HTMX
    is_part = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    return {"feeds": feeds(request.user), "base": "inbox/main_only.html" if is_part else "inbox/app.html"}  # type: ignore[arg-type]


def show(request: HttpRequest, template: str, context: dict[str, Any], *, url: str = "") -> HttpResponse:
    """Render a screen; `url`, when it is shown as the answer to an action, becomes the page's address."""
    response = render(request, template, context)
    if url and request.htmx:  # type: ignore[attr-defined]
        response["HX-Push-Url"] = url
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request, Cookie"
    return response
