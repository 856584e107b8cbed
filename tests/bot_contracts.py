"""Servers that follow what others publish: Rasa's REST channel, Typebot's chat API, Botpress's Chat API.

They refuse what the real ones refuse (a path, a field, a key), so that a connector that strays fails here. Sources:
docs/bots/rasa.md, typebot.md and botpress.md.
"""

import base64
import hashlib
import hmac
import itertools
import json
import threading
import time
from datetime import UTC, datetime

from tests.http_server import BotServer, text


def error(status, words):
    return (status, {"message": words, "code": status}, {})


class Rasa:
    """`replies`: by message, the array that the dialogue ends with."""

    def __init__(self, token=""):
        self.token, self.replies = token, {}
        self.server = BotServer(self._act)

    def _act(self, told):
        if self.token and told.query.get("token") != [self.token]:
            return (401, {"version": "3.6", "status": "failure", "reason": "NotAuthenticated", "code": 401}, {})
        if told.path == "/webhooks/rest/" and told.method == "GET":
            return {"status": "ok"}
        if told.path != "/webhooks/rest/webhook" or told.method != "POST":
            return (404, {"version": "3.6", "status": "failure", "reason": "NotFound", "code": 404}, {})
        said = told.body
        assert isinstance(said["sender"], str)
        assert isinstance(said["message"], str)
        assert isinstance(said.get("metadata", {}), dict)
        return [{"recipient_id": said["sender"], **one} for one in self.replies.get(said["message"], [])]


class Typebot:
    """`steps`: what the flow says and asks, one (messages, input) after another; the session knows where it is."""

    def __init__(self, public_id="mi-bot", token=""):
        self.public_id, self.token, self.steps = public_id, token, []
        self.sessions, self.numbers = {}, itertools.count(1)
        self.server = BotServer(self._act)

    def _act(self, told):
        if self.token and told.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "UNAUTHORIZED")
        steps = told.path.split("/")
        if told.method != "POST" or steps[:3] != ["", "api", "v1"] or len(steps) != 6:
            return error(404, "NOT_FOUND")
        message = told.body.get("message")
        if message is not None and (message.get("type") != "text" or not isinstance(message.get("text"), str)):
            return error(400, "BAD_REQUEST")
        if steps[3] == "typebots" and steps[5] == "startChat":
            return self._start(steps[4], told.body)
        if steps[3] == "sessions" and steps[5] == "continueChat":
            if steps[4] not in self.sessions:
                return error(404, "Session not found.")
            return self._step(steps[4])
        return error(404, "NOT_FOUND")

    def _start(self, public_id, body):
        if public_id != self.public_id:
            return error(404, "Typebot not found")
        session = f"cm{next(self.numbers)}"
        self.sessions[session] = 0
        bot = {"id": "tb1", "version": "6.1", "theme": {}, "settings": {}}
        if body.get("isOnlyRegistering"):
            return {"sessionId": session, "typebot": bot, "messages": []}
        return {"sessionId": session, "resultId": "r1", "typebot": bot} | self._step(session)

    def _step(self, session):
        number = self.sessions[session]
        self.sessions[session] += 1
        messages, asked = self.steps[number] if number < len(self.steps) else ([], None)
        return {"messages": messages, "logs": [], "clientSideActions": []} | ({"input": asked} if asked else {})

    def forget(self):
        self.sessions.clear()


def bubble(words, **more):
    """A text bubble as Typebot's editor makes it."""
    return {
        "id": "b",
        "type": "text",
        "content": {"type": "richText", "richText": [{"type": "p", "children": [{"text": words}]}]},
        **more,
    }


def buttons(*contents, **more):
    items = [{"id": f"i{number}", "content": content} for number, content in enumerate(contents)]
    return {"id": "in", "type": "choice input", "items": items, "options": {"isMultipleChoice": False}, **more}


