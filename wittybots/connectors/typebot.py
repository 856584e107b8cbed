"""Typebot's chat API (docs/bots/typebot.md): a session a round, which the customer's words carry on."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlunsplit

from django.utils.translation import gettext as _

from common.errors import OriginError
from wittybots.connectors import http_call
from wittybots.connectors.parsing import (
    Found,
    add_file,
    add_text,
    choices_of,
    describe_unread,
    first_of,
    items_of,
    offer_choices,
    text_of,
    url_of,
)
from wittybots.models import Endpoint
from wittybots.turns import HandOver, Reply, Turn

EVENTS = frozenset({"message_created", "ping"})
API = "/api/v1"
DEEPEST = 12
MAX_VARIABLES = 50
CHOOSING = ("choice input", "picture choice input", "cards input")


def call(endpoint: Endpoint, turn: Turn) -> Reply:
    """Start the flow, or answer what it asked; a session that they forgot is begun anew, once. Raises OriginError."""
    if not endpoint.remote_id.strip():
        raise OriginError(_("Falta el id público del bot de Typebot"))
    clock = http_call.Clock()
    if turn.event == "ping":
        # registers a session and says nothing in it
        _post_json(endpoint, _start_path(endpoint), {"isOnlyRegistering": True}, clock)
        return Reply()
    session = text_of(turn.memory.get("session"), 200)
    answer: Any = None
    if session:
        try:
            answer = _post_json(
                endpoint, f"/sessions/{quote(session, safe='')}/continueChat", _build_message(turn), clock
            )
        except OriginError as error:
            if error.code != "404":
                raise
            session = ""
    if not session:
        answer = _post_json(endpoint, _start_path(endpoint), _build_message(turn) | _variables_of(turn), clock)
        session = text_of(answer.get("sessionId"), 200)
    return read_answer(answer, session)


def _start_path(endpoint: Endpoint) -> str:
    return f"/typebots/{quote(endpoint.remote_id.strip(), safe='')}/startChat"


def _post_json(endpoint: Endpoint, path: str, body: Mapping[str, Any], clock: http_call.Clock) -> dict[str, Any]:
    parts = http_call.parts_of(endpoint.url)
    url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/").removesuffix(API) + API + path, "", ""))
    headers = {"Authorization": f"Bearer {endpoint.access_token}"} if endpoint.access_token else {}
    response = http_call.check_status(
        http_call.ask_bot("POST", url, clock, raw=http_call.as_json(body), headers=headers)
    )
    value = http_call.value_of(response)
    if not isinstance(value, dict):
        raise OriginError(_("La respuesta no es la de Typebot"), permanent=False, code=str(response.status_code))
    return value


def _build_message(turn: Turn) -> dict[str, Any]:
    files = (turn.body.get("message") or {}).get("attachments") or []
    urls = [file["url"] for file in files if file.get("url")]
    words = turn.payload or turn.text or (urls[0] if urls else "")
    if not words:
        return {}
    message: dict[str, Any] = {"type": "text", "text": words}
    return {"message": message | ({"attachedFileUrls": urls} if urls else {})}


def _variables_of(turn: Turn) -> dict[str, Any]:
    """The name and the attributes: filled in where the flow has variables of these names."""
    conversation = turn.body.get("conversation") or {}
    known = dict(list((conversation.get("attributes") or {}).items())[:MAX_VARIABLES])
    return {"prefilledVariables": {"name": turn.name, "nombre": turn.name, "chat": str(turn.chat_id), **known}}


def read_answer(answer: Mapping[str, Any], session: str) -> Reply:
    """The bubbles as messages, the buttons under the last one. Where the flow ends, the chat goes to people."""
    found = Found()
    for number, bubble in enumerate(items_of(answer.get("messages"), "messages", found), 1):
        content = bubble.get("content") if isinstance(bubble, Mapping) else None
        if not isinstance(content, Mapping):
            found.odd.append(describe_unread(_("El mensaje %(number)s") % {"number": number}, bubble))
            continue
        _read_bubble(text_of(bubble.get("type"), 30), content, found)
    asked = answer.get("input")
    if isinstance(asked, Mapping):
        _offer_choices(asked, found)
        return found.reply(answered=True, memory={"session": session})
    if found.hand_over is None and not found.stays:
        found.hand_over = HandOver()
    return found.reply(answered=True, memory={})


def _read_bubble(kind: str, content: Mapping[str, Any], found: Found) -> None:
    if kind == "text":
        add_text(words_of(content), found)
    elif kind in ("image", "audio") or (kind == "video" and content.get("type", "url") in ("url", None)):
        add_file(kind, content.get("url"), "", found)
    elif kind in ("video", "embed", "custom-embed"):
        # a page to look at, not a file
        url = url_of(content.get("url")) or _film_url(content)
        add_text(url, found)
        if not url:
            found.odd.append(_("Un contenido incrustado sin dirección web"))
    else:
        found.odd.append(_("Un mensaje de tipo %(kind)s") % {"kind": kind or "?"})


def _film_url(content: Mapping[str, Any]) -> str:
    name = quote(text_of(content.get("id"), 60), safe="")
    hosts = {"youtube": "https://www.youtube.com/watch?v=", "vimeo": "https://vimeo.com/"}
    host = hosts.get(text_of(content.get("type"), 20), "")
    return host + name if host and name else ""


def words_of(content: Mapping[str, Any]) -> str:
    """The plain words of a text bubble: rich text flattened, Markdown or plain text as it is."""
    rich = content.get("richText")
    if isinstance(rich, list):
        return "\n".join(_flatten_text(node, 0) for node in rich).strip()
    return first_of(content, ("markdown", "plainText", "html"))


def _flatten_text(node: Any, depth: int) -> str:
    if not isinstance(node, Mapping) or depth > DEEPEST:
        return ""
    own = node.get("text")
    if isinstance(own, (str, int, float)) and not isinstance(own, bool):
        return str(own)
    children = node.get("children")
    inner = [(_flatten_text(child, depth + 1), child) for child in children] if isinstance(children, list) else []
    kind = text_of(node.get("type"), 30)
    if kind in ("ul", "ol"):
        return "\n".join(f"- {text}" for text, _child in inner if text)
    joint = (
        "\n"
        if any(isinstance(child, Mapping) and child.get("type") in ("p", "ul", "ol") for _t, child in inner)
        else ""
    )
    text = joint.join(text for text, _child in inner)
    url = url_of(node.get("url")) if kind == "a" else ""
    return f"{text} ({url})" if url and url not in text else text


def _offer_choices(asked: Mapping[str, Any], found: Found) -> None:
    """What may be answered by tapping goes under the last text; all else is answered in words."""
    kind, options = text_of(asked.get("type"), 40), asked.get("options")
    options = options if isinstance(options, Mapping) else {}
    choices: list[dict[str, str]] = []
    if kind in CHOOSING:
        choices = choices_of(asked.get("items"), found, ("content", "title", "value"), ("content", "title", "value"))
    elif kind == "rating input":
        choices = _rating_choices(options)
    elif kind == "payment input":
        found.odd.append(_("Un pago, que no se puede hacer en el chat"))
    if not choices:
        return
    last = found.said[-1] if found.said else None
    if last is not None and last.kind == "text" and not last.attachments:
        found.said[-1] = offer_choices(last.text, choices)
    else:
        found.said.append(offer_choices("", choices))


def _rating_choices(options: Mapping[str, Any]) -> list[dict[str, str]]:
    longest = options.get("length", 10)
    longest = longest if isinstance(longest, int) and 0 < longest <= 10 else 10
    return [{"title": str(rate), "payload": str(rate)} for rate in range(1, longest + 1)]
