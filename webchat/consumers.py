"""The socket of a visitor's window in the web chat."""

import asyncio
from typing import Any

from channels.db import database_sync_to_async

from chats import passing
from chats.models import Chat
from common.errors import OriginError
from contacts.models import Address
from live.closings import LOGGED_OUT, NO_TOKEN
from live.consumers import LiveConsumer
from live.hub import current_hub
from live.passing import tell
from origins import web
from origins.models import Origin

MAX_SECONDS_WITHOUT_TOKEN = 10.0


class VisitorConsumer(LiveConsumer):
    """A visitor's window in the web chat. Its first frame is the visitor's token: {"token": "…"}; later ones may
    say that the visitor types: {"typing": 1}."""

    async def enter_groups(self) -> None:
        self.contact_id: int | None = None
        self.typed_at = 0.0
        self.origin = await self.find_origin()
        if self.origin is None:
            self.line.close_with(LOGGED_OUT)
            return
        # joined to the orders before a token is read: a new secret between the two closes this socket
        await current_hub().join_groups(self, [f"visitors.{self.origin.pk}"])
        asyncio.get_running_loop().call_later(MAX_SECONDS_WITHOUT_TOKEN, self.expect_token)

    def expect_token(self) -> None:
        """Anybody may open this socket; without a token in time it is closed."""
        if self.contact_id is None:
            self.line.close_with(NO_TOKEN)

    @database_sync_to_async
    def find_origin(self) -> Origin | None:
        """The web chat of the address."""
        key = self.scope["url_route"]["kwargs"]["key"]
        return Origin.objects.filter(key=key, kind=Origin.Kind.WEB, is_active=True).first()

    async def receive_frame(self, frame: dict[str, Any]) -> None:
        if self.origin is None:
            return
        if self.contact_id is not None:
            if frame.get("typing") == 1:
                await self.note_typing()
            return
        token = frame.get("token")
        contact_id = await self.find_contact(self.origin.pk, token) if isinstance(token, str) else None
        if contact_id is None:
            self.line.close_with(LOGGED_OUT)
            return
        self.contact_id = contact_id
        await current_hub().join_groups(self, [f"visitor.{contact_id}"])
        await self.tell_marks([f"visitor.{contact_id}"])

    async def note_typing(self) -> None:
        """Told to who may see the chat, however often it is said."""
        now = asyncio.get_running_loop().time()
        if now - self.typed_at < passing.TYPED_AGAIN:
            return
        self.typed_at = now
        if (chat := await self.find_chat()) is not None:
            await tell(passing.customer_typing(chat))

    @database_sync_to_async
    def find_chat(self) -> Chat | None:
        return passing.find_visitors_chat(self.contact_id) if self.contact_id else None

    @database_sync_to_async
    def find_contact(self, origin_pk: int, token: str) -> int | None:
        origin = Origin.objects.filter(pk=origin_pk, is_active=True).first()
        try:
            visitor = web.read_visitor(origin, token) if origin else ""
        except OriginError:
            return None
        known = Address.objects.filter(origin=origin, kind="visitor", value=visitor, revoked_at=None)
        return known.values_list("contact", flat=True).first()
