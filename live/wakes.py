"""Wakes: by Redis to whoever works at a queue of rows. One stands for all who ask until somebody hears it."""

import time

from redis import RedisError

from live.feed import current_feed

# well below the time after which Redis counts as silent (live/client.py)
LISTEN_SECONDS = 0.5


def give_wake(queue: str) -> bool:
    """Wake one of those who listen, or who listens next. False: nobody was told."""
    try:
        with current_feed().redis.pipeline(transaction=False) as pipe:
            pipe.rpush(_key(queue), 1)
            pipe.ltrim(_key(queue), 0, 0)
            pipe.execute()
    except RedisError:
        return False
    return True


def hear_wake(queue: str) -> bool:
    """Whether one came; waits for it for LISTEN_SECONDS."""
    try:
        return current_feed().redis.blpop([_key(queue)], LISTEN_SECONDS) is not None
    except RedisError:
        time.sleep(LISTEN_SECONDS)
        return False


def forget_wake(queue: str) -> None:
    """Who looks at all that is due by now needs none that was given before."""
    try:
        current_feed().redis.delete(_key(queue))
    except RedisError:
        return


def _key(queue: str) -> str:
    return f"wake:{queue}"
