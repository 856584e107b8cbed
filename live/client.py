"""The client of this process for Redis: each wait is bounded, and a breaker spares everybody else the same wait."""

from collections.abc import Callable
from typing import Any, TypeVar

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.backoff import NoBackoff
from redis.retry import Retry

from live.addresses import read_sentinels
from live.breaker import Breaker

T = TypeVar("T")

# a request may find both at their worst, and still has to be answered in time
CONNECT_SECONDS, ANSWER_SECONDS = 0.5, 1.0


def connect(url: str, **options: Any) -> redis.Redis:
    """The client of REDIS_URL, be it a server or a set whose Sentinels say which one leads. Raises ValueError."""
    return _connect(url, redis.Redis, redis.sentinel.Sentinel, options)


def connect_async(url: str, **options: Any) -> Any:
    """The same for an event loop."""
    return _connect(url, redis.asyncio.Redis, redis.asyncio.sentinel.Sentinel, options)


def _connect(url: str, plain: Any, sentinel: Any, options: dict[str, Any]) -> Any:
    found = read_sentinels(url)
    if found is None:
        return plain.from_url(url, **options)
    bounds = {name: value for name, value in options.items() if name.startswith("socket_")}
    # each Sentinel is asked once: one that does not answer is not the reason to wait for it again
    watching = sentinel(
        found.sentinels, sentinel_kwargs=bounds | found.sentinel_account | {"retry": Retry(NoBackoff(), 0)},
        db=found.database, **found.account, **options,
    )  # fmt: skip
    return watching.master_for(found.service)


class GuardedRedis:
    """`redis` for commands, and the `breaker` that it opens: while that is open each command fails at once."""

    def __init__(self, url: str) -> None:
        bounds: dict[str, Any] = {
            "socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": CONNECT_SECONDS, "decode_responses": True,
        }  # fmt: skip
        # by default redis-py tries for seconds: a request that waits for a stopped Redis helps nobody
        asking = connect(url, retry=Retry(NoBackoff(), 0), **bounds)

        def answers() -> bool:
            try:
                return bool(asking.ping())
            except redis.RedisError:
                return False

        self.breaker = Breaker("Redis", answers)
        self.redis = connect(url, retry=_Guard(self.breaker), **bounds)


class _Guard(Retry):
    """Where redis-py asks whether to try again, for every command, pipeline and connection: never."""

    def __init__(self, breaker: Breaker) -> None:
        super().__init__(NoBackoff(), 0)
        self.breaker = breaker

    def __deepcopy__(self, memo: Any) -> "_Guard":
        # redis-py copies it for each connection, and the breaker is of all of them
        return self

    def call_with_retry(self, do: Callable[[], T], fail: Callable[..., Any], *rest: Any, **more: Any) -> T:
        if self.breaker.spare():
            raise redis.ConnectionError("Redis does not answer")
        try:
            return super().call_with_retry(do, fail, *rest, **more)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            self.breaker.trip(type(error).__name__)
            raise
