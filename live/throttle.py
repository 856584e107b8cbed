"""The throttle: how often something may happen, counted in Redis for all processes; without it nobody is held.

Two algorithms: fixed windows, for requests that are refused (a window begins with its first), and GCRA, for what waits
its turn (an even rate, with a burst that may be borrowed of it). And counts that hold nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redis import RedisError

from live.feed import current_feed

COUNT_SECONDS = 24 * 3600


# --- fixed windows -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """So many of a name since its window began, and how many seconds it still lasts."""

    count: int
    seconds_left: int


def count_in_window(name: str, seconds: int) -> Window:
    """Count one more for this name, in the window of so many seconds that its first one began."""
    return _count_key(f"limit:{name}", seconds)


def is_over_limit(name: str, *, most: int, seconds: int) -> bool:
    """Count one more for this name; whether that is over `most` in `seconds`."""
    return count_in_window(name, seconds).count > most


def count_one(name: str) -> None:
    """Count something that is not kept, for a day."""
    _count_key(f"count:{name}", COUNT_SECONDS)


def _count_key(key: str, seconds: int) -> Window:
    try:
        with current_feed().redis.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, seconds, nx=True)
            pipe.ttl(key)
            number, _is_first, left = pipe.execute()
    except RedisError:
        return Window(0, seconds)
    return Window(int(number), max(1, int(left)))


def read_counts(names: Sequence[str]) -> list[int]:
    """How many of each since it was first counted, at most a day ago; 0 without Redis."""
    try:
        found = current_feed().redis.mget([f"count:{name}" for name in names]) if names else []
    except RedisError:
        return [0] * len(names)
    return [int(number or 0) for number in found]


# --- GCRA: the generic cell rate algorithm -------------------------------------------------------

# For each key: the time at which its next one would be due if all went evenly (`tat`), in ms.
# Either all of them let it pass, and all count it, or none does and the longest wait is returned.
_RESERVE = """
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
if held > now then return held - now end
local wait, due = 0, {}
for i = 2, #KEYS do
    local gap, burst = tonumber(ARGV[i * 2 - 3]), tonumber(ARGV[i * 2 - 2])
    local tat = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now)
    wait = math.max(wait, math.ceil(tat + gap - burst * gap - now))
    due[i] = {tat + gap, math.ceil(burst * gap + gap) + 1000}
end
if wait > 0 then return wait end
for i = 2, #KEYS do redis.call('SET', KEYS[i], due[i][1], 'PX', due[i][2]) end
return 0
"""


@dataclass(frozen=True)
class Rate:
    """What a name is allowed: so many a second, and a burst of so many at once."""

    name: str
    per_second: float
    burst: int


def reserve_turn(rates: Sequence[Rate], *, held: str) -> float:
    """Seconds until the next one may pass under all these rates; 0: now, and it is counted in all of them.

    Nothing passes while the name `held` is held.
    """
    keys: list[str] = [f"rate:{held}"]
    args: list[float] = []
    for rate in rates:
        keys.append(f"rate:{rate.name}")
        args += [1000 / rate.per_second, rate.burst]
    try:
        return float(current_feed().redis.eval(_RESERVE, len(keys), *keys, *args)) / 1000
    except RedisError:
        return 0


def hold_all(name: str, seconds: float) -> None:
    """Nothing that names this as what may be held passes for so many seconds."""
    try:
        until = int(current_feed().redis.time()[0] * 1000 + seconds * 1000)
        current_feed().redis.set(f"rate:{name}", until, px=max(int(seconds * 1000), 1))
    except RedisError:
        return
