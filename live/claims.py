"""Who is the first of several, on whatever machines, to take what only one of them is to do."""

import hashlib

from redis.exceptions import RedisError

from live.feed import current_feed
from live.hub import current_hub

KEY = "witty:claim:"
KEPT_SECONDS = 3600


async def claim_first(owner: str, name: str) -> bool:
    """True: nobody has claimed this of the owner within the hour, or Redis is away: better twice than never."""
    key = KEY + owner + ":" + hashlib.sha256(name.encode()).hexdigest()[:32]
    try:
        return bool(await current_hub().redis.set(key, 1, nx=True, ex=KEPT_SECONDS))
    except (RedisError, OSError):
        return True


def take_turn(name: str, seconds: int) -> bool:
    """True: nobody has taken this turn for so many seconds, or Redis is away: better twice than never."""
    try:
        return bool(current_feed().redis.set(f"witty:turn:{name}", 1, nx=True, ex=seconds))
    except RedisError:
        return True
