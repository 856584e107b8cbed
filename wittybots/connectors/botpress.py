"""Botpress Cloud by its Chat API (docs/bots/botpress.md): post the customer's message, then look for what the bot says.

The bot answers when it likes, and nothing says that it has finished: an answer is whole when it has been quiet for a
moment. What comes later is said with the next one.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlunsplit

from django.utils.translation import gettext as _

from common.errors import OriginError
from common.parsing import read_time
from wittybots.connectors import http_call
from wittybots.connectors.botpress_messages import read_message
from wittybots.connectors.parsing import Found, text_of
from wittybots.models import Endpoint
from wittybots.turns import Reply, Turn

EVENTS = frozenset({"message_created", "ping"})
HOST, WRONG_HOST = "chat.botpress.cloud", "webhook.botpress.cloud"
# seconds: how often to look, how long a bot that has begun is left to go on, what is kept for a last look
EVERY, QUIET, RESERVE = 0.35, 0.9, 0.25
# seconds after which to look again where it has said nothing yet
AGAIN = 1.0
MAX_PAGES, MAX_SEEN = 10, 30
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Message = Mapping[str, Any]


class _Line:
    """The calls of one turn: the bot's address, our user's key, and the time that is left."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint, self.clock, self.key = endpoint, http_call.Clock(), ""

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        raw = None if body is None else http_call.as_json(body)
        headers = {"x-user-key": self.key} if self.key else {}
        url = address_of(self.endpoint) + path
        response = http_call.check_status(http_call.ask_bot(method, url, self.clock, raw=raw, headers=headers))
        value = http_call.value_of(response)
        if not isinstance(value, dict):
            raise OriginError(_("La respuesta no es la de Botpress"), permanent=False, code=str(response.status_code))
        code = value.get("code")
        if isinstance(code, int) and 400 <= code < 600:
            # an error may come as a success
            raise OriginError(
                _("Respondió HTTP %(status)s") % {"status": code}, permanent=code in http_call.HOPELESS, code=str(code)
            )
        return value


def address_of(endpoint: Endpoint) -> str:
    """https://chat.botpress.cloud/<webhook id>: from that, from the id, or from the address that the panel shows."""
    given, name = endpoint.url.strip().rstrip("/"), endpoint.remote_id.strip()
    parts = http_call.parts_of(given or f"https://{HOST}")
    host = HOST if parts.netloc.lower() == WRONG_HOST else parts.netloc
    path = parts.path.rstrip("/")
    if name and not path.endswith(f"/{name}"):
        path = f"{path}/{quote(name, safe='')}"
    if not path.strip("/"):
        raise OriginError(_("Falta el id del webhook de Botpress"))
    return urlunsplit((parts.scheme, host, path, "", ""))


def call(endpoint: Endpoint, turn: Turn) -> Reply:
    """Say it once, and listen. Raises OriginError."""
    line = _Line(endpoint)
    if turn.event == "ping":
        http_call.check_status(http_call.ask_bot("GET", f"{address_of(endpoint)}/hello", line.clock))
        return Reply()
    memory = _find_our_conversation(line, turn)
    if memory.get("told") != turn.uuid:
        posted = line.ask("POST", "/messages", _build_message(turn, memory["conversation"]))
        memory |= {"told": turn.uuid, "ours": _read_id(posted, "message")}
    return _listen_for_answer(line, memory)


def _find_our_conversation(line: _Line, turn: Turn) -> dict[str, Any]:
    """Our user and this round's conversation there: those we remember, or new ones."""
    memory = dict(turn.memory)
    person = {"name": turn.name[:100]} if turn.name else {}
    if line.endpoint.access_token:
        # with the encryption key their names are ours to choose: a second try finds the first one's
        line.key = user_key(line.endpoint.access_token, f"wittyagent-{turn.chat_id}")
        if "conversation" not in memory:
            memory["user"] = _read_id(line.ask("POST", "/users/get-or-create", person), "user")
            wanted = {"id": f"wittyagent-{turn.chat_id}-{turn.change_id}"}
            memory["conversation"] = _read_id(line.ask("POST", "/conversations/get-or-create", wanted), "conversation")
        return memory
    line.key = text_of(memory.get("key"), 2_000)
    if not line.key or "conversation" not in memory:
        made = line.ask("POST", "/users", person)
        line.key = text_of(made.get("key"), 2_000)
        memory = {"key": line.key, "user": _read_id(made, "user")}
        memory["conversation"] = _read_id(line.ask("POST", "/conversations", {}), "conversation")
    return memory


