"""What happened, counted: what each customer wrote and got."""

from typing import Any

from sandbox.faults import Faults
from sandbox.records import Customer, ThreadEntry
from sandbox.world import SandboxWorld


def count_totals(world: SandboxWorld) -> dict[str, int]:
    """written ≥ accepted (a body with it was answered with 200); received counts copies, distinct does not."""
    counts = world.counts
    return {
        "written": counts["written"],
        "accepted": counts["accepted"],
        "waiting": world.post.count_waiting(),
        "given_up": counts["bodies_given_up"],
        "dropped": counts["events_dropped"],
        "sends": counts["sends"],
        "received": counts["received"],
        "distinct": counts["received"] - counts["received_twice"],
        "duplicates": counts["received_twice"],
        "out_of_order": counts["received_out_of_order"],
        "failed_later": counts["failed_later"],
        "refused": sum(value for name, value in counts.items() if name.startswith("refused_")),
    }


def build_report(world: SandboxWorld, *, with_customers: bool = True) -> dict[str, Any]:
    said: dict[str, Any] = {
        "clock": world.read_clock(),
        "seed": world.seed,
        "totals": count_totals(world),
        "counts": dict(sorted(world.counts.items())),
    }
    if with_customers:
        said["customers"] = {number: report_customer(customer) for number, customer in world.customers.items()}
    return said


def report_customer(customer: Customer) -> dict[str, Any]:
    """Of one customer: what he wrote, and what reached him, in order and how many times each."""
    written = [
        {"id": entry.id, "kind": entry.kind, "text": entry.text, "at": entry.at, "accepted": entry.accepted}
        for entry in customer.thread
        if entry.side == "customer"
    ]
    received = [_describe_received(customer, entry) for entry in customer.thread if entry.side == "line"]
    return {"line": customer.line.key, "name": customer.name, "written": written, "received": received}


def _describe_received(customer: Customer, entry: ThreadEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "ours": entry.ours,
        "kind": entry.kind,
        "text": entry.text,
        "at": entry.at,
        "times": customer.times[entry.payload.get("key", "")],
    }


def describe_customer(world: SandboxWorld, customer: Customer) -> dict[str, Any]:
    """A customer with the whole conversation."""
    thread = []
    for entry in customer.thread:
        shown = entry.as_dict()
        if media := world.media.get(entry.media):
            shown["mime"], shown["name"], shown["size"] = media.mime, media.name, len(media.data)
        thread.append(shown)
    open_until = customer.last_wrote + 24 * 3600 if customer.last_wrote else 0
    return {
        **customer.as_dict(),
        "thread": thread,
        "now": world.now(),
        "open_until": open_until,
        **report_customer(customer),
    }


def describe_state(world: SandboxWorld) -> dict[str, Any]:
    """What the page shows around a conversation."""
    people = []
    for customer in list(world.customers.values())[-500:]:
        last = customer.thread[-1] if customer.thread else None
        unread = sum(entry.side == "line" and entry.status not in ("read", "") for entry in customer.thread[-50:])
        words = {"last": last.text or last.kind, "at": last.at, "unread": unread} if last else {}
        people.append({**customer.as_dict(), **words})
    return {
        "clock": world.read_clock(),
        "now": world.now(),
        "jumped": world.jumped,
        "lines": [line.as_dict() for line in world.lines.values()],
        "customers": people,
        "faults": world.faults.as_dict(),
        "defaults": Faults().as_dict(),
        "totals": count_totals(world),
        "run": world.run,
    }
