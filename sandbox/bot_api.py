"""Telegram's Bot API: what a bot calls."""

import json
from collections.abc import Awaitable
from typing import Any

from sandbox import sending, telegram
from sandbox.bot_calls import CALLS
from sandbox.bot_words import FILE_MARK, MEGA, BotError, choices, line_of, ok, person, short
from sandbox.records import Customer, Entry, Line
from sandbox.web import Answer, Part, Request
from sandbox.world import World

# what is sent: the kind, the parameter that holds it, and the most bytes of a file
SENDS = {
    "sendMessage": ("text", "text", 0),
    "sendPhoto": ("image", "photo", 10 * MEGA),
    "sendDocument": ("document", "document", 50 * MEGA),
    "sendVoice": ("voice", "voice", 50 * MEGA),
    "sendAudio": ("audio", "audio", 50 * MEGA),
    "sendVideo": ("video", "video", 50 * MEGA),
    "sendAnimation": ("document", "animation", 50 * MEGA),
    "sendSticker": ("sticker", "sticker", 512 * 1024),
    "sendLocation": ("location", "latitude", 0),
    "sendVenue": ("location", "latitude", 0),
    "sendContact": ("contact", "phone_number", 0),
}


def answer(world: World, request: Request, token: str, method: str) -> Answer | Awaitable[Answer]:
    """`/bot<token>/<method>`."""
    line = line_of(world, token)
    if line is None:
        return BotError("Unauthorized", 401).answer()
    try:
        data, files = _read(request)
        return _call(world, line, method, data, files)
    except BotError as error:
        world.counts[f"refused_{error.status}"] += 1
        return error.answer()
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        world.counts["refused_400"] += 1
        return BotError(f"can't parse the request: {error}").answer()


def _read(request: Request) -> tuple[dict[str, Any], dict[str, Part]]:
    if request.headers.get("content-type", "").startswith("application/json"):
        return {**request.query, **request.json()}, {}
    fields, files = request.form() if request.body else ({}, {})
    data: dict[str, Any] = {**request.query, **fields}
    for name in ("reply_markup", "reply_parameters", "reaction", "allowed_updates"):
        if isinstance(data.get(name), str):
            data[name] = json.loads(data[name])
    return data, files


def _call(
    world: World, line: Line, method: str, data: dict[str, Any], files: dict[str, Part]
) -> Answer | Awaitable[Answer]:
    known = {name.lower(): name for name in (*SENDS, *CALLS)}
    name = known.get(method.lower())
    if name is None:
        raise BotError("Not Found", 404)
    if name not in SENDS:
        return CALLS[name](world, line, data)
    refuse = {
        "error_500": BotError("Internal Server Error", 500).answer,
        "error_429": BotError(f"retry after {world.faults.retry_after}", 429, max(1, world.faults.retry_after)).answer,
    }
    return sending.send(world, lambda: _accept(world, line, name, data, files), refuse)


def _accept(world: World, line: Line, method: str, data: dict[str, Any], files: dict[str, Part]) -> sending.Accepted:
    customer = person(world, line, data)
    kind, holds, most = SENDS[method]
    if data.get(holds) in (None, "") and holds not in files:
        raise BotError("message text is empty" if kind == "text" else f"there is no {holds} in the request")
    entry = Entry(telegram.new_id(world, customer), "line", kind, world.now())
    if kind == "text":
        entry.text = short(str(data["text"]), 4096, "message is too long")
        if not entry.text.strip():
            raise BotError("message text is empty")
    else:
        entry.text = short(str(data.get("caption") or ""), 1024, "message caption is too long")
    if most:
        entry.media = _file(world, data.get(holds), files, holds, most)
    elif kind == "location":
        entry.payload = {"latitude": float(data["latitude"]), "longitude": float(data["longitude"])}
        entry.payload |= {name: data[key] for key, name in (("title", "name"), ("address", "address")) if key in data}
    elif kind == "contact":
        name = f"{data.get('first_name', '')} {data.get('last_name', '')}".strip()
        entry.text, entry.payload = name, {"name": name, "phone": data["phone_number"]}
    _reply_to(customer, entry, data)
    entry.choices = choices(data.get("reply_markup") or {})
    events = sending.reach(world, customer, entry)
    return ok(telegram.message_of(world, customer, entry)), events


def _reply_to(customer: Customer, entry: Entry, data: dict[str, Any]) -> None:
    reply = data.get("reply_parameters") or {"message_id": data.get("reply_to_message_id")}
    wanted = str(reply.get("message_id") or "")
    if wanted in customer.entries:
        entry.reply_to = wanted
    elif wanted and not reply.get("allow_sending_without_reply", data.get("allow_sending_without_reply")):
        raise BotError("message to be replied not found")


def _file(world: World, given: Any, files: dict[str, Part], holds: str, most: int) -> str:
    name = str(given)[len("attach://") :] if str(given).startswith("attach://") else holds
    if name in files:
        if len(files[name].data) > most:
            raise BotError("Request Entity Too Large", 413)
        if not files[name].data:
            raise BotError("file must be non-empty")
        return world.keep(files[name].data, files[name].mime, files[name].name).id
    known = str(given).removeprefix(FILE_MARK)
    if known not in world.media:
        raise BotError("wrong file identifier/HTTP URL specified")
    return known
