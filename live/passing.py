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

# KEYS: the sorted set, and that of who says it. ARGV: what, seconds it stays, seconds until it is told again, the
# frame, who says it, and the channels. Told anew only when it is new or has stood for so long: whoever says it, however
# often.
_TELL = """
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
local keep, again = ARGV[2] * 1000, ARGV[3] * 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[2], now + keep, ARGV[5])
  redis.call('PEXPIRE', KEYS[2], keep)
end
local ends = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if ends > now + keep - again then return 0 end
redis.call('ZADD', KEYS[1], now + keep, ARGV[1])
if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], keep) end
for i = 6, #ARGV do redis.call('PUBLISH', ARGV[i], ARGV[4]) end
return 1
"""
# KEYS: the same. ARGV: what, the frame, who says it no more, and the channels
_END = """
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
redis.call('ZREM', KEYS[2], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
for i = 4, #ARGV do redis.call('PUBLISH', ARGV[i], ARGV[2]) end
return 1
"""
# KEYS: sorted sets. Pairs of what stands and its milliseconds left, so many at the most in all
_READ = """
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
local found = {}
for _, key in ipairs(KEYS) do
  local most = ARGV[1] - #found / 2
  if most <= 0 then break end
  local rows = redis.call('ZRANGE', key, '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES')
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

    `head` is what pages hear of it, and names it: the same head is the same thing. Whoever says it has to say it again
    before `seconds` - `again` have passed: so long it stands, whoever else said it.
    """

    groups: tuple[str, ...]
    head: dict[str, Any]
    seconds: float
    again: float

    @property
    def keys(self) -> list[str]:
        """What stands in the first group, and who says this one."""
        key = KEY + self.groups[0]
        return [key, f"{key} {self.member}"]

    @property
    def member(self) -> str:
        return json.dumps(self.head, sort_keys=True)

    @property
    def channels(self) -> list[str]:
        return [CHANNEL + group for group in self.groups]

    def frame(self, ms: float) -> str:
        return json.dumps({"passing": [self.head | {"ms": int(ms)}]}) + "\n"


async def tell(one: Passing, by: str = "") -> bool:
    """It is so now, says `by`. False: it was told a moment ago, or Redis is away."""
    args = [one.member, one.seconds, one.again, one.frame(one.seconds * 1000), by, *one.channels]
    return bool(await _run(_TELL, one.keys, args))


async def end(one: Passing, by: str) -> bool:
    """`by` says it no more. False: somebody else does (a second tab, or this page opened anew), or nobody did."""
    return bool(await _run(_END, one.keys, [one.member, one.frame(0), by, *one.channels]))


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
