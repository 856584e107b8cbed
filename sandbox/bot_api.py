"""Telegram's Bot API: authentication, parameters, dispatch, and the methods that send a message."""

import json
from collections.abc import Awaitable
from typing import Any

from sandbox import sending, telegram
from sandbox.bot_calls import CALLS
from sandbox.bot_chats import find_customer, find_in_thread
from sandbox.bot_entities import Entity, parse_text
from sandbox.bot_files import take_file
from sandbox.bot_keyboards import read_choices
from sandbox.bot_words import (
    MAX_CAPTION_UNITS,
    MAX_TEXT_UNITS,
    BotError,
    answer_ok,
    check_length,
    find_line,
    is_set,
)
from sandbox.links import FetchedFile, fetch_file, is_link
from sandbox.multipart import FilePart
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.web import HttpAnswer, HttpRequest
from sandbox.world import SandboxWorld

# by method: the kind of message, and the parameter that holds it
SENDS = {
    "sendMessage": ("text", "text"),
    "sendPhoto": ("image", "photo"),
    "sendDocument": ("document", "document"),
    "sendVoice": ("voice", "voice"),
    "sendAudio": ("audio", "audio"),
    "sendVideo": ("video", "video"),
    "sendAnimation": ("document", "animation"),
    "sendSticker": ("sticker", "sticker"),
    "sendLocation": ("location", "latitude"),
    "sendVenue": ("location", "latitude"),
    "sendContact": ("contact", "phone_number"),
}
FILES = ("image", "document", "voice", "audio", "video", "sticker")
# parameters that are objects or lists: forms and queries carry them as JSON, JSON bodies may as well
OBJECTS = (
    "reply_markup", "reply_parameters", "reaction", "allowed_updates", "entities", "caption_entities",
    "link_preview_options", "message_ids",
)  # fmt: skip


def answer_call(
    world: SandboxWorld, request: HttpRequest, token: str, method: str
) -> HttpAnswer | Awaitable[HttpAnswer]:
    """`/bot<token>/<method>`, by GET or POST."""
    line = find_line(world, token)
    if line is None:
        return BotError("Unauthorized", 401).as_answer()
    try:
        data, files = _read_parameters(request)
        found = _run_method(world, line, method, data, files)
    except (BotError, ValueError, TypeError, AttributeError, KeyError) as error:
        return _refuse(world, error)
    return found if isinstance(found, HttpAnswer) else _await_answer(world, found)


async def _await_answer(world: SandboxWorld, found: Awaitable[HttpAnswer]) -> HttpAnswer:
    try:
        return await found
    except (BotError, ValueError, TypeError, AttributeError, KeyError) as error:
        return _refuse(world, error)


def _refuse(world: SandboxWorld, error: Exception) -> HttpAnswer:
    refusal = error if isinstance(error, BotError) else BotError(f"can't parse the request: {error}")
    world.counts[f"refused_{refusal.status}"] += 1
    return refusal.as_answer()


