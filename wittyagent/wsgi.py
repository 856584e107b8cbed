"""HTTP: the house's screens with all their middleware, and what machines call with only what they need."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wittyagent.settings")

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from common import log_ids, traces

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
    asked_as = log_ids.request_id(environ.get("HTTP_X_REQUEST_ID", ""))

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start_response(status, [*headers, ("X-Request-ID", asked_as)], *more)

    with log_ids.bound(request=asked_as):
        return handler(environ, start) if not traces.is_on() else _answer_traced(handler, environ, start)


def _answer_traced(handler: Any, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """With a span until the head is there: what streams goes on after it."""
    method, route = environ.get("REQUEST_METHOD", ""), _find_route(environ.get("PATH_INFO", ""))
    attributes = {"http.request.method": method, "http.route": route}
    with traces.span(f"{method} {route}", "server", **attributes) as span:

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            span.note(**{"http.response.status_code": int(status[:3])})
            if status.startswith("5"):
                span.fail(status[:3])
            return start_response(status, headers, *more)

        return handler(environ, start)


def _find_route(path: str) -> str:
    """As it stands in the urls: what is asked for may hold tokens."""
    try:
        return f"/{resolve(path).route}"
    except Resolver404:
        return "/?"
