"""Publishing: what changed, to the groups of those who may see it, each event with a number.

A group is a name such as "tray.5". Its events are numbered in Redis by the same call that
publishes them, so that whoever misses one sees the gap. Best effort by design: with Redis down
nothing is published, the database is the truth, and screens ask it again on return.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis
from django.conf import settings
from django.db import connection, transaction

from live import metrics, missed
from live.client import GuardedRedis

log = logging.getLogger(__name__)

CHANNEL = "live:"
# in a head, only while metrics are on: when it was published, in ms
SAID = "said"
SEQUENCE = "live:seq:"
# how long a group's number is kept: longer than any page stays unrefreshed; a restart of the numbers looks like a gap
KEEP_SECONDS = 2 * 24 * 3600

# KEYS: groups. ARGV: first number of a new group, seconds to keep, then header and text of each.
# A new group starts at the clock's number: what was lost with Redis can never look like no gap.
_PUBLISH = """
for i, group in ipairs(KEYS) do
  local key = 'live:seq:' .. group
  local n = redis.call('INCR', key)
  if n == 1 then
    n = tonumber(ARGV[1])
    redis.call('SET', key, ARGV[1])
  end
  redis.call('EXPIRE', key, ARGV[2])
  local head, text = ARGV[1 + 2 * i], ARGV[2 + 2 * i]
  redis.call('PUBLISH', 'live:' .. group,
             '{"g":"' .. group .. '","n":' .. string.format('%d', n) .. head .. '}\\n' .. text)
end
"""


@dataclass
class GroupEvent:
    """One thing to tell one group: a head for scripts and HTML for the page.

    `render` makes (head, html) when somebody listens; it is not called where nobody does.
    """

    group: str
    text: str = ""
    head: dict[str, Any] = field(default_factory=dict)
    render: Callable[[], tuple[dict[str, Any], str]] | None = None


class Feed:
    """The connection of this process to Redis, for publishing. Thread-safe."""

    def __init__(self, url: str) -> None:
        guarded = GuardedRedis(url)
        self.redis, self.breaker = guarded.redis, guarded.breaker
        self.script = self.redis.register_script(_PUBLISH)
        # the order for each group whose events were lost, as this process has kept it in the database
        self.missed: dict[str, str] = {}
        self.lock = threading.Lock()

    def publish_events(self, events: Iterable[GroupEvent]) -> None:
        """Number and publish the events. Never raises: a page that misses one sees the gap, or is told to ask again."""
        events, is_first = list(events), True
        if not events:
            return
        try:
            heard = self._listened_groups({event.group for event in events})
            made: list[tuple[str, dict[str, Any], str]] = []
            for event in events:
                head, text = event.head, event.text
                if event.render:
                    # who joins between the question and this finds the event in no page and in no gap of numbers
                    head, text = self._render_event(event) if event.group in heard else ({}, "!resync")
                made.append((event.group, head, text))
                if event.group in heard and is_first:
                    # what was said need not wait until all lists are drawn
                    self._send(made)
                    made, is_first = [], False
            if made:
                self._send(made)
        except redis.RedisError as error:
            # that it does not answer at all is said by its breaker
            if not self.breaker.is_open:
                log.warning("live events were not published: %s", type(error).__name__)
            self._keep_missed(events)

    def _send(self, made: Sequence[tuple[str, dict[str, Any], str]]) -> None:
        now, is_counted = int(time.time() * 1000), metrics.is_on()
        args: list[Any] = [now, KEEP_SECONDS]
        for _group, head, text in made:
            # who hands it to sockets reads when it was said
            inner = json.dumps(head | {SAID: now} if is_counted else head)[1:-1]
            args += [f",{inner}" if inner else "", text]
        self.script(keys=[group for group, _head, _text in made], args=args)
        for group, _head, _text in made if is_counted else ():
            metrics.add("witty_published", group.partition(".")[0])

    def _keep_missed(self, events: list[GroupEvent]) -> None:
        """Keep for later that these groups have to ask again: a stall of Redis leaves no gap that they could see."""
        fresh = {}
        with self.lock:
            for event in events:
                order = event.text if event.text.startswith("!") else "!resync"
                known = self.missed.get(event.group)
                if known is None or (known == "!resync" != order):
                    fresh[event.group] = self.missed[event.group] = order
        if fresh:
            try:
                missed.keep_missed(fresh)
            except Exception:  # what is told about is stored by now: this must not fail its request
                log.exception("groups that missed events could not be kept; their pages ask when the next one comes")
        self.breaker.when_closed(self.catch_up)

    def catch_up(self) -> None:
        """Redis is back: what any process could not publish is told now. For a thread without a connection."""
        with self.lock:
            self.missed = {}
        try:
            with transaction.atomic():
                kept = missed.take_missed()
                # in vain, they are kept again
                self.publish_events([GroupEvent(group, order) for group, order in kept.items()])
        finally:
            connection.close()

    def _render_event(self, event: GroupEvent) -> tuple[dict[str, Any], str]:
        try:
            return event.render() if event.render else (event.head, event.text)
        except Exception:  # what is told about is stored by now: a fragment that fails must not fail its request
            log.exception("an event for %s could not be rendered; its pages ask again", event.group)
            return {}, "!resync"

    def _listened_groups(self, groups: set[str]) -> set[str]:
        """The groups to which some socket of some process listens: only for them is anything rendered."""
        channels = [CHANNEL + group for group in groups]
        return {str(name).removeprefix(CHANNEL) for name, count in self.redis.pubsub_numsub(*channels) if count}

    def read_marks(self, groups: Iterable[str]) -> dict[str, int]:
        """The number of the last event of each group. Read it before what it is to vouch for."""
        groups = list(groups)
        if not groups:
            return {}
        try:
            numbers = self.redis.mget([SEQUENCE + group for group in groups])
        except redis.RedisError:
            numbers = [None] * len(groups)
        return {group: int(number or 0) for group, number in zip(groups, numbers, strict=True)}


_feed: Feed | None = None


def current_feed() -> Feed:
    global _feed
    if _feed is None:
        _feed = Feed(settings.REDIS_URL)
    return _feed


def publish_events(events: Iterable[GroupEvent]) -> None:
    current_feed().publish_events(events)


def read_marks(groups: Iterable[str]) -> dict[str, int]:
    return current_feed().read_marks(groups)
