"""The context of every page: theme, clock, the numbers on the badges, and what the agent has set for itself."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from gateway.alarms import watch
from inbox import badges
from inbox.consumers import login_name
from inbox.models import AgentSettings
from trays.requests import agent_of


def page_context(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme")
    context: dict[str, Any] = {
        "theme": theme if theme in ("light", "dark") else "",
        "now": timezone.now(),
        "thresholds": f"{settings.WAIT_AMBER} {settings.WAIT_RED} {settings.SESSION_AMBER} {settings.SESSION_RED}",
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["badges"] = badges.Badges(user)
        # asked by whole pages only
        context["own"] = SimpleLazyObject(lambda: AgentSettings.of(agent_of(request)))
        # what is wrong with the installation, for those who are to see to it (is_staff: supervisors and administrators)
        context["alarms"] = watch.standing() if user.is_staff else ()
        context["login"] = login_name(request.session.session_key or "")
    return context
