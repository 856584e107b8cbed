"""HTTP: the house's screens with all their middleware, and what machines call with only what they need."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

EDGES = ("/webhooks/", "/w/", "/api/")


class Edge(WSGIHandler):
    """Webhooks, the web chat and the API: they bring a signature or a token, never a session."""

    def load_middleware(self, is_async: bool = False) -> None:
        # Django reads the one list of the settings; this runs once, before anything is served
        full, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.EDGE_MIDDLEWARE
        try:
            super().load_middleware(is_async=is_async)
        finally:
            settings.MIDDLEWARE = full


screens = get_wsgi_application()
edge = Edge()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    handler = edge if environ.get("PATH_INFO", "").startswith(EDGES) else screens
    return handler(environ, start_response)
