"""From a kept body to what it says: each item on its own, once, whatever its neighbours are."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs, messages
from chats.messages import parked
from chats.receive import batch
from common.errors import OriginError
from gateway import template_sync
from origins import facts, health
from origins.facts import Broken, Incoming, Item, Reaction, Receipt
from origins.models import Body, Origin
from origins.networks import network_of

log = logging.getLogger(__name__)

# on an origin whose other side is told what was rejected: a reaction may come before its message; within this
# the sweep tries again
PATIENCE = timedelta(seconds=60)
# the sender comes again, or the sweep does
NO_DATABASE = (OperationalError, InterfaceError)
# more than a request has time for is left to the worker
MOST_AT_ONCE = 100 * 1024
CHUNK = 100
# a body that ends its worker so often is left to people
MOST_ATTEMPTS = 5
KEPT = timedelta(days=30)
# the family of the advisory locks of bodies
LOCK = 20_261


@dataclass
class Outcome:
    """What became of a body's items."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    stored: list[messages.Stored] = field(default_factory=list)
    ignored: int = 0
    # something named what we do not know, or not yet
    unknown: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": self.rejected}

    def reject(self, item: Item, reason: str) -> None:
        rejected = {"index": item.index, "reason": reason}
        self.rejected.append(rejected if item.list == "messages" else {"list": item.list, **rejected})


def process(body: Body) -> Outcome:
    """Store what a body says and mark it. Safe to run again, and at once: what was stored once stays once."""
    outcome = Outcome()
    try:
        items = network_of(body.origin.kind).parse(bytes(body.raw))
        while chunk := list(islice(items, CHUNK)):
            _chunk(body, chunk, outcome)
    except OriginError as error:
        outcome.rejected.append({"index": 0, "reason": str(error)})
    except NO_DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - the body is kept and marked; what follows it must not wait for it
        log.error("body %s: %s", body.pk, type(error).__name__)
        outcome.rejected.append({"index": 0, "reason": f"unexpected form: {type(error).__name__}"})
    _mark(body, outcome)
    return outcome


def _mark(body: Body, outcome: Outcome) -> None:
    state = "broken" if outcome.rejected else "processed"
    if state == "processed" and outcome.duplicates and not outcome.accepted and not outcome.ignored:
        state = "duplicate"
    if outcome.unknown and timezone.now() - body.received_at < PATIENCE:
        state = "received"
    reason = "; ".join(f"{item['index']}: {item['reason']}" for item in outcome.rejected)[:2000]
    if state == "duplicate" and body.state == "processed":
        return  # it was this very body that brought them
    Body.objects.filter(pk=body.pk).update(state=state, reason=reason)


def _chunk(body: Body, items: list[Item], outcome: Outcome) -> None:
    """Plain messages of known customers together, everything else one by one, in the order of the body."""
    at_home = [item for item in items if isinstance(item.fact, Incoming) and item.line in ("", body.origin.line_id)]
    done: dict[int, messages.Stored] = {}
    if len(at_home) > 1:
        together = batch.store(body.origin, [item.fact for item in at_home if isinstance(item.fact, Incoming)])
        done = {id(item): stored for item, stored in zip(at_home, together, strict=True) if stored is not None}
    for item in items:
        if stored := done.get(id(item)):
            _count(stored, outcome)
        else:
            _item(body, item, outcome)


def _count(stored: messages.Stored, outcome: Outcome) -> None:
    outcome.stored.append(stored)
    outcome.accepted += stored.is_new
    outcome.duplicates += not stored.is_new


def _item(body: Body, item: Item, outcome: Outcome) -> None:
    try:
        if isinstance(item.fact, Broken):
            raise OriginError(item.fact.reason)
        origin = _route(body, item)
        if isinstance(item.fact, Incoming):
            _count(messages.receive(origin, item.fact), outcome)
        else:
            _told(origin, item, outcome)
    except OriginError as error:
        outcome.reject(item, str(error))
    except NO_DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - kept, seen in the log, and no reason to lose its neighbours or to answer 500
        # without the traceback's values: PostgreSQL's words quote the row
        log.error("body %s, %s %s: %s", body.pk, item.list, item.index, type(error).__name__)
        outcome.reject(item, f"could not be stored: {type(error).__name__}")


