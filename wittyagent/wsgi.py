"""HTTP: the house's screens with all their middleware, and what machines call with only what they need."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

# and who asks whether we are well must not need a session to be told
EDGES = ("/webhooks/", "/w/", "/api/", "/healthz", "/readyz", "/metrics")


class MachineHandler(WSGIHandler):
    """Webhooks, the web chat and the API: they bring a signature or a token, never a session."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Put together EDGE_MIDDLEWARE: Django's own method knows the one list of the settings only.

        None of these has `process_view` or `process_template_response`, and one that had would be an error at start.
        """
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for name in reversed(settings.EDGE_MIDDLEWARE):
            layer = import_string(name)(handler)
            if hasattr(layer, "process_view") or hasattr(layer, "process_template_response"):
                raise TypeError(f"{name} has a hook that this handler does not call")
            if hasattr(layer, "process_exception"):
                self._exception_middleware.append(layer.process_exception)
            handler = convert_exception_to_response(layer)
        # set last, as Django does: it says that all is ready
        self._middleware_chain = handler


screens = get_wsgi_application()
machines = MachineHandler()


def application(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
    handler = machines if environ.get("PATH_INFO", "").startswith(EDGES) else screens
    return handler(environ, start_response)
