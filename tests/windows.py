"""Browser windows on a socket, as agents and visitors have them open."""

import itertools
import json
import time
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from chats import publish as publishing
from chats.models import Chat
from live.feed import GroupEvent, publish_events

SECRET = "palabra-secreta"
_asked = itertools.count(1)


def logged_in(agent):
    client = Client()
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    return client


class Window:
    """One open page: what came over its socket, and what it says."""

    def __init__(self, communicator):
        self.communicator = communicator
        self.frames = []
        self.code = None

    async def next(self, seconds=60):
        event = await self.communicator.receive_output(seconds)
        if event["type"] == "websocket.close":
            self.code = event["code"]
            return None
        self.frames.append(event["text"])
        return event["text"]

    async def head(self, name, seconds=60):
        """The next frame whose head has this name."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and (frame := await self.next(seconds)) is not None:
            head = json.loads(frame.partition("\n")[0])
            if name in head:
                return head[name]
        raise AssertionError(f"no {name}: {self.frames}, {self.code}")

    async def say(self, frame):
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def show(self, *chats):
        """Say which chats the page shows. Returns the groups that it may listen to, with their marks."""
        await self.say({"chats": [group_of(chat) if isinstance(chat, Chat) else chat for chat in chats]})
        return await self.head("marks")

    async def all(self):
        """Everything that had been told to it by now, as one text."""
        mine, since = next(_asked), len(self.frames)
        await sync_to_async(publish_events)([GroupEvent("everyone", head={"last": mine})])
        while await self.head("last") != mine:
            pass
        return "\n".join(frame for frame in self.frames[since:] if '"last"' not in frame)

    async def closed(self, seconds=60):
        while self.code is None:
            await self.next(seconds)
        return self.code


def group_of(chat):
    return publishing.chat_group(chat.pk, chat.change_id)


@asynccontextmanager
async def window(client, path="/ws/", **headers):
    from wittyagent.asgi import application

    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()) if client else ""
    given = {"host": "testserver", "origin": "http://testserver", "cookie": cookie, **headers}
    communicator = WebsocketCommunicator(
        application, path, headers=[(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    )
    connected, _ = await communicator.connect(60)
    assert connected
    one = Window(communicator)
    yield one
    await communicator.disconnect()


async def asked(function, *args, **fields):
    return await sync_to_async(function)(*args, **fields)


NOT_FRAMES = [
    "", " ", "{", "null", "17", "[]", '["chat.1.1"]', '"chats"', "true", "NaN", "9" * 5000, "[" * 5000, "\x00",
    "x" * 40_000,
    json.dumps({"chats": ["x" * 40_000]}), "<html>",
]  # fmt: skip