def _route(body: Body, item: Item) -> Origin:
    """The line of ours that an item was told to: one app at the network may serve several.

    Only one whose own secret signs for this body as well: who has the secret of one line has no say in others.
    """
    origin: Origin = body.origin
    named, own, where = item.line, origin.line_id, {"line_id": item.line}
    if not named:  # told to a whole account
        named, own, where = item.account, origin.account_id, {"account_id": item.account}
    if not named or not own or named == own:
        return origin
    others = Origin.objects.filter(kind=origin.kind, is_active=True, **where).order_by("id")
    found = next((one for one in others if one.secret and one.secret == origin.secret), None)
    if found is None:
        health.unknown_line(origin, named)
        raise OriginError(_("Vino para una línea que no está dada de alta: %(line)s") % {"line": named[:60]})
    health.heard(found)
    return found


def _told(origin: Origin, item: Item, outcome: Outcome) -> None:
    """Everything that is no message of a customer."""
    match fact := item.fact:
        case Receipt() | Reaction() | facts.Edit() | facts.Withdrawal():
            _about_a_message(origin, fact, outcome)
            return
        case facts.Echo():
            is_new = messages.echo(origin, fact)
            outcome.accepted += is_new
            outcome.duplicates += not is_new
            return
        case facts.Watermark():
            messages.watermark(origin, fact)
        case facts.Renamed():
            messages.rename(origin, fact)
        case facts.TemplateNews():
            template_sync.heard(origin, fact)
        case facts.AccountNews():
            for one in [origin] if item.line else health.of_account(origin):
                health.account_news(one, fact)
        case facts.Ignored():
            outcome.ignored += 1
            return
    outcome.accepted += 1


def _about_a_message(
    origin: Origin, fact: Receipt | Reaction | facts.Edit | facts.Withdrawal, outcome: Outcome
) -> None:
    known = messages.settle(origin, fact) if isinstance(fact, Receipt) else messages.amend(origin, fact)
    if not known and origin.kind in Origin.NETWORKS:
        parked.keep(origin, fact)
    elif not known:
        outcome.unknown = True
        raise OriginError("unknown id")
    outcome.accepted += 1


# --- what was left ---------------------------------------------------------------------------------


def take_up(body_pk: int) -> Outcome | None:
    """The worker's turn at a body that is marked received; None when it is not any more, or was tried too often."""
    with _alone(body_pk) as is_mine:
        return _take_up(body_pk) if is_mine else None


@contextmanager
def _alone(body_pk: int) -> Iterator[bool]:
    """Whether nobody else is at this body: told twice while the first still works, its attempts are not used up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK, str(body_pk)])
        is_mine = cursor.fetchone()[0]
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK, str(body_pk)])


def _take_up(body_pk: int) -> Outcome | None:
    begun = Body.objects.filter(pk=body_pk, state="received").update(attempts=F("attempts") + 1)
    body = Body.objects.select_related("origin").filter(pk=body_pk, state="received").first() if begun else None
    if body is None:
        return None
    if body.attempts > MOST_ATTEMPTS:
        reason = _("Se intentó %(n)s veces y no se pudo terminar") % {"n": MOST_ATTEMPTS}
        Body.objects.filter(pk=body_pk).update(state="broken", reason=reason)
        return None
    return process(body)


def left(before: datetime, most: int = 500) -> Iterator[int]:
    """Bodies that are still marked received since before then: nobody finished them."""
    found = Body.objects.filter(state="received", received_at__lt=before).order_by("received_at")
    yield from found.values_list("pk", flat=True)[:most]


def leave(body: Body) -> None:
    """Leave a kept body to the worker."""
    jobs.process_body(body.pk)


def prune(*, now: datetime | None = None, batch_size: int = 1000) -> int:
    """Delete bodies that were kept long enough, in batches. Returns how many."""
    before, total = (now or timezone.now()) - KEPT, 0
    while True:
        expired = Body.objects.filter(received_at__lt=before).order_by("received_at")
        old = list(expired.values_list("pk", flat=True)[:batch_size])
        total += Body.objects.filter(pk__in=old).delete()[0] if old else 0
        if len(old) < batch_size:
            return total