def _read_parameters(request: HttpRequest) -> tuple[dict[str, Any], dict[str, FilePart]]:
    """From the query, a form or JSON, whichever the client likes."""
    data: dict[str, Any] = dict(request.query)
    files: dict[str, FilePart] = {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        data |= request.read_object()
    elif request.body:
        fields, files = request.read_form()
        data |= fields
    for name in OBJECTS:
        if isinstance(data.get(name), str):
            data[name] = _read_json(name, data[name])
    return data, files


def _read_json(name: str, text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        words = "reply keyboard markup JSON object" if name == "reply_markup" else f"{name} JSON object"
        raise BotError(f"can't parse {words}") from error


def _run_method(
    world: SandboxWorld, line: OurLine, method: str, data: dict[str, Any], files: dict[str, FilePart]
) -> HttpAnswer | Awaitable[HttpAnswer]:
    known = {name.lower(): name for name in (*SENDS, *CALLS)}
    name = known.get(method.lower())
    if name is None:
        raise BotError("method not found", 404)
    if name not in SENDS:
        return CALLS[name](world, line, data)
    kind, holds = SENDS[name]
    given = data.get(holds)
    if kind in FILES and isinstance(given, str) and is_link(given):
        return _fetch_first(world, line, name, data, given)
    part = files.get(str(given).removeprefix("attach://") if str(given).startswith("attach://") else holds)
    return _send(world, line, name, data, part)


async def _fetch_first(world: SandboxWorld, line: OurLine, name: str, data: dict[str, Any], link: str) -> HttpAnswer:
    answer = _send(world, line, name, data, await fetch_file(link))
    return answer if isinstance(answer, HttpAnswer) else await answer


def _send(
    world: SandboxWorld, line: OurLine, name: str, data: dict[str, Any], file: FilePart | FetchedFile | None
) -> HttpAnswer | Awaitable[HttpAnswer]:
    wait = max(1, world.faults.retry_after)
    refuse = {
        "error_500": BotError("Internal Server Error", 500).as_answer,
        "error_429": BotError(f"retry after {wait}", 429, wait).as_answer,
    }
    return sending.answer_send(world, lambda: _accept_message(world, line, name, data, file), refuse)


def _accept_message(
    world: SandboxWorld, line: OurLine, method: str, data: dict[str, Any], file: FilePart | FetchedFile | None
) -> sending.Accepted:
    kind, holds = SENDS[method]
    if kind == "text" and not str(data.get("text") or "").strip():
        raise BotError("message text is empty")
    if data.get(holds) in (None, "") and not file:
        raise BotError(f"there is no {holds} in the request")
    customer = find_customer(world, line, data)
    entry = ThreadEntry(telegram.new_id(world, customer), "line", kind, world.now())
    entry.text, entities = _read_text(kind, data)
    if kind in FILES:
        part, fetched = (file, None) if isinstance(file, FilePart) else (None, file)
        taken = take_file(world, kind, data.get(holds), part, fetched)
        entry.kind, entry.media = taken.kind, taken.media
    elif kind == "location":
        entry.payload = _read_place(method, data)
    elif kind == "contact":
        name = _read_name(data)
        entry.text, entry.payload = name, {"name": name, "phone": str(data["phone_number"])}
    if entities:
        entry.payload["entities"] = entities
    if data.get("business_connection_id"):
        entry.payload["business"] = True
    _quote_message(customer, entry, data)
    entry.choices = read_choices(data.get("reply_markup"))
    events = sending.reach_customer(world, customer, entry)
    return answer_ok(telegram.describe_message(world, customer, entry)), events


def _read_text(kind: str, data: dict[str, Any]) -> tuple[str, list[Entity]]:
    """What stands in a text or a caption, and how it is formatted."""
    is_text = kind == "text"
    raw = str(data.get("text" if is_text else "caption") or "")
    text, entities = parse_text(raw, data.get("parse_mode"))
    if is_text and not text.strip():
        raise BotError("message text is empty")
    most = MAX_TEXT_UNITS if is_text else MAX_CAPTION_UNITS
    check_length(text, most, "message is too long" if is_text else "message caption is too long")
    given = data.get("entities" if is_text else "caption_entities")
    return text, entities or (given if isinstance(given, list) else [])


def _read_place(method: str, data: dict[str, Any]) -> dict[str, Any]:
    try:
        place: dict[str, Any] = {name: float(data[name]) for name in ("latitude", "longitude")}
    except (KeyError, TypeError, ValueError) as error:
        raise BotError("latitude and longitude must be specified") from error
    if abs(place["latitude"]) > 90 or abs(place["longitude"]) > 180:
        raise BotError("wrong location specified")
    if method == "sendVenue":
        for name in ("title", "address"):
            if not str(data.get(name) or "").strip():
                raise BotError(f"venue {name} must be non-empty")
        place |= {"name": str(data["title"]), "address": str(data["address"])}
    return place


def _read_name(data: dict[str, Any]) -> str:
    if not str(data.get("first_name") or "").strip():
        raise BotError("contact first name must be non-empty")
    return f"{data['first_name']} {data.get('last_name') or ''}".strip()


def _quote_message(customer: Customer, entry: ThreadEntry, data: dict[str, Any]) -> None:
    reply = data.get("reply_parameters") or {"message_id": data.get("reply_to_message_id")}
    wanted = str(reply.get("message_id") or "")
    if find_in_thread(customer, wanted, data):
        entry.reply_to = wanted
    elif wanted and not (is_set(reply, "allow_sending_without_reply") or is_set(data, "allow_sending_without_reply")):
        raise BotError("message to be replied not found")