class Botpress:
    """`says(conversation, text)`: what the bot says to it, as (seconds later, payload), each when its time has come."""

    def __init__(self, webhook="hook-1", encryption_key="", newest_first=True, page=100):
        self.webhook, self.encryption_key, self.newest_first, self.page = webhook, encryption_key, newest_first, page
        self.users, self.owners, self.messages = {}, {}, []
        self.numbers, self.lock = itertools.count(1), threading.RLock()
        self.says = lambda conversation, words: []
        self.server = BotServer(self._act)

    def _act(self, told):
        root = f"/{self.webhook}"
        if not told.path.startswith(root + "/"):
            return error(404, "NotFound")
        path = told.path.removeprefix(root)
        if path.rstrip("/") == "/hello":
            return text(b"")
        with self.lock:
            return self._operation(told, path)

    def _operation(self, told, path):
        if (told.method, path) == ("POST", "/users"):
            if self.encryption_key:
                return error(401, "This operation can only be called when using the shared encryption key.")
            return self._made_user(told)
        user = self._user(told.headers.get("x-user-key", ""))
        if user is None:
            return error(401, "Unauthorized")
        if (told.method, path) == ("POST", "/users/get-or-create"):
            self.users.setdefault(user, user)
            return {"user": self._dates({"id": user, "name": told.body.get("name")})}
        if user not in self.users.values():
            return error(404, "User not found")
        if (told.method, path) == ("POST", "/conversations"):
            return self._made_conversation(user, f"conv_{next(self.numbers)}")
        if (told.method, path) == ("POST", "/conversations/get-or-create"):
            if self.owners.get(told.body["id"], user) != user:
                return error(403, "You are not the owner of this conversation")
            return self._made_conversation(user, told.body["id"])
        if (told.method, path) == ("POST", "/messages"):
            return self._said(user, told.body)
        steps = path.split("/")
        if told.method == "GET" and len(steps) == 4 and steps[1] == "conversations" and steps[3] == "messages":
            if self.owners.get(steps[2]) != user:
                return error(403, "You are not a participant in this conversation")
            return self._listed(steps[2], told.query)
        return error(404, "NotFound")

    def _made_user(self, told):
        user, key = f"user_{next(self.numbers)}", f"key-{next(self.numbers)}"
        self.users[key] = user
        return (201, {"user": self._dates({"id": user, "name": told.body.get("name")}), "key": key}, {})

    def _user(self, key):
        if not self.encryption_key:
            return self.users.get(key)
        try:
            head, claims, signature = key.split(".")
            good = hmac.new(self.encryption_key.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
            padded = {name: value + "=" * (-len(value) % 4) for name, value in (("c", claims), ("s", signature))}
            if not hmac.compare_digest(base64.urlsafe_b64decode(padded["s"]), good):
                return None
            return json.loads(base64.urlsafe_b64decode(padded["c"]))["id"]
        except (ValueError, KeyError):
            return None

    def _made_conversation(self, user, name):
        self.owners[name] = user
        return {"conversation": self._dates({"id": name})}

    def _said(self, user, body):
        conversation, payload = body["conversationId"], body["payload"]
        if self.owners.get(conversation) != user:
            return error(403, "You are not a participant in this message's conversation")
        if payload["type"] == "text":
            assert isinstance(payload["text"], str)
        message = self._stored(conversation, user, payload, time.time(), body.get("metadata"))
        for later, said in self.says(conversation, payload.get("text", "")):
            more = said.pop("metadata", None)
            self._stored(conversation, "user_bot", said, time.time() + later, more)
        return (201, {"message": self._public(message)}, {})

    def _stored(self, conversation, user, payload, at, metadata=None):
        message = {
            "id": f"msg_{next(self.numbers)}", "at": at, "payload": payload, "userId": user,
            "conversationId": conversation, "metadata": metadata,
        }  # fmt: skip
        self.messages.append(message)
        return message

    def _public(self, message):
        at = datetime.fromtimestamp(message["at"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {name: value for name, value in message.items() if name != "at"} | {"createdAt": at}

    def _listed(self, conversation, query):
        there = [one for one in self.messages if one["conversationId"] == conversation and one["at"] <= time.time()]
        there.sort(key=lambda one: one["at"], reverse=self.newest_first)
        start = int(query.get("nextToken", ["0"])[0])
        more = {"nextToken": str(start + self.page)} if start + self.page < len(there) else {}
        return {"messages": [self._public(one) for one in there[start : start + self.page]], "meta": more}

    @staticmethod
    def _dates(thing):
        return thing | {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"}

    def posted(self):
        return [one for one in self.messages if one["userId"] != "user_bot"]
