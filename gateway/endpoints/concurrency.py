"""The limit on how many calls to one endpoint a process makes at once: one that hangs leaves threads to all others."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from gateway.endpoints.event_queue import WAITING
from wittybots.models import Endpoint, Event

# of one endpoint in one process, a third of the caller's 24 threads; from its first failure until it answers, fewer.
# How many threads a process has is not known in here
MAX_CALLS, MAX_CALLS_WHILE_FAILING = 8, 2
# seconds until a worker that found it busy asks again, longer where many wait
BUSY_SECONDS, BUSY_SECONDS_WHILE_FAILING, MAX_BUSY_SECONDS = 0.5, 3.0, 5.0
# so many waiting events double that time; counting stops at so many
CROWD, MAX_COUNTED = 50, 500

_calls: Counter[int] = Counter()
_lock = threading.Lock()


@contextmanager
def hold_slot(endpoint: Endpoint) -> Iterator[bool]:
    """Whether one more call may be made now; it counts until the block ends."""
    is_free = _take_slot(endpoint)
    try:
        yield is_free
    finally:
        if is_free:
            _free_slot(endpoint)


def _take_slot(endpoint: Endpoint) -> bool:
    most = MAX_CALLS_WHILE_FAILING if endpoint.failing_since else MAX_CALLS
    with _lock:
        if _calls[endpoint.pk] >= most:
            return False
        _calls[endpoint.pk] += 1
        return True


def _free_slot(endpoint: Endpoint) -> None:
    with _lock:
        _calls[endpoint.pk] -= 1
        if _calls[endpoint.pk] <= 0:
            del _calls[endpoint.pk]


def busy_delay(endpoint: Endpoint) -> timedelta:
    """When to ask again. All who wait ask after that: the more they are the less often, or asking is all that is done.

    Not all at the same instant.
    """
    waiting = Event.objects.filter(endpoint=endpoint, state__in=WAITING)[:MAX_COUNTED].count()
    pause = BUSY_SECONDS_WHILE_FAILING if endpoint.failing_since else BUSY_SECONDS
    return timedelta(seconds=min(pause * (1 + waiting / CROWD), MAX_BUSY_SECONDS) * random.uniform(1, 1.5))  # noqa: S311
