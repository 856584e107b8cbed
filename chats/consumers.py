"""The sockets: who may listen to what is decided once, when joining; actions go over HTTP."""

import asyncio
import hashlib
import json
import re
from typing import Any
from urllib.parse import urlsplit

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer

from chats.models import Chat
from common.errors import OriginError
from contacts.models import Address
from live.hub import hub
from live.socket import LOGGED_OUT, RIGHTS_CHANGED, Line
from origins import web
from origins.models import Origin
from trays.models import Agent, Tray

LONGEST_FRAME = 32_768
MOST_CHATS = 24
# of ten seconds each
RIGHTS_EVERY = 6
TOKEN_WITHIN = 10.0
NO_SUCH_SOCKET = 4404


def login_name(session_key: str) -> str:
    """A session's name on the wire: nothing of the key can be read from it."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:24]


class LiveConsumer(AsyncConsumer):
    """What both sockets share: a line that never waits, and the hub's orders."""

    line: Line

    async def websocket_connect(self, event: dict[str, Any]) -> None:
        self.line = Line(self.base_send)
        await self.base_send({"type": "websocket.accept"})
        await self.enter()

    async def enter(self) -> None:
        raise NotImplementedError

    async def heard(self, frame: dict[str, Any]) -> None:
        raise NotImplementedError

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        text = event.get("text") or ""
        self.line.answered()
        try:
            frame = json.loads(text) if len(text) <= LONGEST_FRAME else None
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            self.offer(json.dumps({"error": "not a frame: a JSON object of 32 kB at most is expected"}) + "\n")
            return
        await self.heard(frame)

    async def websocket_disconnect(self, event: dict[str, Any]) -> None:
        self.line.stop()
        await hub().leave(self)
        raise StopConsumer

    def offer(self, frame: str) -> None:
        self.line.offer(frame)

    def control(self, order: str) -> None:
        """An order for the socket itself: close with a code, or tell the page to ask again."""
        if order.startswith("close "):
            self.line.close(int(order.removeprefix("close ")))
        else:
            self.line.offer(json.dumps({order: 1}) + "\n")

    async def tell_marks(self, groups: list[str]) -> None:
        """The number of the last event of each group just joined: the page compares with what it shows."""
        self.offer(json.dumps({"marks": await hub().marks(groups)}) + "\n")


class AgentConsumer(LiveConsumer):
    """An agent's browser: his trays, what he holds, states of contacts, and the chats he has open."""

    async def enter(self) -> None:
        agent = self.scope.get("user")
        if agent is None or not agent.is_authenticated:
            self.line.close(LOGGED_OUT)
            return
        self.agent: Agent = agent
        self.chats: set[str] = set()
        login = login_name(self.scope["session"].session_key)
        # joined to the orders before the rights are read: a change between the two closes this socket
        await hub().join(self, [f"agent.{agent.pk}", f"login.{login}"])
        groups = await self.allowed()
        if groups is None:
            self.line.close(LOGGED_OUT)
            return
        self.groups, self.beats = set(groups), 0
        await hub().join(self, groups)
        await self.tell_marks([f"agent.{agent.pk}", *groups])

    @database_sync_to_async
    def allowed(self) -> list[str] | None:
        agent = Agent.objects.filter(pk=self.agent.pk, is_active=True).first()
        if agent is None:
            return None
        self.agent = agent
        trays = Tray.objects.open_to(agent).in_use().values_list("id", flat=True)
        return ["everyone", *(f"tray.{pk}" for pk in trays)] + (["supervisors"] if agent.is_supervisor else [])

    async def heard(self, frame: dict[str, Any]) -> None:
        """{"chats": ["chat.12.345", …]}: all the chats that the page shows now. {"ok": 1}: a beat was heard."""
        if "ok" in frame and hasattr(self, "groups"):
            self.beats += 1
            if self.beats % RIGHTS_EVERY == 0:
                await self.check_rights()
        wanted = frame.get("chats")
        if not isinstance(wanted, list) or not hasattr(self, "chats"):
            return
        names = {name for name in wanted[:MOST_CHATS] if isinstance(name, str)}
        await hub().leave(self, list(self.chats - names))
        fresh = list(names - self.chats)
        # the same rule as everywhere, and only the present place: an old group is nobody's
        allowed = await self.may_join(fresh) if fresh else []
        self.chats = (self.chats & names) | set(allowed)
        if allowed:
            await hub().join(self, allowed)
            # moved while this was joining: the last check is after the subscription stands
            stale = set(allowed) - set(await self.may_join(allowed))
            await hub().leave(self, list(stale))
            self.chats -= stale
            allowed = [name for name in allowed if name not in stale]
        if fresh:
            await self.tell_marks(allowed)
            refused = sorted(set(fresh) - set(allowed))
            if refused:
                self.offer(json.dumps({"refused": refused}) + "\n")

    async def check_rights(self) -> None:
        """An order to close may be lost with Redis: once a minute the socket asks for itself."""
        groups = await self.allowed()
        if groups is None:
            self.line.close(LOGGED_OUT)
        elif set(groups) != self.groups:
            self.line.close(RIGHTS_CHANGED)

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


class VisitorConsumer(LiveConsumer):
    """A customer's window in the web chat. Its first frame is his token: {"token": "…"}."""

    async def enter(self) -> None:
        self.contact_id: int | None = None
        if not await self.is_allowed_here():
            self.line.close(LOGGED_OUT)
            return
        # joined to the orders before a token is read: a new secret between the two closes this socket
        await hub().join(self, [f"visitors.{self.origin.pk}"])
        asyncio.get_running_loop().call_later(TOKEN_WITHIN, self.expect_token)

    def expect_token(self) -> None:
        """Anybody may open this socket; who does not say who he is does not keep it."""
        if self.contact_id is None:
            self.line.close(LOGGED_OUT)

    @database_sync_to_async
    def is_allowed_here(self) -> bool:
        """The page that holds the iframe is ours: its socket comes from our own host."""
        key = self.scope["url_route"]["kwargs"]["key"]
        self.origin = Origin.objects.filter(key=key, kind=Origin.Kind.WEB, is_active=True).first()
        headers = dict(self.scope.get("headers", []))
        host = headers.get(b"host", b"").decode("latin-1")
        came_from = urlsplit(headers.get(b"origin", b"").decode("latin-1")).netloc
        return self.origin is not None and came_from in ("", host)

    async def heard(self, frame: dict[str, Any]) -> None:
        if self.contact_id is not None or self.origin is None:
            return
        token = frame.get("token")
        contact_id = await self.contact_of(token) if isinstance(token, str) else None
        if contact_id is None:
            self.line.close(LOGGED_OUT)
            return
        self.contact_id = contact_id
        await hub().join(self, [f"visitor.{contact_id}"])
        await self.tell_marks([f"visitor.{contact_id}"])

    @database_sync_to_async
    def contact_of(self, token: str) -> int | None:
        origin = Origin.objects.filter(pk=self.origin.pk, is_active=True).first()
        try:
            visitor = web.visitor_of(origin, token) if origin else ""
        except OriginError:
            return None
        known = Address.objects.filter(origin=origin, kind="visitor", value=visitor, revoked_at=None)
        return known.values_list("contact", flat=True).first()


class NobodyConsumer(LiveConsumer):
    """Any other address."""

    async def enter(self) -> None:
        self.line.close(NO_SUCH_SOCKET)

    async def heard(self, frame: dict[str, Any]) -> None:
        """Nothing is heard: the socket is closed."""
