"""What passes: who looks at something or types in it, kept in Redis for seconds and told once for all who listen.

Told without a number: who misses it misses nothing, and it is gone by itself when its process is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from live.feed import CHANNEL
from live.hub import current_hub

KEY = "passing:"
# of one answer
MAX_STANDING = 500

# KEYS: the sorted set. ARGV: what, seconds it stays, seconds until it is told again, the frame, and the channels.
# Told anew only when it is new or has stood for so long: whichever process or tab says it, however often.
_TELL = """
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
local keep, again = ARGV[2] * 1000, ARGV[3] * 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local ends = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if ends > now + keep - again then return 0 end
redis.call('ZADD', KEYS[1], now + keep, ARGV[1])
if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], keep) end
for i = 5, #ARGV do redis.call('PUBLISH', ARGV[i], ARGV[4]) end
return 1
"""
# KEYS: the sorted set. ARGV: what, the frame, and the channels
_END = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
for i = 3, #ARGV do redis.call('PUBLISH', ARGV[i], ARGV[2]) end
return 1
"""
# KEYS: sorted sets. Pairs of what stands and its milliseconds left
_READ = """
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
local found = {}
for _, key in ipairs(KEYS) do
  local rows = redis.call('ZRANGE', key, '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
  for i = 1, #rows, 2 do
    found[#found + 1] = rows[i]
    found[#found + 1] = rows[i + 1] - now
  end
end
return found
"""


@dataclass(frozen=True)
class Passing:
    """Something that stays `seconds`, told to `groups`; while it goes on it is told again after `again` seconds.

    `head` is what pages hear of it, and names it: the same head is the same thing.
    """

    groups: tuple[str, ...]
    head: dict[str, Any]
    seconds: float
    again: float

    @property
    def key(self) -> str:
        return KEY + self.groups[0]

    @property
    def member(self) -> str:
        return json.dumps(self.head, sort_keys=True)

    @property
    def channels(self) -> list[str]:
        return [CHANNEL + group for group in self.groups]

    def frame(self, ms: float) -> str:
        return json.dumps({"passing": [self.head | {"ms": int(ms)}]}) + "\n"


async def tell(one: Passing) -> bool:
    """It is so now. False: it was told a moment ago, or Redis is away."""
    args = [one.member, one.seconds, one.again, one.frame(one.seconds * 1000), *one.channels]
    return bool(await _run(_TELL, [one.key], args))


async def end(one: Passing) -> bool:
    """It is so no more. False: nobody thought so."""
    return bool(await _run(_END, [one.key], [one.member, one.frame(0), *one.channels]))


async def read_standing(groups: Sequence[str]) -> list[dict[str, Any]]:
    """What stands now in these groups, each with its milliseconds left; the groups are the first of their kind."""
    found = await _run(_READ, [KEY + group for group in groups], [MAX_STANDING]) if groups else None
    rows = found or []
    return [json.loads(member) | {"ms": int(ms)} for member, ms in zip(rows[::2], rows[1::2], strict=True)]


async def _run(script: str, keys: list[str], args: list[Any]) -> Any:
    try:
        return await current_hub().redis.eval(script, len(keys), *keys, *args)
    except (RedisError, OSError):
        return None
