"""The socket of a visitor's window in the web chat."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async

from common.errors import OriginError
from contacts.models import Address
from live.consumers import LiveConsumer
from live.hub import current_hub
from live.socket import LOGGED_OUT
from origins import web
from origins.models import Origin

TOKEN_WITHIN = 10.0


class VisitorConsumer(LiveConsumer):
    """A customer's window in the web chat. Its first frame is his token: {"token": "…"}."""

    async def enter(self) -> None:
        self.contact_id: int | None = None
        if not await self.is_allowed_here():
            self.line.close(LOGGED_OUT)
            return
        # joined to the orders before a token is read: a new secret between the two closes this socket
        await current_hub().join(self, [f"visitors.{self.origin.pk}"])
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
        await current_hub().join(self, [f"visitor.{contact_id}"])
        await self.tell_marks([f"visitor.{contact_id}"])

    @database_sync_to_async
    def contact_of(self, token: str) -> int | None:
        origin = Origin.objects.filter(pk=self.origin.pk, is_active=True).first()
        try:
            visitor = web.read_visitor(origin, token) if origin else ""
        except OriginError:
            return None
        known = Address.objects.filter(origin=origin, kind="visitor", value=visitor, revoked_at=None)
        return known.values_list("contact", flat=True).first()
