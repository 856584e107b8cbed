"""What a send goes through, whatever its network: the faults, the clock, the way to the customer, the receipts."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox import people
from sandbox.posting import WebhookEvent
from sandbox.records import Customer, OurLine, ThreadEntry
from sandbox.web import CUT_ANSWER, HttpAnswer
from sandbox.world import DAY_SECONDS, SandboxWorld

# what is accepted: the answer, and the webhooks that follow it, in order
Accepted = tuple[HttpAnswer, list[WebhookEvent]]
NUMBER = re.compile(r"#(\d{1,12})\b")


def answer_send(
    world: SandboxWorld, accept: Callable[[], Accepted], refuse: dict[str, Callable[[], HttpAnswer]]
) -> HttpAnswer | Awaitable[HttpAnswer]:
    """Answers a send. `accept` takes it (it may refuse by itself: no events); `refuse`: an answer by fault."""
    world.counts["sends"] += 1
    if world.draw_fault("cut_refused"):
        return CUT_ANSWER
    for fault, refusal in refuse.items():
        if world.draw_fault(fault):
            return refusal()
    answer, events = accept()
    if world.faults.receipts == "off":
        events = [event for event in events if "failed" in str(event.what.get("status", ""))]
    early = events and _comes_early(world)
    if not early:
        _post_later(world, events)
    if events and world.draw_fault("cut_accepted"):
        answer = CUT_ANSWER
    if early or world.faults.answer_delay:
        return _post_before_answer(world, answer, events if early else [])
    return answer


def _comes_early(world: SandboxWorld) -> bool:
    mode = world.faults.receipts
    return mode == "early" or (mode == "shuffled" and world.dice_of("receipts_early").random() < 0.3)


def _post_later(world: SandboxWorld, events: list[WebhookEvent]) -> None:
    if world.faults.receipts == "shuffled":
        world.dice_of("receipts").shuffle(events)
    for place, event in enumerate(events, 1):
        world.post.put_later(0.03 * place, event)


async def _post_before_answer(world: SandboxWorld, answer: HttpAnswer, first: list[WebhookEvent]) -> HttpAnswer:
    if world.faults.receipts == "shuffled":
        world.dice_of("receipts").shuffle(first)
    await world.post.post_first(first)
    await asyncio.sleep(world.faults.answer_delay)
    return answer


def is_window_open(world: SandboxWorld, customer: Customer, days: float = 1) -> bool:
    """Whether a free text may reach a customer, by the network's clock."""
    return world.faults.window == "off" or world.now() - customer.last_wrote <= days * DAY_SECONDS


def reach_customer(world: SandboxWorld, customer: Customer, entry: ThreadEntry) -> list[WebhookEvent]:
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
    return _make_events(customer, people.network_of(customer.line).build_receipts(world, customer, entry))


def fail_message(
    world: SandboxWorld, line: OurLine, customer: Customer | None, items: list[dict[str, Any]]
) -> list[WebhookEvent]:
    """What the network tells of a message that it took and could not bring."""
    world.counts["failed_later"] += 1
    return [WebhookEvent(line, item, customer.id if customer else "") for item in items]


def _make_events(customer: Customer, items: list[dict[str, Any]]) -> list[WebhookEvent]:
    return [WebhookEvent(customer.line, item, customer.id) for item in items]


def take_pair_token(world: SandboxWorld, customer: Customer) -> bool:
    """Takes one of a customer's turns: one each 6 s, 45 in advance. Whether there was one."""
    now = world.now()
    if customer.tokens_at:
        customer.tokens = min(45.0, customer.tokens + (now - customer.tokens_at) / 6)
    customer.tokens_at = now
    if customer.tokens < 1:
        return False
    customer.tokens -= 1
    return True
