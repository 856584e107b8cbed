"""Limits on how often an anonymous somebody may ask. Counted in Redis; without it nobody is held."""

from django.utils.translation import gettext as _
from redis import RedisError

from chats.moves import Refused
from live.feed import feed


def hold(name: str, *, most: int, seconds: int) -> None:
    """Count one more for this name. Raises Refused (429) over `most` in `seconds`."""
    key = f"limit:{name}"
    try:
        with feed().redis.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, seconds, nx=True)
            count = pipe.execute()[0]
    except RedisError:
        return
    if count > most:
        raise Refused(_("Demasiados mensajes juntos. Esperá un minuto"), status=429)
