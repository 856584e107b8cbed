"""The agent's socket: who may listen to what is decided once, when joining; actions go over HTTP."""

import asyncio
import hashlib
import json
import re
from typing import Any

from channels.db import database_sync_to_async
from django.db import Error

from chats import publish
from chats.models import Chat
from inbox.here import Here
from inbox.logins import is_signed_in
from inbox.notices import pushing
from inbox.notices.kinds import Kind
from inbox.seen import note_seen
from live import claims
from live.closings import LOGGED_OUT, RIGHTS_CHANGED
from live.consumers import LiveConsumer
from live.hub import current_hub
from trays.models import Agent

MAX_CHATS = 24
# of one frame
MAX_TOLD_CHATS = 50
MAX_CLAIM_CHARS = 100
# of ten seconds each
BEATS_BETWEEN_RIGHTS_CHECKS = 6


def login_name(session_key: str) -> str:
    """A session's name on the wire: nothing of the key can be read from it."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:24]


class AgentConsumer(LiveConsumer):
    """An agent's browser: its trays, the chats that the agent holds or has open, and the states of contacts."""

    checking: asyncio.Task[None] | None = None

    async def enter_groups(self) -> None:
        agent = self.scope.get("user")
        if agent is None or not agent.is_authenticated:
            self.line.close_with(LOGGED_OUT)
            return
        self.agent: Agent = agent
        self.chats: set[str] = set()
        login = login_name(self.scope["session"].session_key)
        # joined to the orders before the rights are read: a change between the two closes this socket
        await current_hub().join_groups(self, [f"agent.{agent.pk}", f"login.{login}"])
        groups = await self.allowed()
        if groups is None:
            self.line.close_with(LOGGED_OUT)
            return
        # a page of a login before this one is another's, or has another's token in its forms
        self.offer(json.dumps({"login": login}) + "\n")
        self.groups, self.beats = set(groups), 0
        self.here = Here(self.agent)
        note_seen(agent.pk)
        await current_hub().join_groups(self, groups)
        await self.tell_marks([f"agent.{agent.pk}", *groups])

    @database_sync_to_async
    def allowed(self) -> list[str] | None:
        agent = Agent.objects.filter(pk=self.agent.pk, is_active=True).first()
        if agent is None or not is_signed_in(self.scope["session"], agent):
            return None
        self.agent = agent
        return publish.shared_groups(agent)

    async def receive_frame(self, frame: dict[str, Any]) -> None:
        """{"chats": ["chat.12.345", …]}: all the chats that the page shows now. {"ok": 1}: a beat was heard.
        {"told": {"answer": [12], …}}: the page has told the agent of these chats. {"claim": "…"}: it asks whether it
        is the one of the agent's devices that tells this. And what inbox/here.py takes."""
        if hasattr(self, "groups"):
            note_seen(self.agent.pk)
            self.beats += "ok" in frame
            if "ok" in frame and self.beats % BEATS_BETWEEN_RIGHTS_CHECKS == 0:
                self.begin_check()
            if isinstance(frame.get("told"), dict):
                await self.note_told(frame["told"])
            if isinstance(frame.get("claim"), str):
                await self.answer_claim(frame["claim"][:MAX_CLAIM_CHARS])
        await self.note_chats(frame)
        if hasattr(self, "groups") and not self.line.closed:
            standing = await self.here.take(frame, self.chats, self.groups)
            if standing:
                self.offer(json.dumps({"passing": standing}) + "\n")

    async def end(self) -> None:
        if self.checking is not None:
            self.checking.cancel()
        await super().end()
        if hasattr(self, "groups"):
            await self.here.leave()

    async def note_chats(self, frame: dict[str, Any]) -> None:
        """The chats that the page shows now: joined where the agent may see them."""
        wanted = frame.get("chats")
        if not isinstance(wanted, list) or not hasattr(self, "chats"):
            return
        names = {name for name in wanted[:MAX_CHATS] if isinstance(name, str)}
        await current_hub().leave_groups(self, list(self.chats - names))
        fresh = list(names - self.chats)
        # the same rule as everywhere, and only the present place: an old group is nobody's
        allowed = await self.may_join(fresh) if fresh else []
        self.chats = (self.chats & names) | set(allowed)
        if allowed:
            await current_hub().join_groups(self, allowed)
            # moved while this was joining: the last check is after the subscription stands
            stale = set(allowed) - set(await self.may_join(allowed))
            await current_hub().leave_groups(self, list(stale))
            self.chats -= stale
            allowed = [name for name in allowed if name not in stale]
        if fresh:
            await self.tell_marks(allowed)
            refused = sorted(set(fresh) - set(allowed))
            if refused:
                self.offer(json.dumps({"refused": refused}) + "\n")

    async def answer_claim(self, what: str) -> None:
        is_first = await claims.claim_first(f"notice.{self.agent.pk}", what)
        self.offer(json.dumps({"claimed": what, "mine": is_first}) + "\n")

    @database_sync_to_async
    def note_told(self, frame: dict[str, Any]) -> None:
        chats = {
            kind: [pk for pk in frame[kind][:MAX_TOLD_CHATS] if type(pk) is int]
            for kind in Kind.values
            if isinstance(frame.get(kind), list)
        }
        pushing.note_told(self.agent.pk, chats)

    def begin_check(self) -> None:
        """Beside what the page says: many sockets are at it at once."""
        if self.checking is None or self.checking.done():
            self.checking = asyncio.create_task(self.check_rights())

    async def check_rights(self) -> None:
        """An order to close may be lost with Redis: once a minute the socket asks for itself.

        Also where its session has ended: the browser comes back with the cookie of now, which another tab may have
        got (a new password of one's own), and is kept out only without a good one.
        """
        try:
            async with current_hub().unhurried:
                groups = await self.allowed()
        except Error:  # a database that is away tells nobody of changes; at the next beat again
            self.beats = BEATS_BETWEEN_RIGHTS_CHECKS - 1
            return
        if groups is None or set(groups) != self.groups:
            self.line.close_with(RIGHTS_CHANGED)

    @database_sync_to_async
    def may_join(self, names: list[str]) -> list[str]:
        asked = {}
        for name in names:
            parts = name.split(".")
            if len(parts) == 3 and parts[0] == "chat" and all(re.fullmatch(r"[0-9]{1,18}", p) for p in parts[1:]):
                asked[int(parts[1]), int(parts[2])] = name
        agent = Agent.objects.filter(pk=self.agent.pk).first()
        if agent is None:
            return []
        visible = Chat.objects.visible_to(agent).filter(pk__in={chat for chat, _change in asked})
        return [asked[pair] for pair in visible.values_list("pk", "change_id") if pair in asked]
