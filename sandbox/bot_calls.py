"""What a bot calls that sends no message."""

from collections.abc import Callable
from typing import Any

from sandbox import sending, telegram
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
from sandbox.web import HttpAnswer, answer_json
from sandbox.world import SandboxWorld


def _get_me(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    return answer_ok(telegram.describe_bot(line))


def _webhook_info(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    info: dict[str, Any] = {"url": line.webhook, "has_custom_certificate": False, "max_connections": 40}
    info["pending_update_count"] = world.post.count_waiting()
    return answer_ok(info | ({"allowed_updates": line.allowed_updates} if line.allowed_updates else {}))


def _set_webhook(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    line.webhook = str(data.get("url") or "")
    line.secret = str(data.get("secret_token") or "")
    if "allowed_updates" in data:
        line.allowed_updates = list(data["allowed_updates"]) or None
    return answer_json({"ok": True, "result": True, "description": "Webhook was set"})


def _set_reaction(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer = find_customer(world, line, data)
    target = str(data.get("message_id"))
    if target not in customer.entries:
        raise BotError("message to react not found")
    emojis = [one.get("emoji", "") for one in data.get("reaction") or []]
    entry = ThreadEntry(telegram.new_id(world, customer), "line", "reaction", world.now(), target=target)
    entry.payload = {"emoji": emojis[0] if emojis else ""}
    sending.reach_customer(world, customer, entry)
    return answer_ok(True)


def _find_own_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> tuple[Customer, ThreadEntry]:
    customer = find_customer(world, line, data)
    entry = customer.entries.get(str(data.get("message_id")))
    if entry is None or entry.side != "line":
        raise BotError("message to edit not found")
    return customer, entry


def _edit_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer, entry = _find_own_message(world, line, data)
    text = check_length(str(data.get("text") or data.get("caption") or ""), 4096, "MESSAGE_TOO_LONG")
    if text == entry.text and "reply_markup" not in data:
        raise BotError("message is not modified: specified new message content and reply markup are exactly the same")
    entry.text, entry.payload["edited"] = text or entry.text, True
    entry.choices = read_choices(data.get("reply_markup") or {})
    return answer_ok(telegram.describe_message(world, customer, entry))


def _delete_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer = find_customer(world, line, data)
    entry = customer.entries.get(str(data.get("message_id")))
    if entry is None:
        raise BotError("message to delete not found")
    entry.payload["withdrawn"] = True
    return answer_ok(True)


def _answer_callback(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    if not data.get("callback_query_id"):
        raise BotError("query is too old and response timeout expired or query ID is invalid")
    world.counts["callbacks_answered"] += 1
    return answer_ok(True)


def _note_typing(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    find_customer(world, line, data)
    world.counts["typing"] += 1
    return answer_ok(True)


def _get_file(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    media = world.media.get(str(data.get("file_id") or "").removeprefix(FILE_MARK))
    if media is None or media.fault == "lost":
        raise BotError("wrong file_id or the file is temporarily unavailable")
    if len(media.data) > 20 * BYTES_PER_MB:
        raise BotError("file is too big")
    path = f"documents/file_{media.id}"
    unique = f"AQAD{media.id[-10:]}"
    return answer_ok(
        {"file_id": data["file_id"], "file_unique_id": unique, "file_size": len(media.data), "file_path": path}
    )


def download_file(world: SandboxWorld, token: str, path: str) -> HttpAnswer:
    """`/file/bot<token>/<path>`."""
    media = world.media.get(path.rpartition("file_")[2])
    found = world.bytes_of(media) if media and find_line(world, token) else None
    return HttpAnswer(200, found[0], found[1]) if found else BotError("Not Found", 404).as_answer()


CALLS: dict[str, Callable[[SandboxWorld, OurLine, dict[str, Any]], HttpAnswer]] = {
    "getMe": _get_me,
    "getWebhookInfo": _webhook_info,
    "setWebhook": _set_webhook,
    "deleteWebhook": lambda world, line, data: _set_webhook(world, line, {}),
    "setMessageReaction": _set_reaction,
    "editMessageText": _edit_message,
    "editMessageCaption": _edit_message,
    "editMessageReplyMarkup": _edit_message,
    "deleteMessage": _delete_message,
    "answerCallbackQuery": _answer_callback,
    "sendChatAction": _note_typing,
    "getFile": _get_file,
}
