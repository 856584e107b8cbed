"""Telegram Business: a person's own account that our bot is connected to, whose chats it sees and may answer."""

import zlib
from typing import Any

from sandbox.bot_words import BotError
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.world import DAY_SECONDS, SandboxWorld


def name_connection(line: OurLine) -> str:
    return f"bcn{zlib.crc32(line.key.encode()):010d}"


def describe_owner(line: OurLine) -> dict[str, Any]:
    """Whose account it is."""
    number = 5_000_000_000 + zlib.crc32(line.key.encode()) % 1_000_000
    return {"id": number, "is_bot": False, "first_name": "Dueña", "username": "duena_sandbox"}


def describe_connection(world: SandboxWorld, line: OurLine) -> dict[str, Any]:
    owner = describe_owner(line)
    return {
        "id": name_connection(line),
        "user": owner,
        "user_chat_id": owner["id"],
        "date": int(world.now()),
        "is_enabled": line.account in ("connected", "silent"),
        "rights": {"can_reply": True, "can_read_messages": True} if line.account == "connected" else {},
    }


def is_of_account(entry: ThreadEntry) -> bool:
    """Whether a message is of the account's chat. That and the bot's own are two threads of the same person."""
    return bool(entry.payload.get("business"))


def is_in_thread(entry: ThreadEntry, data: dict[str, Any]) -> bool:
    """Whether a message is of the thread that a call is about."""
    return is_of_account(entry) == bool(data.get("business_connection_id"))


def check_connection(line: OurLine, data: dict[str, Any]) -> None:
    """Raises BotError where the bot is not connected, or may not answer."""
    if data["business_connection_id"] != name_connection(line) or line.account in ("", "off"):
        raise BotError("business connection not found")
    if line.account != "connected":
        raise BotError("not enough rights")


def check_peer(world: SandboxWorld, customer: Customer) -> None:
    """A bot answers for an account who wrote to it within a day. Raises BotError."""
    if world.now() - customer.wrote_account > DAY_SECONDS:
        raise BotError("BUSINESS_PEER_USAGE_MISSING")
