"""Signs of life of workers and clock, kept in Redis where the web processes of all hosts see them."""

import os
import platform
import threading
import time
from collections.abc import Sequence

from redis import RedisError

from live.feed import current_feed

SIGN_SECONDS = 5.0
# who has given none for so long is shown as gone; forgotten after a day
GONE_SECONDS = 30.0
KEEP_SECONDS = 24 * 3600

# KEYS: the role. ARGV: who, seconds to keep. By Redis' clock: those of hosts may differ
_GIVE = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
# for each role, the seconds since its latest sign; -1 where there is none
_READ = """
local now, ages = tonumber(redis.call('TIME')[1]), {}
for i, key in ipairs(KEYS) do
  local latest = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
  ages[i] = latest[2] and math.max(now - latest[2], 0) or -1
end
return ages
"""


def give_signs(roles: Sequence[str]) -> None:
    """From now on, as long as this process gets anything done."""
    threading.Thread(target=_give, args=(list(roles),), name="signs", daemon=True).start()


def _give(roles: list[str]) -> None:
    while True:
        for role in roles:
            give_sign(role)
        time.sleep(SIGN_SECONDS)


def give_sign(role: str) -> None:
    """One, of this process."""
    try:
        current_feed().redis.eval(_GIVE, 1, f"signs:{role}", f"{platform.node()}:{os.getpid()}", KEEP_SECONDS)
    except RedisError:
        return


def read_ages(roles: Sequence[str]) -> dict[str, int | None]:
    """Seconds since the latest sign of each role, of whichever process; None: not for a day. Raises RedisError."""
    keys = [f"signs:{role}" for role in roles]
    ages = current_feed().redis.eval(_READ, len(keys), *keys)
    return {role: None if int(age) < 0 else int(age) for role, age in zip(roles, ages, strict=True)}
