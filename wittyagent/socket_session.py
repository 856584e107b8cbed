"""The session of a socket: that of its cookie, with its user, read once.

Channels' own stack also wraps `send`, to save a session that a frame may have changed. No frame of
ours changes one, and that wrapper was a quarter of what a delivery costs.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.sessions import CookieMiddleware
from django.conf import settings

App = Callable[[dict[str, Any], Callable[..., Awaitable[Any]], Callable[..., Awaitable[None]]], Awaitable[None]]


def read_session(app: App) -> App:
    """Give the scope `session` and `user` (anonymous without a valid cookie)."""
    store = import_module(settings.SESSION_ENGINE).SessionStore

    async def enter(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        scope = {**scope, "session": store(scope["cookies"].get(settings.SESSION_COOKIE_NAME))}
        scope["user"] = await get_user(scope)
        await app(scope, receive, send)

    return CookieMiddleware(enter)
