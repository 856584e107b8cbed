"""Telegram's Bot API: what changes messages that are there, and the answers to tapped buttons."""

from typing import Any

from sandbox import business, sending, telegram
from sandbox.bot_chats import find_in_thread, find_message
from sandbox.bot_entities import Parsed, parse_text
from sandbox.bot_keyboards import read_choices
from sandbox.bot_words import (
    MAX_CAPTION_UNITS,
    MAX_TEXT_UNITS,
    BotError,
    answer_ok,
    check_length,
)
from sandbox.emoji import TELEGRAM_REACTIONS
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.web import HttpAnswer
from sandbox.world import DAY_SECONDS, SandboxWorld

# seconds that a tapped button waits for its answer; days that a message may be deleted for both
QUERY_SECONDS, DELETE_DAYS = 60, 2
MAX_ANSWER_UNITS = 200
MAX_DELETED = 100
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def _find_own_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> tuple[Customer, ThreadEntry]:
    customer, entry = find_message(world, line, data, "edit")
    if entry.side != "line":
        raise BotError("message can't be edited")
    return customer, entry


def edit_text(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer, entry = _find_own_message(world, line, data)
    text, entities = parse_text(str(data.get("text") or ""), data.get("parse_mode"))
    if not text.strip():
        raise BotError("message text is empty")
    if entry.kind != "text":
        raise BotError("there is no text in the message to edit")
    return _change(world, customer, entry, (check_length(text, MAX_TEXT_UNITS, "MESSAGE_TOO_LONG"), entities), data)


def edit_caption(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer, entry = _find_own_message(world, line, data)
    if not entry.media or entry.kind == "sticker":
        raise BotError("there is no caption in the message to edit")
    text, entities = parse_text(str(data.get("caption") or ""), data.get("parse_mode"))
    check_length(text, MAX_CAPTION_UNITS, "message caption is too long")
    return _change(world, customer, entry, (text, entities), data)


def edit_markup(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer, entry = _find_own_message(world, line, data)
    return _change(world, customer, entry, (entry.text, entry.payload.get("entities", [])), data)


def _change(
    world: SandboxWorld, customer: Customer, entry: ThreadEntry, said: Parsed, data: dict[str, Any]
) -> HttpAnswer:
    choices = read_choices(data.get("reply_markup"))
    if (said, choices) == ((entry.text, entry.payload.get("entities", [])), entry.choices):
        raise BotError(_SAME)
    entry.text, entry.payload["entities"] = said
    entry.choices, entry.payload["edited"] = choices, True
    return answer_ok(telegram.describe_message(world, customer, entry))


def delete_message(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    _customer, entry = find_message(world, line, data, "delete")
    if world.now() - entry.at > DELETE_DAYS * DAY_SECONDS:
        raise BotError("message can't be deleted for everyone")
    entry.payload["withdrawn"] = True
    return answer_ok(True)


def delete_business_messages(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    """Of one chat of the account, which is not named."""
    business.check_connection(line, data)
    wanted = data.get("message_ids")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MAX_DELETED:
        raise BotError("message identifiers are not specified")
    there = [
        entry
        for customer in world.customers.values()
        if customer.line is line
        for number in wanted
        if (entry := find_in_thread(customer, number, data))
    ]
    if not there:
        raise BotError("message to delete not found")
    for entry in there:
        entry.payload["withdrawn"] = True
    return answer_ok(True)


def set_reaction(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    customer, target = find_message(world, line, data, "react")
    given = data.get("reaction") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BotError("can't parse reaction types JSON object")
    if len(given) > 1:
        raise BotError("REACTIONS_TOO_MANY")
    emoji = ""
    for one in given:
        if one.get("type") not in ("emoji", "custom_emoji", "paid"):
            raise BotError("can't parse reaction type: invalid reaction type specified")
        # to Telegram an emoji is the same with its variation selector
        emoji = str(one.get("emoji") or "").replace("\ufe0f", "")
        if one["type"] != "emoji" or emoji not in TELEGRAM_REACTIONS:
            raise BotError("REACTION_INVALID")
    entry = ThreadEntry(telegram.new_id(world, customer), "line", "reaction", world.now(), target=target.id)
    entry.payload = {"emoji": emoji}
    sending.reach_customer(world, customer, entry)
    return answer_ok(True)


def answer_callback(world: SandboxWorld, line: OurLine, data: dict[str, Any]) -> HttpAnswer:
    check_length(str(data.get("text") or ""), MAX_ANSWER_UNITS, "MESSAGE_TOO_LONG")
    asked = world.queries.pop((line.key, str(data.get("callback_query_id") or "")), None)
    # unknown, too old, or answered before
    if asked is None or world.now() - asked > QUERY_SECONDS:
        raise BotError("query is too old and response timeout expired or query ID is invalid")
    world.counts["callbacks_answered"] += 1
    return answer_ok(True)
