"""From a kept body to what it says: each item on its own, once, whatever its neighbours are."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from chats import messaging
from origins import http, web
from origins.facts import Broken, Fact, Incoming, OriginError, Reaction
from origins.models import Body

log = logging.getLogger(__name__)

# a receipt may come before our request has returned, a reaction before its message: within this the sweep tries again
PATIENCE = timedelta(seconds=60)
# the sender comes again, or the sweep does
NO_DATABASE = (OperationalError, InterfaceError)


@dataclass
class Outcome:
    """What became of a body's items."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    stored: list[messaging.Stored] = field(default_factory=list)
    # something named what we do not know, or not yet
    unknown: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": self.rejected}


def process(body: Body) -> Outcome:
    """Store what a body says and mark it. Safe to run again: what was stored once stays once."""
    outcome = Outcome()
    try:
        for name, index, fact in _facts(body):
            _item(body, name, index, fact, outcome)
    except OriginError as error:
        outcome.rejected.append({"index": 0, "reason": str(error)})
    except NO_DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - the body is kept and marked; what follows it must not wait for it
        log.error("body %s: %s", body.pk, type(error).__name__)
        outcome.rejected.append({"index": 0, "reason": f"unexpected form: {type(error).__name__}"})
    state = "broken" if outcome.rejected else "processed"
    if outcome.unknown and timezone.now() - body.received_at < PATIENCE:
        state = "received"
    reason = "; ".join(f"{item['index']}: {item['reason']}" for item in outcome.rejected)[:2000]
    Body.objects.filter(pk=body.pk).update(state=state, reason=reason)
    return outcome


def _facts(body: Body) -> Iterator[tuple[str, int, Fact | Broken]]:
    if body.origin.kind == "web":
        yield "messages", 0, web.parse(bytes(body.raw))
    else:
        yield from http.parse(bytes(body.raw))


def _item(body: Body, name: str, index: int, fact: Fact | Broken, outcome: Outcome) -> None:
    origin = body.origin
    try:
        if isinstance(fact, Broken):
            raise OriginError(fact.reason)
        if isinstance(fact, Incoming):
            stored = messaging.receive(origin, fact)
            outcome.stored.append(stored)
            outcome.accepted += stored.is_new
            outcome.duplicates += not stored.is_new
            return
        known = messaging.react(origin, fact) if isinstance(fact, Reaction) else messaging.settle(origin, fact)
        if not known:
            outcome.unknown = True
            raise OriginError("unknown id")
        outcome.accepted += 1
    except OriginError as error:
        rejected = {"index": index, "reason": str(error)}
        outcome.rejected.append(rejected if name == "messages" else {"list": name, **rejected})
    except NO_DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - kept, seen in the log, and no reason to lose its neighbours or to answer 500
        # without the traceback's values: PostgreSQL's words quote the row
        log.error("body %s, %s %s: %s", body.pk, name, index, type(error).__name__)
        outcome.rejected.append({"index": index, "reason": f"could not be stored: {type(error).__name__}"})


def finish_left(before: datetime, most: int = 500) -> int:
    """Process what is still marked received since before then. Returns how many."""
    left = Body.objects.filter(state="received", received_at__lt=before).select_related("origin")
    bodies = list(left.order_by("received_at")[:most])
    for body in bodies:
        process(body)
    return len(bodies)
