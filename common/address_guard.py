"""Addresses in settings must not point inward, unless the operator allowed that host."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import OriginError


def check_address(url: str) -> None:
    """Raises OriginError when the address is not one of the outside. Asked when saved and when used."""
    resolve_addresses(*_split(url))


def check_without_lookup(url: str) -> None:
    """The same as far as it can be told without asking name servers: its form, and where it names a number."""
    host, port = _split(url)
    if host in settings.ALLOWED_INTERNAL_HOSTS:
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        # a name: it is looked up when it is used
        return
    _check_numbers(host, found)


def _split(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError as error:
        raise OriginError(_("%(url)s no es una dirección http") % {"url": url[:100]}) from error
    if parts.scheme not in ("http", "https") or not host or parts.username:
        raise OriginError(_("%(url)s no es una dirección http") % {"url": host or url[:100]})
    return host, port


def resolve_addresses(host: str, port: int) -> list[str]:
    """The numbers behind a host's name, all of them outside. Raises OriginError."""
    allowed = host in settings.ALLOWED_INTERNAL_HOSTS
    if allowed:
        # this machine's own name servers decide, whatever they say
        return [host]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OriginError(_("No se encontró el servidor %(host)s") % {"host": host}, permanent=False) from error
    return _check_numbers(host, found)


def _check_numbers(host: str, found: Any) -> list[str]:
    numbers = list(dict.fromkeys(str(address[0]) for *_rest, address in found))
    for number in numbers:
        ip = ipaddress.ip_address(number.split("%")[0])
        if not ip.is_global or ip.is_multicast:
            raise OriginError(_("%(host)s queda adentro de la red") % {"host": host})
    return numbers
