"""Agents whose sockets are heard from, noted for all processes (trays/presence.py): together, and not at every word."""

import asyncio
import logging
import time

from channels.db import database_sync_to_async
from django.db import DatabaseError

from trays import presence

log = logging.getLogger(__name__)

# all sockets answer a beat at once: what comes within so long is one statement
GATHERED_SECONDS = 0.2


class SeenAgents:
    """Those of one event loop."""

    def __init__(self) -> None:
        self.noted: dict[int, float] = {}
        self.due: set[int] = set()
        self.task: asyncio.Task[None] | None = None

    def note(self, agent_id: int) -> None:
        """A socket of the agent has said something."""
        now = time.monotonic()
        if now - self.noted.get(agent_id, -presence.SEEN_SECONDS) < presence.NOTED_EVERY_SECONDS:
            return
        self.noted[agent_id] = now
        self.due.add(agent_id)
        if self.task is None:
            self.task = asyncio.create_task(self._write_due())

    async def _write_due(self) -> None:
        await asyncio.sleep(GATHERED_SECONDS)
        due, self.due, self.task = self.due, set(), None
        try:
            await database_sync_to_async(presence.note_seen)(due)
        except DatabaseError as error:
            log.warning("who is there was not noted: %s", type(error).__name__)
            for agent_id in due:  # again at the next word
                self.noted.pop(agent_id, None)


_seen: dict[asyncio.AbstractEventLoop, SeenAgents] = {}


def note_seen(agent_id: int) -> None:
    """A socket of the agent has said something, in the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _seen:
        for old in [one for one in _seen if one.is_closed()]:
            del _seen[old]
        _seen[loop] = SeenAgents()
    _seen[loop].note(agent_id)
