"""Telegram's Bot API: what a bot calls."""

import json
from collections.abc import Awaitable
from typing import Any

from sandbox import sending, telegram
from sandbox.bot_calls import CALLS
from sandbox.bot_words import (
    BYTES_PER_MB,
    FILE_MARK,
    BotError,
    answer_ok,
    check_length,
    find_customer,
    find_line,
    read_choices,
)
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.web import FilePart, HttpAnswer, HttpRequest
from sandbox.world import SandboxWorld

# what is sent: the kind, the parameter that holds it, and the most bytes of a file
SENDS = {
    "sendMessage": ("text", "text", 0),
    "sendPhoto": ("image", "photo", 10 * BYTES_PER_MB),
    "sendDocument": ("document", "document", 50 * BYTES_PER_MB),
    "sendVoice": ("voice", "voice", 50 * BYTES_PER_MB),
    "sendAudio": ("audio", "audio", 50 * BYTES_PER_MB),
    "sendVideo": ("video", "video", 50 * BYTES_PER_MB),
    "sendAnimation": ("document", "animation", 50 * BYTES_PER_MB),
    "sendSticker": ("sticker", "sticker", 512 * 1024),
    "sendLocation": ("location", "latitude", 0),
    "sendVenue": ("location", "latitude", 0),
    "sendContact": ("contact", "phone_number", 0),
}


def answer_call(
    world: SandboxWorld, request: HttpRequest, token: str, method: str
) -> HttpAnswer | Awaitable[HttpAnswer]:
    """`/bot<token>/<method>`."""
    line = find_line(world, token)
    if line is None:
        return BotError("Unauthorized", 401).as_answer()
    try:
        data, files = _read_parameters(request)
        return _run_method(world, line, method, data, files)
    except BotError as error:
        world.counts[f"refused_{error.status}"] += 1
        return error.as_answer()
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        world.counts["refused_400"] += 1
        return BotError(f"can't parse the request: {error}").as_answer()


def _read_parameters(request: HttpRequest) -> tuple[dict[str, Any], dict[str, FilePart]]:
    if request.headers.get("content-type", "").startswith("application/json"):
        return {**request.query, **request.read_object()}, {}
    fields, files = request.read_form() if request.body else ({}, {})
    data: dict[str, Any] = {**request.query, **fields}
    for name in ("reply_markup", "reply_parameters", "reaction", "allowed_updates"):
        if isinstance(data.get(name), str):
            data[name] = json.loads(data[name])
    return data, files


def _run_method(
    world: SandboxWorld, line: OurLine, method: str, data: dict[str, Any], files: dict[str, FilePart]
) -> HttpAnswer | Awaitable[HttpAnswer]:
    known = {name.lower(): name for name in (*SENDS, *CALLS)}
    name = known.get(method.lower())
    if name is None:
        raise BotError("Not Found", 404)
    if name not in SENDS:
        return CALLS[name](world, line, data)
    refuse = {
        "error_500": BotError("Internal Server Error", 500).as_answer,
        "error_429": BotError(
            f"retry after {world.faults.retry_after}", 429, max(1, world.faults.retry_after)
        ).as_answer,
    }
    return sending.answer_send(world, lambda: _accept_message(world, line, name, data, files), refuse)


def _accept_message(
    world: SandboxWorld, line: OurLine, method: str, data: dict[str, Any], files: dict[str, FilePart]
) -> sending.Accepted:
    customer = find_customer(world, line, data)
    kind, holds, most = SENDS[method]
    if data.get(holds) in (None, "") and holds not in files:
        raise BotError("message text is empty" if kind == "text" else f"there is no {holds} in the request")
    entry = ThreadEntry(telegram.new_id(world, customer), "line", kind, world.now())
    if kind == "text":
        entry.text = check_length(str(data["text"]), 4096, "message is too long")
        if not entry.text.strip():
            raise BotError("message text is empty")
    else:
        entry.text = check_length(str(data.get("caption") or ""), 1024, "message caption is too long")
    if most:
        entry.media = _keep_file(world, data.get(holds), files, holds, most)
    elif kind == "location":
        entry.payload = {"latitude": float(data["latitude"]), "longitude": float(data["longitude"])}
        entry.payload |= {name: data[key] for key, name in (("title", "name"), ("address", "address")) if key in data}
    elif kind == "contact":
        name = f"{data.get('first_name', '')} {data.get('last_name', '')}".strip()
        entry.text, entry.payload = name, {"name": name, "phone": data["phone_number"]}
    _quote_message(customer, entry, data)
    entry.choices = read_choices(data.get("reply_markup") or {})
    events = sending.reach_customer(world, customer, entry)
    return answer_ok(telegram.describe_message(world, customer, entry)), events


def _quote_message(customer: Customer, entry: ThreadEntry, data: dict[str, Any]) -> None:
    reply = data.get("reply_parameters") or {"message_id": data.get("reply_to_message_id")}
    wanted = str(reply.get("message_id") or "")
    if wanted in customer.entries:
        entry.reply_to = wanted
    elif wanted and not reply.get("allow_sending_without_reply", data.get("allow_sending_without_reply")):
        raise BotError("message to be replied not found")


def _keep_file(world: SandboxWorld, given: Any, files: dict[str, FilePart], holds: str, most: int) -> str:
    name = str(given)[len("attach://") :] if str(given).startswith("attach://") else holds
    if name in files:
        if len(files[name].data) > most:
            raise BotError("Request Entity Too Large", 413)
        if not files[name].data:
            raise BotError("file must be non-empty")
        return world.keep_file(files[name].data, files[name].mime, files[name].name).id
    known = str(given).removeprefix(FILE_MARK)
    if known not in world.media:
        raise BotError("wrong file identifier/HTTP URL specified")
    return known
