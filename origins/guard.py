"""Addresses in settings must not point inward, unless the operator allowed that host."""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

from origins.facts import OriginError


def check(url: str) -> None:
    """Raises OriginError when the address is not one of the outside. Asked when saved and when used."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError as error:
        raise OriginError(f"not an http address: {url[:100]}") from error
    if parts.scheme not in ("http", "https") or not host or parts.username:
        raise OriginError(f"not an http address: {host or url[:100]}")
    if host in settings.ALLOWED_INTERNAL_HOSTS:
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OriginError(f"{host}: unknown host", permanent=False) from error
    for *_rest, address in found:
        ip = ipaddress.ip_address(str(address[0]).split("%")[0])
        if not ip.is_global or ip.is_multicast:
            raise OriginError(f"{host}: an address inside the network")
