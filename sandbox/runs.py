"""Bounded runs: many customers writing many messages, in the background."""

import asyncio
import time
from typing import Any

from sandbox import people
from sandbox.records import Customer
from sandbox.world import SandboxWorld

MAX_MESSAGES = 100_000
# of those that still wait for their 200
MAX_EVENTS_AHEAD = 5_000
FAULTS = ("duplicates", "rebatch", "shuffle", "batch", "delay", "hang_up", "parallel")

_tasks: set[asyncio.Task[None]] = set()


def start_run(world: SandboxWorld, data: dict[str, Any]) -> dict[str, Any]:
    """Starts a run. `messages`, `customers` (so many new ones, or a list of ids), `line`, `rate` (messages a second,
    0: at once), `kinds`, `prefix`, `seed`, and the faults of webhooks, which stay as set. Raises ValueError.

    The texts are "<prefix> <customer> #<n>", n counting each customer's own. A customer's messages have distinct
    seconds, in the recent past.
    """
    if world.run.get("running"):
        raise ValueError("a run is under way")
    total = int(data.get("messages", 100))
    if not 1 <= total <= MAX_MESSAGES:
        raise ValueError(f"messages is between 1 and {MAX_MESSAGES}")
    world.faults.change_values({name: data[name] for name in FAULTS if name in data})
    if data.get("seed") is not None:
        world.change_seed(int(data["seed"]))
    who = _choose_customers(world, data)
    each = -(-total // len(who))
    for customer in who:
        # what was written last, by the clock, is not later than now
        customer.last_stamp = max(customer.last_stamp, float(int(world.now()) - each - 5))
    world.run = {"running": True, "total": total, "customers": len(who), "sent": 0, "accepted": 0, "given_up": 0}
    world.run |= {"started": time.time(), "seconds": 0.0}
    task = asyncio.create_task(_write_messages(world, who, total, data))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return read_progress(world)


def _choose_customers(world: SandboxWorld, data: dict[str, Any]) -> list[Customer]:
    wanted = data.get("customers", 10)
    if isinstance(wanted, list):
        unknown = [number for number in wanted if number not in world.customers]
        if unknown or not wanted:
            raise ValueError(f"there are no customers {unknown}")
        return [world.customers[number] for number in wanted]
    named = data.get("line")
    lines = [line for line in world.lines.values() if not named or named in (line.key, line.kind)]
    if not lines:
        raise ValueError("there is no such line")
    if not 1 <= int(wanted) <= 10_000:
        raise ValueError("customers is between 1 and 10000")
    return [people.add_customer(world, lines[number % len(lines)]) for number in range(int(wanted))]


async def _write_messages(world: SandboxWorld, who: list[Customer], total: int, data: dict[str, Any]) -> None:
    run, prefix, rate = world.run, str(data.get("prefix") or "Mensaje"), float(data.get("rate") or 0)
    kinds = data.get("kinds") or ["text"]
    began = time.monotonic()

    def told(status: int) -> None:
        run["accepted" if status == 200 else "given_up"] += 1
        run["seconds"] = round(time.monotonic() - began, 3)

    try:
        for number in range(total):
            customer = who[number % len(who)]
            text = f"{prefix} {customer.id} #{number // len(who) + 1}"
            # a distinct second after the one before, not now: it is stamped from last_stamp on
            what = {"kind": kinds[number % len(kinds)], "text": text, "at": 0}
            people.write_message(world, customer, what, told)
            run["sent"] += 1
            while run["sent"] - run["accepted"] - run["given_up"] >= MAX_EVENTS_AHEAD and not run.get("stopped"):
                await asyncio.sleep(0.01)
            if rate:
                await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
            elif number % 200 == 199:
                await asyncio.sleep(0)
            if run.get("stopped"):
                break
        while run["accepted"] + run["given_up"] < run["sent"] and not run.get("stopped"):
            await asyncio.sleep(0.02)
    except ValueError as error:
        run["error"] = str(error)
    finally:
        run["running"] = False


def read_progress(world: SandboxWorld) -> dict[str, Any]:
    return {**world.run, "waiting": world.post.count_waiting()}


def stop_run(world: SandboxWorld) -> dict[str, Any]:
    world.run["stopped"] = True
    return read_progress(world)
