"""The certificate of the public address: when it ends, looked at once an hour and kept in Redis for all processes."""

import json
import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from redis import RedisError

from common import address_guard
from common.durations import format_duration
from common.errors import OriginError
from gateway.alarms.facts import Found, Trouble
from live.feed import current_feed
from origins import public_address

KEY = "alarms:certificate"
LOOK_EVERY = timedelta(hours=1)
KEEP_SECONDS = 2 * 24 * 3600
# those that renew themselves do so 30 days before
SOON = timedelta(days=14)
SECONDS = 5.0


def find_ending(found: Found, now: datetime) -> None:
    """By the last look at it."""
    kept = _read_kept()
    if kept is None:
        found.unknown.add("certificate")
        return
    advice = _("Mirá la renovación en el proxy: sin él ni las redes ni los navegadores entran.")
    if kept.get("refused"):
        words = _("El certificado de %(host)s no vale: %(why)s.") % {"host": kept["host"], "why": kept["refused"]}
        found.troubles.append(Trouble("certificate", words, advice, "shield-lock"))
    elif kept.get("ends_at"):
        left = datetime.fromisoformat(kept["ends_at"]) - now
        if left < SOON:
            values = {"host": kept["host"], "time": format_duration(max(left, timedelta(0)))}
            words = _("El certificado de %(host)s vence en %(time)s.") % values
            found.troubles.append(Trouble("certificate", words, advice, "shield-lock"))
    elif kept.get("silent"):
        found.unknown.add("certificate")


def look_again(now: datetime) -> None:
    """Where the last look is an hour old, or was at another address."""
    url = urlsplit(public_address.public_url())
    kept = _read_kept()
    if kept and kept.get("url") == url.geturl() and now - datetime.fromisoformat(kept["at"]) < LOOK_EVERY:
        return
    seen: dict[str, Any] = {}
    if url.scheme == "https" and url.hostname:
        seen = {"host": url.hostname} | look_at(url.hostname, url.port or 443)
    try:
        kept_now = json.dumps(seen | {"url": url.geturl(), "at": now.isoformat()})
        current_feed().redis.set(KEY, kept_now, ex=KEEP_SECONDS)
    except RedisError:
        return


def look_at(host: str, port: int, context: ssl.SSLContext | None = None) -> dict[str, Any]:
    """`ends_at` of its certificate, or why it is `refused`, or `silent`: from here nothing can be said of it."""
    try:
        address = address_guard.resolve_addresses(host, port)[0]
        with (
            socket.create_connection((address, port), SECONDS) as line,
            (context or ssl.create_default_context()).wrap_socket(line, server_hostname=host) as tls,
        ):
            ends = ssl.cert_time_to_seconds(str((tls.getpeercert() or {})["notAfter"]))
            return {"ends_at": datetime.fromtimestamp(ends, UTC).isoformat()}
    except ssl.SSLCertVerificationError as error:
        return {"refused": error.verify_message.rstrip(".")}
    except (OSError, OriginError, KeyError, IndexError, ValueError):
        return {"silent": True}


def _read_kept() -> dict[str, Any] | None:
    try:
        return json.loads(current_feed().redis.get(KEY) or "null")
    except (RedisError, ValueError):
        return None
