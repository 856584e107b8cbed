"""Who asks: the address of the caller. What a header says of it counts only where a proxy of ours has written it.

Every limit, lock and log line asks here, of requests and of sockets, whatever server runs us.
"""

import ipaddress
import logging
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

log = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# a proxy that comes by a socket file has no address
UNIX = "unix"
MAX_PROXIES = 10
PASSED_ON = ("Forwarded", "Via", "X-Real-Ip")
# one customer of a provider has at least so much of IPv6, and every address in it
OWN_PREFIX = 64


def client_address(request: HttpRequest) -> str:
    """The caller's address as it is logged; empty where there is none (a socket file)."""
    return _shown(_find(request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR", "")))


def client_block(request: HttpRequest) -> str:
    """The address that is counted: the caller's, of IPv6 the network that is one customer's."""
    return _block(_find(request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR", "")))


def socket_block(scope: Mapping[str, Any]) -> str:
    """The same of a websocket's scope."""
    told = b",".join(value for name, value in scope["headers"] if name.lower() == b"x-forwarded-for")
    return _block(_find((scope.get("client") or ("",))[0], told.decode("latin-1")))


def is_this_machine(request: HttpRequest) -> bool:
    """Whether it was asked on this machine, and not through a proxy that stands here: then everybody seems local."""
    peer = _read_address(request.META.get("REMOTE_ADDR", ""))
    passed_on = any(name in PASSED_ON or name.startswith("X-Forwarded-") for name in request.headers)
    return peer is not None and peer.is_loopback and not passed_on


def _find(peer: str | None, forwarded: str) -> Address | None:
    """The last address that is no proxy of ours. What stands before it in the header is the caller's own word."""
    client = _read_address(peer or "")
    hops = forwarded.rsplit(",", MAX_PROXIES)[-MAX_PROXIES:]
    if forwarded and not _is_proxy(client):
        _warn_once(_shown(client))
    while hops and _is_proxy(client):
        seen = _read_address(hops.pop())
        if seen is None:
            break
        client = seen
    return client


def _read_address(text: str) -> Address | None:
    """The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # a server that listens at :: sees 192.0.2.1 as ::ffff:192.0.2.1
    return getattr(address, "ipv4_mapped", None) or address


def _is_proxy(client: Address | None) -> bool:
    proxies = tuple(settings.TRUSTED_PROXIES)
    if client is None:
        return UNIX in proxies
    return any(client in network for network in read_networks(proxies))


@cache
def read_networks(proxies: Sequence[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The addresses and networks of TRUSTED_PROXIES. Raises ValueError, which names what is neither."""
    return [ipaddress.ip_network(one.strip(), strict=False) for one in proxies if one.strip() not in ("", UNIX)]


def _shown(client: Address | None) -> str:
    return str(client) if client else ""


def _block(client: Address | None) -> str:
    if isinstance(client, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((client, OWN_PREFIX), strict=False).network_address)
    return _shown(client)


# callers name themselves here: their number has a bound
@lru_cache(maxsize=256)
def _warn_once(peer: str) -> None:
    """Whoever puts a proxy before us and does not name it counts all its callers as one: that is worth a line."""
    if not peer or ipaddress.ip_address(peer).is_private:
        words = "X-Forwarded-For of %s is not believed: if it is your proxy, name it in TRUSTED_PROXIES"
        log.warning(words, peer or UNIX)
