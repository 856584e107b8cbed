"""What comes by the public address that was set on a page: its host is ours, and it came by https.

PUBLIC_URL of the environment says so in the settings, which a running process reads once.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from origins import public_address

# whether this process lives must not hang on a database that does not answer
ALIVE = "/healthz"


class PublicHostMiddleware:
    """Stands before all that asks for the host or the scheme."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = request.META.get("HTTP_HOST", "").lower().removesuffix(":443")
        asks = bool(host) and not settings.PUBLIC_URL and request.path_info != ALIVE
        if asks and host == urlsplit(public_address.stored_url()).netloc:
            # the proxy that ends TLS, or the tunnel, names no other host: nobody comes there in the clear
            request.get_host = lambda: host  # type: ignore[method-assign]
            request.META["wsgi.url_scheme"] = "https"
        response = self.get_response(request)
        if request.is_secure():
            # those of the address inside, which may be http, stay as they are
            for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
                if name in response.cookies:
                    response.cookies[name]["secure"] = True
        return response
