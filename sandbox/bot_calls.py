"""Telegram's Bot API: the methods that send no message."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sandbox import bot_changes, business, telegram
from sandbox.bot_chats import find_customer, find_message
from sandbox.bot_files import read_file_id
from sandbox.bot_words import BYTES_PER_MB, BotError, answer_ok, find_line
from sandbox.records import OurLine
from sandbox.web import HttpAnswer, answer_json
from sandbox.world import SandboxWorld

WEBHOOK_PORTS = (80, 88, 443, 8443)
SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{0,256}")
CHAT_ACTIONS = (
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
)  # fmt: skip


def _get_me(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    return answer_ok(telegram.describe_bot(line))


def _webhook_info(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    info: dict[str, Any] = {"url": line.webhook, "has_custom_certificate": False, "max_connections": 40}
    info["pending_update_count"] = world.post.count_waiting()
    return answer_ok(info | ({"allowed_updates": line.allowed_updates} if line.allowed_updates else {}))


def _check_webhook(url: str) -> None:
    parts = urlsplit(url)
    # this machine has no certificate, and is where the sandbox is for
    if not url or parts.hostname in ("127.0.0.1", "localhost"):
        return
    if parts.scheme != "https" or not parts.hostname:
        raise BotError("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in WEBHOOK_PORTS:
        raise BotError("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _set_webhook(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    url = str(data.get("url") or "")
    _check_webhook(url)
    if not SECRET_TOKEN.fullmatch(str(data.get("secret_token") or "")):
        raise BotError("secret token contains unallowed characters")
    line.webhook = url
    line.secret = str(data.get("secret_token") or "")
    if "allowed_updates" in data:
        line.allowed_updates = list(data["allowed_updates"]) or None
    return answer_json({"ok": True, "result": True, "description": "Webhook was set"})


def _note_typing(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    find_customer(world, line, data)
    if data.get("action") not in CHAT_ACTIONS:
        raise BotError("wrong parameter action in request")
    world.counts["typing"] += 1
    return answer_ok(True)


def _get_connection(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    if data.get("business_connection_id") != business.name_connection(line) or not line.account:
        raise BotError("business connection not found")
    return answer_ok(business.describe_connection(world, line))


def _read_business_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    if not data.get("business_connection_id"):
        raise BotError("business connection not found")
    find_message(world, line, data, "read")
    world.counts["marked_read"] += 1
    return answer_ok(True)


def _get_file(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    if not data.get("file_id"):
        raise BotError("file_id not specified")
    found = read_file_id(world, data["file_id"])
    if found is None or found[1].fault == "lost":
        raise BotError("wrong file_id or the file is temporarily unavailable")
    media = found[1]
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
    return HttpAnswer(200, found[0], found[1]) if found else BotError("", 404).as_answer()


CALLS: dict[str, Callable[[SandboxWorld, OurLine, dict[str, Any]], HttpAnswer]] = {
    "getMe": _get_me,
    "getWebhookInfo": _webhook_info,
    "setWebhook": _set_webhook,
    "deleteWebhook": lambda world, line, data: _set_webhook(world, line, {}),
    "setMessageReaction": bot_changes.set_reaction,
    "editMessageText": bot_changes.edit_text,
    "editMessageCaption": bot_changes.edit_caption,
    "editMessageReplyMarkup": bot_changes.edit_markup,
    "deleteMessage": bot_changes.delete_message,
    "deleteBusinessMessages": bot_changes.delete_business_messages,
    "getBusinessConnection": _get_connection,
    "readBusinessMessage": _read_business_message,
    "answerCallbackQuery": bot_changes.answer_callback,
    "sendChatAction": _note_typing,
    "getFile": _get_file,
}
