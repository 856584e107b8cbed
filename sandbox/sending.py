"""What a send goes through, whatever its network: the faults, the clock, the way to the customer, the receipts."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox import people
from sandbox.posting import Event
from sandbox.records import Customer, Entry, Line
from sandbox.web import CUT, Answer
from sandbox.world import DAY, World

# what is accepted: the answer, and the webhooks that follow it, in order
Accepted = tuple[Answer, list[Event]]
NUMBER = re.compile(r"#(\d{1,12})\b")


def send(
    world: World, accept: Callable[[], Accepted], refuse: dict[str, Callable[[], Answer]]
) -> Answer | Awaitable[Answer]:
    """Answers a send. `accept` takes it (it may refuse by itself: no events); `refuse`: an answer by fault."""
    world.counts["sends"] += 1
    if world.falls("cut_refused"):
        return CUT
    for fault, refusal in refuse.items():
        if world.falls(fault):
            return refusal()
    answer, events = accept()
    if world.faults.receipts == "off":
        events = [event for event in events if "failed" in str(event.what.get("status", ""))]
    early = events and _comes_early(world)
    if not early:
        _later(world, events)
    if events and world.falls("cut_accepted"):
        answer = CUT
    if early or world.faults.answer_delay:
        return _slowly(world, answer, events if early else [])
    return answer


def _comes_early(world: World) -> bool:
    mode = world.faults.receipts
    return mode == "early" or (mode == "shuffled" and world.chance("receipts_early").random() < 0.3)


def _later(world: World, events: list[Event]) -> None:
    if world.faults.receipts == "shuffled":
        world.chance("receipts").shuffle(events)
    for place, event in enumerate(events, 1):
        world.post.later(0.03 * place, event)


async def _slowly(world: World, answer: Answer, first: list[Event]) -> Answer:
    if world.faults.receipts == "shuffled":
        world.chance("receipts").shuffle(first)
    await world.post.now(first)
    await asyncio.sleep(world.faults.answer_delay)
    return answer


def window_open(world: World, customer: Customer, days: float = 1) -> bool:
    """Whether a free text may reach a customer, by the network's clock."""
    return world.faults.window == "off" or world.now() - customer.last_wrote <= days * DAY


def reach(world: World, customer: Customer, entry: Entry) -> list[Event]:
    """The message is with the customer. What its network tells of that."""
    world.add_entry(customer, entry)
    key = entry.ours or f"{entry.kind}:{entry.target}:{entry.text}"
    customer.times[key] += 1
    entry.payload["key"] = key
    world.counts["received"] += 1
    world.counts["received_twice"] += customer.times[key] > 1
    if found := NUMBER.search(entry.text):
        number = int(found[1])
        if customer.times[key] == 1:
            world.counts["received_out_of_order"] += number < customer.last_number
            customer.last_number = max(customer.last_number, number)
    target = customer.entries.get(entry.target)
    if target and entry.kind == "reaction":
        target.reactions["line"] = str(entry.payload.get("emoji") or "")
    return _events(customer, people.network(customer.line).receipts(world, customer, entry))


def fails(world: World, line: Line, customer: Customer | None, items: list[dict[str, Any]]) -> list[Event]:
    """What the network tells of a message that it took and could not bring."""
    world.counts["failed_later"] += 1
    return [Event(line, item, customer.id if customer else "") for item in items]


def _events(customer: Customer, items: list[dict[str, Any]]) -> list[Event]:
    return [Event(customer.line, item, customer.id) for item in items]


def pair_limit(world: World, customer: Customer) -> bool:
    """Takes one of a customer's turns: one each 6 s, 45 in advance. Whether there was one."""
    now = world.now()
    if customer.tokens_at:
        customer.tokens = min(45.0, customer.tokens + (now - customer.tokens_at) / 6)
    customer.tokens_at = now
    if customer.tokens < 1:
        return False
    customer.tokens -= 1
    return True
