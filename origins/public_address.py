"""Where others find this installation: PUBLIC_URL of the environment, or what was set on a line's page.

Everybody asks here. What was set holds in every process after a few seconds, without a restart.
"""

import ipaddress
import re
import time
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from origins.models import PublicAddress

# a process goes on for so long with the address that it last read
KEPT_SECONDS = 5.0
MAX_CHARS = 200
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

# (until when, by the monotonic clock; the address)
_kept: tuple[float, str] = (0.0, "")


class BadAddress(ValueError):
    """Not an address that a network could call; in words."""


def public_url() -> str:
    """Without a slash at its end; empty where there is none."""
    return settings.PUBLIC_URL or stored_url()


def base_url() -> str:
    """The same, or else where this machine alone finds us."""
    return public_url() or settings.LOCAL_URL


def is_from_environment() -> bool:
    """What the environment says cannot be changed on a page."""
    return bool(settings.PUBLIC_URL)


def kept_url() -> str | None:
    """What was set on a page, without asking the database, for who runs in an event loop. None: it has to be asked."""
    until, url = _kept
    return url if time.monotonic() < until else None


def stored_url() -> str:
    """What was set on a page. A database that does not answer leaves the address as it was."""
    global _kept
    if time.monotonic() >= _kept[0]:
        url = _kept[1]
        with suppress(OperationalError, InterfaceError):
            url = PublicAddress.objects.values_list("url", flat=True).first() or ""
        _kept = (time.monotonic() + KEPT_SECONDS, url)
    return _kept[1]


def url_for(request: HttpRequest, page: str) -> str:
    """A page of ours as the other side calls it."""
    public = public_url()
    return f"{public}{page}" if public else request.build_absolute_uri(page)


def set_public_url(text: str) -> str:
    """Keep this address from now on; empty for none. Returns it as it is kept. Raises BadAddress."""
    global _kept
    url = read_address(text) if text.strip() else ""
    if url:
        PublicAddress.objects.update_or_create(pk=1, defaults={"url": url, "set_at": timezone.now()})
    else:
        PublicAddress.objects.all().delete()
    _kept = (time.monotonic() + KEPT_SECONDS, url)
    return url


def read_address(text: str) -> str:
    """`Chat.Ejemplo.com/` as `https://chat.ejemplo.com`. Raises BadAddress."""
    text = text.strip()
    if len(text) > MAX_CHARS:
        raise BadAddress(_("Es demasiado larga para ser una dirección."))
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = (parts.hostname or "").encode("idna").decode().lower(), parts.port
    except ValueError as error:
        raise BadAddress(_("Eso no es una dirección. Tiene que ser como https://chat.tunegocio.com.")) from error
    if parts.scheme != "https":
        raise BadAddress(_("Tiene que empezar con https://: las redes no llaman a otra cosa."))
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadAddress(_("Solo el nombre, sin nada detrás: https://chat.tunegocio.com."))
    if _is_number(host) or not _HOST.fullmatch(host) or host.endswith((".local", ".localhost", ".internal", ".lan")):
        raise BadAddress(_("Tiene que ser un nombre que se encuentre en internet, como chat.tunegocio.com."))
    if port not in (None, 443):
        raise BadAddress(_("Tiene que estar en el puerto 443, el de https: Meta no llama a otro."))
    return f"https://{host}"


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