def user_key(secret: str, name: str) -> str:
    """The JWT (HS256) that names our user, as the Chat integration's encryption key signs it."""

    def packed(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    parts = ({"alg": "HS256", "typ": "JWT"}, {"id": name})
    signed = ".".join(packed(json.dumps(one, separators=(",", ":")).encode()) for one in parts)
    return f"{signed}.{packed(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def _read_id(answer: Mapping[str, Any], what: str) -> str:
    held = answer.get(what)
    found = text_of(held.get("id"), 200) if isinstance(held, Mapping) else ""
    if not found:
        raise OriginError(_("La respuesta no es la de Botpress"), permanent=False)
    return found


def _build_message(turn: Turn, conversation: str) -> dict[str, Any]:
    files = (turn.body.get("message") or {}).get("attachments") or []
    words, payload = turn.payload or turn.text, {}
    if files and not words:
        kind = files[0].get("mime_type", "").split("/")[0]
        kind = kind if kind in ("image", "audio", "video") else "file"
        payload = {"type": kind, f"{kind}Url": files[0].get("url", "")}
    return {
        "conversationId": conversation,
        "payload": payload or {"type": "text", "text": words},
        "metadata": {"wittyagent": {"event": turn.uuid, "conversation": turn.body.get("conversation")}},
    }


def _listen_for_answer(line: _Line, memory: dict[str, Any]) -> Reply:
    """What the bot has said since we looked last, once it has been quiet for a moment."""
    heard: list[Message] = []
    changed = time.monotonic()
    try:
        while line.clock.left > EVERY + RESERVE:
            now = _list_unheard(line, memory)
            if len(now) != len(heard):
                heard, changed = now, time.monotonic()
            if heard and time.monotonic() - changed >= QUIET:
                break
            time.sleep(EVERY)
    except OriginError as error:
        # what was posted must not be posted again
        if error.permanent:
            raise
    if not heard:
        return Reply(memory=memory, again=AGAIN)
    found = Found()
    for message in heard:
        read_message(message, found)
    memory["heard"] = text_of(heard[-1].get("createdAt"), 40)
    memory["seen"] = [text_of(one.get("id"), 200) for one in heard[-MAX_SEEN:]]
    return found.reply(answered=True, memory=memory)


def _list_unheard(line: _Line, memory: Mapping[str, Any]) -> list[Message]:
    """The bot's messages after the last one that we took, oldest first. Raises OriginError."""
    since = _parse_time(memory.get("heard"))
    path = f"/conversations/{quote(memory['conversation'], safe='')}/messages"
    new: list[Message] = []
    page = ""
    for _number in range(MAX_PAGES):
        answer = line.ask("GET", path + (f"?nextToken={quote(page, safe='')}" if page else ""))
        listed = answer.get("messages")
        held = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
        new += [one for one in held if _parse_time(one.get("createdAt")) >= since and not _is_known(one, memory)]
        meta = answer.get("meta")
        page = text_of(meta.get("nextToken"), 2_000) if isinstance(meta, Mapping) else ""
        newest_first = len(held) > 1 and _parse_time(held[0].get("createdAt")) >= _parse_time(held[-1].get("createdAt"))
        if not page or (newest_first and any(_parse_time(one.get("createdAt")) < since for one in held)):
            break
    return sorted(new, key=lambda one: _parse_time(one.get("createdAt")))


def _is_known(one: Message, memory: Mapping[str, Any]) -> bool:
    """Our own, or taken before."""
    return one.get("userId") == memory["user"] or one.get("id") in memory.get("seen", [])


def _parse_time(value: Any) -> datetime:
    return read_time(value) or NEVER
