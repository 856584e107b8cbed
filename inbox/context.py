"""The context of every page: theme, clock, and the numbers on the badges."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from inbox import badges
from inbox.consumers import login_name


def page_context(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme")
    context: dict[str, Any] = {
        "theme": theme if theme in ("light", "dark") else "",
        "now": timezone.now(),
        "thresholds": f"{settings.WAIT_AMBER} {settings.WAIT_RED} {settings.SESSION_AMBER} {settings.SESSION_RED}",
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and not request.path.startswith("/admin/"):
        context["badges"] = badges.Badges(user)
        context["login"] = login_name(request.session.session_key or "")
    return context
