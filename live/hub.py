"""Receiving: one Redis subscription a process, which hands each event to the sockets of its group.

Knows nothing of what the groups mean. A socket is anything with `offer(frame)` and
`control(order)`; who may join which group is the caller's to decide, once, when it joins.
"""

import asyncio
import contextlib
import json
import logging
import re
import time
from typing import Any, Protocol

from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from live import metrics
from live.client import ANSWER_SECONDS, connect_async
from live.feed import CHANNEL, SAID, SEQUENCE, current_feed
from live.turns import Turns

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
# a subscription on which Redis has not answered a ping for so long is opened anew: the other host may be gone
SILENT_SECONDS = 30.0
# a join waits no longer than this for Redis to confirm
CHANGE_TIMEOUT_SECONDS = 2.0
# marks an order for the sockets themselves: no published HTML or header begins with this character
ORDER = "!"
_SAID = re.compile(f'"{SAID}": (\\d{{13}})')


class Socket(Protocol):
    def offer(self, frame: str) -> None: ...
    def control(self, order: str) -> None: ...


class Hub:
    """The groups of one event loop and the task that feeds them."""

    def __init__(self, url: str) -> None:
        # without tries of its own: redis-py would join a broken subscription anew without telling anybody
        self.redis: Any = connect_async(
            url, decode_responses=True, retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS,
        )  # fmt: skip
        self.pubsub: Any = None
        # when the subscription was last heard
        self.heard_at = 0.0
        self.groups: dict[str, set[Socket]] = {}
        self.of: dict[Socket, set[str]] = {}
        # by group, a future that is done once Redis has confirmed the subscription
        self.stands: dict[str, asyncio.Future[None]] = {}
        self.tasks: list[asyncio.Task[None]] = []
        # of a subscription that was broken: what Redis has not confirmed yet
        self.reopened: set[str] = set()
        self.telling: asyncio.Task[None] | None = None
        self.turns = Turns()
        # for what may wait: one at a time stands in the queue for the database, so that who comes waits for none of it
        self.unhurried = asyncio.Lock()
        self.wanted = asyncio.Event()
        self.lock = asyncio.Lock()

    def start_reading(self) -> None:
        if not self.tasks:
            self.tasks = [asyncio.create_task(self._read_events()), asyncio.create_task(self._send_heartbeats())]

    async def stop_feeding(self) -> None:
        """Feed nobody any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks = []
        await self._drop_subscription()
        await self.redis.aclose()

    async def join_groups(self, socket: Socket, groups: list[str]) -> None:
        """Feed the socket from these groups. On return the subscription stands: read marks after it."""
        self.start_reading()
        fresh = [group for group in groups if group not in self.groups]
        for group in groups:
            self.groups.setdefault(group, set()).add(socket)
            self.of.setdefault(socket, set()).add(group)
            self.stands.setdefault(group, asyncio.get_running_loop().create_future())
        self.wanted.set()
        if fresh:
            await self._change_subscription("subscribe", fresh)
        # waits also for what another socket subscribed to a moment ago; without Redis, for a bounded time
        pending = [self.stands[group] for group in groups if group in self.stands]
        if pending:
            await asyncio.wait(pending, timeout=CHANGE_TIMEOUT_SECONDS)

    async def leave_groups(self, socket: Socket, groups: list[str] | None = None) -> None:
        """Stop feeding the socket from these groups; without groups, from all."""
        mine = self.of.get(socket, set())
        empty = []
        for group in list(mine) if groups is None else [g for g in groups if g in mine]:
            mine.discard(group)
            members = self.groups.get(group)
            if members is not None:
                members.discard(socket)
                if not members:
                    del self.groups[group]
                    self.stands.pop(group).cancel()
                    empty.append(group)
        if not mine:
            self.of.pop(socket, None)
        if empty:
            await self._change_subscription("unsubscribe", empty)

    async def _change_subscription(self, verb: str, groups: list[str]) -> None:
        async with self.lock:
            # somebody may have joined or left while this waited for the lock
            groups = [g for g in groups if (g in self.groups) == (verb == "subscribe")]
            if groups and self.pubsub is not None:  # without one, the reader opens it with all groups
                try:
                    await getattr(self.pubsub, verb)(*(CHANNEL + group for group in groups))
                except (RedisError, OSError):
                    await self._drop_subscription()

    async def read_marks(self, groups: list[str]) -> dict[str, int]:
        """The number of the last event of each group; empty while Redis does not answer."""
        if not groups:
            return {}
        try:
            numbers = await self.redis.mget([SEQUENCE + group for group in groups])
        except (RedisError, OSError):
            return {}
        return {group: int(number or 0) for group, number in zip(groups, numbers, strict=True)}

    async def _read_events(self) -> None:
        broken = False
        while True:
            if not self.groups:
                self.wanted.clear()
                await self.wanted.wait()
            try:
                if self.pubsub is None:
                    await self._open_subscription()
                    # what was said meanwhile is gone: told when the subscription stands
                    self.reopened = set(self.groups) if broken else set()
                    broken = False
                message = await self.pubsub.get_message(timeout=SILENT_SECONDS)
            except (
                RedisError,
                OSError,
                RuntimeError,
                AttributeError,
            ) as error:  # or dropped under our hands
                if not broken:
                    log.warning("live subscription lost: %s", type(error).__name__)
                broken = True
                await self._drop_subscription()
                await asyncio.sleep(0.5)
                continue
            if message:
                self.heard_at = asyncio.get_running_loop().time()
            if message and message["type"] == "message":
                self._hand_over(message["channel"].removeprefix(CHANNEL), message["data"])
            elif message and message["type"] == "subscribe":
                group = message["channel"].removeprefix(CHANNEL)
                stands = self.stands.get(group)
                if stands and not stands.done():
                    stands.set_result(None)
                if group in self.reopened:
                    self.reopened.discard(group)
                    if not self.reopened:
                        self.telling = asyncio.create_task(self._tell_reopened())

    async def _open_subscription(self) -> None:
        """One subscription to all groups that somebody wants now."""
        async with self.lock:
            pubsub = self.redis.pubsub()
            if self.groups:
                await pubsub.subscribe(*(CHANNEL + group for group in self.groups))
            self.pubsub, self.heard_at = pubsub, asyncio.get_running_loop().time()

    async def _drop_subscription(self) -> None:
        pubsub, self.pubsub = self.pubsub, None
        if pubsub is not None:
            with contextlib.suppress(RedisError, OSError, RuntimeError):
                await pubsub.aclose()

    def _hand_over(self, group: str, frame: str) -> None:
        members = self.groups.get(group)
        if not members:
            return
        head, _, text = frame.partition("\n")
        if metrics.is_on() and (said := _SAID.search(head)):
            metrics.observe("witty_live_seconds", time.time() - int(said[1]) / 1000)
        order = text[1:] if text.startswith(ORDER) else None
        for socket in tuple(members):
            if order is None:
                socket.offer(frame)
            else:
                socket.control(order)

    async def _tell_reopened(self) -> None:
        """Tell each socket the numbers of now: only where one moved something was missed."""
        try:
            await asyncio.to_thread(current_feed().catch_up)
        except Exception:  # the database may be away, too: the sockets are told their numbers all the same
            log.exception("what was missed could not be told")
        marks = await self.read_marks(list(self.groups))
        for socket, groups in list(self.of.items()):
            if marks:
                told = {group: marks[group] for group in groups if group in marks}
                socket.offer(json.dumps({"reopened": told, "wait": self.turns.seconds_to_wait()}) + "\n")
            else:
                socket.control("resync")

    async def _send_heartbeats(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._check_subscription()
            marks = await self.read_marks(list(self.groups))
            for socket, groups in list(self.of.items()):
                socket.offer(json.dumps({"beat": {group: marks[group] for group in groups if group in marks}}) + "\n")

    async def _check_subscription(self) -> None:
        """Ask for a sign of life on it; drop one that gave none, so that the reader opens another."""
        if self.pubsub is None:
            return
        if asyncio.get_running_loop().time() - self.heard_at > SILENT_SECONDS:
            await self._drop_subscription()
            return
        async with self.lock:
            try:
                await self.pubsub.ping()
            except (RedisError, OSError, RuntimeError, AttributeError):
                await self._drop_subscription()


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def current_hub() -> Hub:
    """The hub of the running event loop (one a process; tests have a loop each)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for old in [one for one in _hubs if one.is_closed()]:
            del _hubs[old]
        _hubs[loop] = Hub(settings.REDIS_URL)
    return _hubs[loop]
