"""Sums of metrics of all processes and hosts, in one hash of Redis: each adds what it has counted every few seconds.

So one address is asked for all of them, a process that ends takes nothing with it but its last seconds, and no event
waits for Redis. Without Redis what was counted is kept until it is back.
"""

import atexit
import os
import platform
import threading
import time
from typing import Any

from redis import RedisError

from live import metrics
from live.feed import current_feed

FLUSH_SECONDS = 5.0
SUMS, SOCKETS = "metrics:sums", "metrics:sockets"
# a process that has said nothing for so long has no sockets any more
GONE_SECONDS = 30
MAX_FIELDS = 20_000

# of this process, by the hub and the consumers of its event loop
sockets = 0
_begun = threading.Lock()


def begin() -> None:
    """Give away what this process counts, from now on. Again, or where nobody wants metrics: nothing."""
    if metrics.is_on() and _begun.acquire(blocking=False):
        threading.Thread(target=_flush_on, name="metrics", daemon=True).start()
        atexit.register(flush)


def _flush_on() -> None:
    while True:
        time.sleep(FLUSH_SECONDS)
        flush()


def count_socket(by: int) -> None:
    """One came (1) or went (-1)."""
    global sockets
    sockets += by


def flush() -> None:
    """Add what was counted since the last time."""
    taken = metrics.take()
    try:
        # one transaction: either all of it is added or nothing
        with current_feed().redis.pipeline(transaction=True) as pipe:
            for field, by in taken.items():
                pipe.hincrbyfloat(SUMS, field, by)
            pipe.hset(SOCKETS, f"{platform.node()}:{os.getpid()}", f"{sockets} {int(time.time())}")
            pipe.execute()
    except RedisError:
        metrics.put_back(taken)


def read_sums() -> dict[str, float]:
    """By field, as metrics.take() names them. Raises RedisError."""
    found = current_feed().redis.hgetall(SUMS)
    return {str(field): float(number) for field, number in list(found.items())[:MAX_FIELDS]}


def read_sockets() -> int:
    """How many there are now, of all processes. Raises RedisError."""
    redis: Any = current_feed().redis
    total, gone = 0, []
    for process, said in redis.hgetall(SOCKETS).items():
        count, _space, at = said.partition(" ")
        if time.time() - int(at) > GONE_SECONDS:
            gone.append(process)
        else:
            total += int(count)
    if gone:
        redis.hdel(SOCKETS, *gone)
    return total
