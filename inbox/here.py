"""Who else is here, as an agent's socket says and hears it: which chats are looked at, and in which one something is
typed. Only of chats that the socket listens to, which it was let into by the rule; asked again before it is told."""

import asyncio
import secrets
from collections.abc import Collection
from typing import Any

from channels.db import database_sync_to_async

from chats import passing
from chats.models import Chat
from live.passing import Passing, end, read_standing, tell
from trays.models import Agent

# at once before the agent's eyes, and lists and chats that a page asks about
MAX_VIEWED, MAX_ASKED = 8, 30
# frames of one socket: so many a second, and so many more at once
FRAMES_PER_SECOND, FRAMES_AT_ONCE = 2.0, 12.0


class Here:
    """Of one socket."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        # another page of the same agent may view the same
        self.name = secrets.token_hex(8)
        # group of a chat → what was told of it, and when
        self.viewed: dict[str, Passing] = {}
        self.told_at: dict[str, float] = {}
        self.left, self.at = FRAMES_AT_ONCE, 0.0

    async def take(self, frame: dict[str, Any], chats: Collection[str], trays: Collection[str]) -> list[dict[str, Any]]:
        """{"views": ["chat.12.345", …]}: all that are looked at now. {"types": "chat.12.345", "note": true}.
        {"who": ["tray.5", "chat.12.345"]}: what stands there is returned. Whatever else it is: nothing."""
        views, types, who = frame.get("views"), frame.get("types"), frame.get("who")
        if (views is None and types is None and who is None) or self._is_too_often():
            return []
        if isinstance(views, list):
            await self._note_views([name for name in views if isinstance(name, str) and name in chats][:MAX_VIEWED])
        if isinstance(types, str) and types in chats:
            await self._note_typing(types, is_note=frame.get("note") is True)
        if not isinstance(who, list):
            return []
        names = [name for name in who if isinstance(name, str) and (name in chats or name in trays)]
        mine = self.agent.pk
        return [one for one in await read_standing(names[:MAX_ASKED]) if one["agent"] != mine]

    async def leave(self) -> None:
        """The page is gone."""
        # at once: without Redis each would wait for its own answer
        await asyncio.gather(*(end(one, self.name) for one in self.viewed.values()))
        self.viewed = {}

    def _is_too_often(self) -> bool:
        now = asyncio.get_running_loop().time()
        self.left = min(FRAMES_AT_ONCE, self.left + (now - self.at) * FRAMES_PER_SECOND)
        self.at = now
        if self.left < 1:
            return True
        self.left -= 1
        return False

    async def _note_views(self, names: list[str]) -> None:
        for name in [name for name in self.viewed if name not in names]:
            self.told_at.pop(name, None)
            await end(self.viewed.pop(name), self.name)
        for name in names:
            if self._is_due(name, passing.VIEWED_SAID_AGAIN) and (chat := await self._find(name)):
                self.viewed[name] = passing.viewing(chat, self.agent)
                await tell(self.viewed[name], self.name)

    async def _note_typing(self, name: str, *, is_note: bool) -> None:
        if not self._is_due(f"{name} {is_note}", passing.TYPED_AGAIN) or not (chat := await self._find(name)):
            return
        is_answer = not is_note and await self._tell_customer(chat)
        await tell(passing.typing(chat, self.agent, note=not is_answer))

    def _is_due(self, what: str, again: float) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self.told_at.get(what, -again) < again:
            return False
        # what left long ago is not kept for as long as the page is open
        self.told_at = {key: at for key, at in self.told_at.items() if now - at < passing.VIEWED_SECONDS} | {what: now}
        return True

    @database_sync_to_async
    def _find(self, name: str) -> Chat | None:
        _chat, chat_pk, change_pk = name.split(".")
        return passing.find_chat(self.agent.pk, int(chat_pk), int(change_pk))

    @database_sync_to_async
    def _tell_customer(self, chat: Chat) -> bool:
        if not passing.may_answer(chat, self.agent):
            return False
        passing.tell_customer(chat, self.agent)
        return True
