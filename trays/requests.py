"""The request of a signed-in agent, typed."""

from typing import cast

from django.http import HttpRequest

from live.pages import HtmxRequest
from trays.models import Agent


class AgentRequest(HtmxRequest):
    """What a view gets that is not marked `login_not_required`: the middleware lets nobody else in."""

    user: Agent


def agent_of(request: HttpRequest) -> Agent:
    """The agent of a request whose type Django's own classes fix, as in the admin."""
    return cast(Agent, request.user)
