"""REDIS_URL read: one server as redis-py reads it, or a set that Sentinels watch, and what celery calls either.

    redis+sentinel://user:password@host:26379,host:26379/service/0?sentinel_password=…

`service` is what the Sentinels call the set (often mymaster), the number the database. BROKER_URL may name a RabbitMQ
for the queues alone (amqp, amqps).
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

SCHEME = "redis+sentinel"
PORT = 26379
AMQP = ("amqp", "amqps")
# a request that wakes a worker waits once for a broker that hangs, not in turns: without `max_retries` kombu goes on
_REDIS_PATIENCE = {"visibility_timeout": 600, "socket_connect_timeout": 0.5, "socket_timeout": 1, "max_retries": 0}
_AMQP_PATIENCE = {"connect_timeout": 1, "read_timeout": 1, "write_timeout": 1, "max_retries": 0}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?")


@dataclass(frozen=True)
class SentinelAddress:
    """The Sentinels, as (host, port), and what of the set that they watch."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    database: int
    # how to sign in, at the servers and at the Sentinels
    account: dict[str, str] = field(default_factory=dict, repr=False)
    sentinel_account: dict[str, str] = field(default_factory=dict, repr=False)


def read_sentinels(url: str) -> SentinelAddress | None:
    """None where the URL names a server itself. Raises ValueError, which does not quote it: it may hold a password."""
    # `,` between hosts makes the netloc none that urllib would read
    scheme, _, rest = url.partition("://")
    if scheme != SCHEME:
        return None
    account, _, place = rest.rpartition("@") if "@" in rest else ("", "", rest)
    parts = urlsplit(f"//none/{place.partition('/')[2]}")
    hosts = [_HOST.fullmatch(one.strip()) for one in place.partition("/")[0].split(",")]
    service, _, database = parts.path.strip("/").partition("/")
    if not all(hosts) or not service or not (database or "0").isdecimal():
        raise ValueError(f"not like {SCHEME}://host:26379,host:26379/service/0")
    user, _, password = account.partition(":")
    secret = parse_qs(parts.query).get("sentinel_password", [""])[0]
    return SentinelAddress(
        tuple((found[1].strip("[]"), int(found[2] or PORT)) for found in hosts if found),
        service,
        int(database or 0),
        {name: unquote(said) for name, said in (("username", user), ("password", password)) if said},
        {"password": secret} if secret else {},
    )


def read_broker(url: str) -> tuple[str, dict[str, Any]]:
    """What celery calls that Redis or RabbitMQ, and how long it waits for it (transport options)."""
    if urlsplit(url).scheme in AMQP:
        return url, dict(_AMQP_PATIENCE)
    if found := read_sentinels(url):
        account = ":".join(quote(found.account.get(name, ""), safe="") for name in ("username", "password"))
        signed = f"{account}@" if found.account else ""
        urls = (f"sentinel://{signed}{_bracket(host)}:{port}/{found.database}" for host, port in found.sentinels)
        told = {"master_name": found.service, "sentinel_kwargs": found.sentinel_account}
        return ";".join(urls), _REDIS_PATIENCE | told
    if urlsplit(url).scheme == "unix":
        # to kombu `unix://` is `redis+socket://`, `db` is `virtual_host`
        url = re.sub(r"([?&])db=", r"\1virtual_host=", url.replace("unix://", "redis+socket://", 1))
    return url, dict(_REDIS_PATIENCE)


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
