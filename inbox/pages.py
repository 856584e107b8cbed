"""A screen of an agent: begun with the marks of all groups that the agent hears."""

from typing import Any

from chats.publish import agent_groups
from live.pages import begin_page
from trays.requests import AgentRequest


def begin_agent_page(request: AgentRequest) -> dict[str, Any]:
    """The context of a screen, its marks read first (live/pages.py)."""
    return begin_page(request, agent_groups(request.user))
