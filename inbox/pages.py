"""A screen of an agent: begun with the marks of all groups that the agent hears; a form in a dialog or as a page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from chats.publish import agent_groups
from live.pages import asks_for_part, begin_page, render_page
from trays.own_notices import tell_news
from trays.requests import AgentRequest


def begin_agent_page(request: AgentRequest) -> dict[str, Any]:
    """The context of a screen, its marks read first (live/pages.py); a whole page also tells of what others did."""
    tell_news(request)
    return begin_page(request, agent_groups(request.user))


def show_form(
    request: AgentRequest, part: str, context: dict[str, Any], *,
    page: str = "inbox/message_form.html", nav: str = "chat", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The form alone for a dialog; by its address a page around it."""
    if asks_for_part(request):
        return render(request, part, context, status=status)
    response = render_page(request, page, begin_agent_page(request) | context | {"part": part, "nav": nav})
    response.status_code = status
    return response
