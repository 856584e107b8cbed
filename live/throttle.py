"""The throttle: how often somebody may ask. Counted in Redis; without it nobody is held."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest
from redis import RedisError

from live.feed import feed


def caller(request: HttpRequest) -> str:
    """The address that asks; behind a proxy that we trust, the one that it has seen."""
    if settings.SECURE_PROXY_SSL_HEADER:
        seen = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()[:45]
        if seen:
            return seen
    return str(request.META.get("REMOTE_ADDR"))


def often(name: str, *, most: int, seconds: int) -> bool:
    """Count one more for this name; whether that is over `most` in `seconds`."""
    key = f"limit:{name}"
    try:
        with feed().redis.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, seconds, nx=True)
            return int(pipe.execute()[0]) > most
    except RedisError:
        return False


def count(name: str) -> None:
    """Count something that is not kept, for a day."""
    try:
        with feed().redis.pipeline() as pipe:
            pipe.incr(f"count:{name}")
            pipe.expire(f"count:{name}", 24 * 3600, nx=True)
            pipe.execute()
    except RedisError:
        return


def counted(names: Sequence[str]) -> list[int]:
    """How many of each since it was first counted, at most a day ago; 0 without Redis."""
    try:
        found = feed().redis.mget([f"count:{name}" for name in names]) if names else []
    except RedisError:
        return [0] * len(names)
    return [int(number or 0) for number in found]
