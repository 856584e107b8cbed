"""What a bot calls that sends no message."""

from collections.abc import Callable
from typing import Any

from sandbox import sending, telegram
from sandbox.bot_words import FILE_MARK, MEGA, BotError, choices, line_of, ok, person, short
from sandbox.records import Customer, Entry, Line
from sandbox.web import Answer, said
from sandbox.world import World


def _get_me(world: World, line: Line, data: dict[str, Any]) -> Answer:
    return ok(telegram.bot(line))


def _webhook_info(world: World, line: Line, data: dict[str, Any]) -> Answer:
    info: dict[str, Any] = {"url": line.webhook, "has_custom_certificate": False, "max_connections": 40}
    info["pending_update_count"] = world.post.waiting()
    return ok(info | ({"allowed_updates": line.allowed_updates} if line.allowed_updates else {}))


def _set_webhook(world: World, line: Line, data: dict[str, Any]) -> Answer:
    line.webhook = str(data.get("url") or "")
    line.secret = str(data.get("secret_token") or "")
    if "allowed_updates" in data:
        line.allowed_updates = list(data["allowed_updates"]) or None
    return said({"ok": True, "result": True, "description": "Webhook was set"})


def _react(world: World, line: Line, data: dict[str, Any]) -> Answer:
    customer = person(world, line, data)
    target = str(data.get("message_id"))
    if target not in customer.entries:
        raise BotError("message to react not found")
    emojis = [one.get("emoji", "") for one in data.get("reaction") or []]
    entry = Entry(telegram.new_id(world, customer), "line", "reaction", world.now(), target=target)
    entry.payload = {"emoji": emojis[0] if emojis else ""}
    sending.reach(world, customer, entry)
    return ok(True)


def _own(world: World, line: Line, data: dict[str, Any]) -> tuple[Customer, Entry]:
    customer = person(world, line, data)
    entry = customer.entries.get(str(data.get("message_id")))
    if entry is None or entry.side != "line":
        raise BotError("message to edit not found")
    return customer, entry


def _edit(world: World, line: Line, data: dict[str, Any]) -> Answer:
    customer, entry = _own(world, line, data)
    text = short(str(data.get("text") or data.get("caption") or ""), 4096, "MESSAGE_TOO_LONG")
    if text == entry.text and "reply_markup" not in data:
        raise BotError("message is not modified: specified new message content and reply markup are exactly the same")
    entry.text, entry.payload["edited"] = text or entry.text, True
    entry.choices = choices(data.get("reply_markup") or {})
    return ok(telegram.message_of(world, customer, entry))


def _delete(world: World, line: Line, data: dict[str, Any]) -> Answer:
    customer = person(world, line, data)
    entry = customer.entries.get(str(data.get("message_id")))
    if entry is None:
        raise BotError("message to delete not found")
    entry.payload["withdrawn"] = True
    return ok(True)


def _answered(world: World, line: Line, data: dict[str, Any]) -> Answer:
    if not data.get("callback_query_id"):
        raise BotError("query is too old and response timeout expired or query ID is invalid")
    world.counts["callbacks_answered"] += 1
    return ok(True)


def _typing(world: World, line: Line, data: dict[str, Any]) -> Answer:
    person(world, line, data)
    world.counts["typing"] += 1
    return ok(True)


def _get_file(world: World, line: Line, data: dict[str, Any]) -> Answer:
    media = world.media.get(str(data.get("file_id") or "").removeprefix(FILE_MARK))
    if media is None or media.fault == "lost":
        raise BotError("wrong file_id or the file is temporarily unavailable")
    if len(media.data) > 20 * MEGA:
        raise BotError("file is too big")
    path = f"documents/file_{media.id}"
    unique = f"AQAD{media.id[-10:]}"
    return ok({"file_id": data["file_id"], "file_unique_id": unique, "file_size": len(media.data), "file_path": path})


def file(world: World, token: str, path: str) -> Answer:
    """`/file/bot<token>/<path>`."""
    media = world.media.get(path.rpartition("file_")[2])
    found = world.bytes_of(media) if media and line_of(world, token) else None
    return Answer(200, found[0], found[1]) if found else BotError("Not Found", 404).answer()


CALLS: dict[str, Callable[[World, Line, dict[str, Any]], Answer]] = {
    "getMe": _get_me,
    "getWebhookInfo": _webhook_info,
    "setWebhook": _set_webhook,
    "deleteWebhook": lambda world, line, data: _set_webhook(world, line, {}),
    "setMessageReaction": _react,
    "editMessageText": _edit,
    "editMessageCaption": _edit,
    "editMessageReplyMarkup": _edit,
    "deleteMessage": _delete,
    "answerCallbackQuery": _answered,
    "sendChatAction": _typing,
    "getFile": _get_file,
}
