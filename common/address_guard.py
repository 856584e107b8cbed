"""The address guard: addresses in settings must not point inward, unless the operator allowed that host.

Every call to an address that people or networks give goes through it (common/guarded_http.py). What the operator alone
sets in the environment (database, Redis, S3, Sentry, mail) does not: it may be inside.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import OriginError

PORTS = (80, 443, 8443)
# Our own list, as what `ipaddress` calls global changes with Python. Sources: IANA's registries of special-purpose
# addresses, whole, also where a part of a range is called global: nobody's bot or callback is there.
INSIDE_IPV4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own; Alibaba's metadata
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved; broadcast
        # numbers of the public space that clouds answer inside
        "168.63.129.16/32",  # Azure
        "161.26.0.0/16",  # IBM
        "166.8.0.0/14",  # IBM
    )
]
# Global unicast; whatever lies outside is not: loopback, IPv4 in its guises (::/96, ::ffff:0:0/96, ::ffff:0:0:0/96),
# NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard (100::/64), SRv6 (5f00::/16), fc00::/7, fe80::/10, fec0::/10, multicast
GLOBAL_IPV6 = ip_network("2000::/3")
INSIDE_IPV6 = [
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks, AMT, AS112
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # 6bone, given back
        "3fff::/20",  # documentation
    )
]


def check_address(url: str) -> None:
    """Raises OriginError when the address is not one of the outside. Asked when saved and when used."""
    resolve_addresses(*_split(url))


def check_without_lookup(url: str) -> None:
    """The same as far as it can be told without asking name servers: its form, and where it names a number."""
    host, port = _split(url)
    if _is_allowed(host):
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        # a name, not a number: it is resolved and checked when it is used
        found = []
    _check_found(host, port, found)


def _split(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = (80 if parts.scheme == "http" else 443) if parts.port is None else parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise OriginError(_("%(url)s no es una dirección http") % {"url": url[:100]}) from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise OriginError(_("%(url)s no es una dirección http") % {"url": host or url[:100]})
    return host, port


def _is_allowed(host: str) -> bool:
    """Whether the operator has listed the host: then any number and any port of it will do."""
    listed = {one.strip().strip("[]").lower() for one in settings.ALLOWED_INTERNAL_HOSTS}
    return host.strip("[]").lower() in listed


def resolve_addresses(host: str, port: int) -> list[str]:
    """The numbers behind a host's name, all of them outside. Raises OriginError."""
    if _is_allowed(host):
        # this machine's own name servers decide, whatever they say
        return [host]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OriginError(_("No se encontró el servidor %(host)s") % {"host": host}, permanent=False) from error
    return _check_found(host, port, found)


def _check_found(host: str, port: int, found: Any) -> list[str]:
    numbers = list(dict.fromkeys(str(address[0]) for *_rest, address in found))
    if not all(is_outside(ip_address(number.partition("%")[0])) for number in numbers):
        raise OriginError(_("%(host)s queda adentro de la red") % {"host": host})
    if port not in PORTS:
        raise OriginError(
            _("A %(host)s solo se llama por los puertos 80, 443 y 8443, no por %(port)s") % {"host": host, "port": port}
        )
    return numbers


def is_outside(number: IPv4Address | IPv6Address) -> bool:
    """Whether the number is of the public internet, and of nothing else."""
    if isinstance(number, IPv4Address):
        return not any(number in network for network in INSIDE_IPV4)
    return number in GLOBAL_IPV6 and not any(number in network for network in INSIDE_IPV6)
