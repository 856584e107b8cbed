"""Whom a call of the Bot API is for, and which of the messages there."""

from typing import Any

from sandbox import business, telegram
from sandbox.bot_words import BotError
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.world import SandboxWorld


def find_customer(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> Customer:
    """The person of a chat that the bot may write to. Raises BotError."""
    chat = data.get("chat_id")
    if chat in (None, ""):
        raise BotError("chat_id is empty")
    if data.get("business_connection_id"):
        business.check_connection(line, data)
    customer = world.find_customer(line, "chat_id", str(chat))
    if customer is None:
        raise BotError("chat not found")
    if data.get("business_connection_id"):
        business.check_peer(world, customer)
    elif not customer.last_wrote:
        # a bot writes to nobody who has not written to it first
        raise BotError("chat not found")
    elif customer.blocked:
        raise BotError("bot was blocked by the user", 403)
    return customer


def find_message(world: SandboxWorld, line: OurLine, data: dict[str, Any], to: str) -> tuple[Customer, ThreadEntry]:
    """A message that is still there. Raises BotError."""
    customer = find_customer(world, line, data)
    given = data.get("message_id")
    if given in (None, "", 0, "0"):
        raise BotError("message identifier is not specified")
    entry = find_in_thread(customer, given, data)
    if entry is None:
        raise BotError(f"message to {to} not found")
    return customer, entry


def find_in_thread(customer: Customer, number: Any, data: dict[str, Any]) -> ThreadEntry | None:
    """A message by its number, where it is of the thread that the call is about."""
    entry = customer.entries.get(str(number))
    is_there = entry is not None and telegram.is_message(entry) and business.is_in_thread(entry, data)
    return entry if is_there else None
