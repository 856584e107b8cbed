"""The processing of raw bodies: each item of what one says on its own, once, whatever its neighbours are."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from chats import jobs
from chats.messages import amendments, echoes, identity, opting_out, parked, receipts, rows
from chats.receive import receiving, referrals
from chats.receive.receiving import NO_DATABASE
from common import log_ids
from common.errors import OriginError
from common.lease import Lease, prune_rows
from gateway import template_sync
from gateway.partitioning import MAX_SINGLE_ROWS
from live import metrics
from origins import connections, facts, health
from origins.facts import Broken, Incoming, Item, Reaction, Receipt
from origins.models import Body, Origin
from origins.networks import network_of

log = logging.getLogger(__name__)

# on an origin whose other side is told what was rejected: a reaction may come before its message; within this
# the sweep tries again
MAX_REACTION_WAIT = timedelta(seconds=60)
# more than a request has time for is left to the worker
MAX_BYTES_AT_ONCE = 100 * 1024
CHUNK_ITEMS = 100
# a body that ends its worker so often is left to people
MAX_ATTEMPTS = 5
# a worker has a body for so long, and renews that while it works; one that dies leaves it to the sweep
LEASE = Lease(until="claimed_until", state="state")
CLAIM, RENEW_BEFORE = timedelta(minutes=2), timedelta(minutes=1)


@dataclass
class Outcome:
    """What became of a body's items."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    stored: list[rows.Stored] = field(default_factory=list)
    ignored: int = 0
    # something named what we do not know, or not yet
    unknown: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": self.rejected}

    def reject(self, item: Item, reason: str) -> None:
        rejected = {"index": item.index, "reason": reason}
        self.rejected.append(rejected if item.list == "messages" else {"list": item.list, **rejected})


def process_body(body: Body) -> Outcome:
    """Store what a body says and mark it. Safe to run again, and at once: what was stored once stays once."""
    with log_ids.bound(body=body.pk):
        return _process_body(body)


def _process_body(body: Body) -> Outcome:
    outcome = Outcome()
    try:
        items = network_of(body.origin.kind).parse(bytes(body.raw))
        while chunk := list(islice(items, CHUNK_ITEMS)):
            _store_chunk(body, chunk, outcome)
            _renew_claim(body)
    except OriginError as error:
        outcome.rejected.append({"index": 0, "reason": str(error)})
    except NO_DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - the body is kept and marked; what follows it must not wait for it
        log.error("body %s: %s", body.pk, type(error).__name__)
        outcome.rejected.append({"index": 0, "reason": f"unexpected form: {type(error).__name__}"})
    _mark_body(body, outcome)
    count_items(body.origin, outcome)
    log_stored(outcome)
    return outcome


def _renew_claim(body: Body) -> None:
    """Of a worker that has it; a request takes it up without one. What ran out even so is stored once all the same."""
    now = timezone.now()
    if body.claimed_until is not None and body.claimed_until - now < RENEW_BEFORE:
        LEASE.extend_claim(body, now + CLAIM)


def _mark_body(body: Body, outcome: Outcome) -> None:
    state = "broken" if outcome.rejected else "processed"
    if state == "processed" and outcome.duplicates and not outcome.accepted and not outcome.ignored:
        state = "duplicate"
    if outcome.unknown and timezone.now() - body.received_at < MAX_REACTION_WAIT:
        state = "received"
    reason = "; ".join(f"{item['index']}: {item['reason']}" for item in outcome.rejected)[:2000]
    if state == "duplicate" and body.state == "processed":
        return  # it was this very body that brought them
    if body.claimed_until is not None:
        LEASE.release_row(body, state=state, reason=reason)
    else:
        Body.objects.filter(pk=body.pk).update(state=state, reason=reason, claimed_until=None)


def _store_chunk(body: Body, items: list[Item], outcome: Outcome) -> None:
    """In the order of the body, messages that stand beside each other together."""
    for is_message, some in groupby(items, key=lambda item: isinstance(item.fact, Incoming)):
        if is_message:
            _store_messages(body, list(some), outcome)
        else:
            for item in some:
                _store_item(body, item, outcome)


def _store_messages(body: Body, items: list[Item], outcome: Outcome) -> None:
    for origin, some in groupby(items, key=lambda item: _line_of(body, item, outcome)):
        if origin is None:
            continue
        its = list(some)
        facts_of = [item.fact for item in its if isinstance(item.fact, Incoming)]
        for item, stored in zip(its, receiving.receive_all(origin, facts_of), strict=True):
            if isinstance(stored, Exception):
                _reject(body, item, stored, outcome)
            else:
                count_stored(stored, outcome)


def _line_of(body: Body, item: Item, outcome: Outcome) -> Origin | None:
    """The line that it is for; None: there is none, and it is rejected."""
    try:
        return _find_line(body, item)
    except NO_DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - as for any other item
        _reject(body, item, error, outcome)
        return None


def count_items(origin: Origin, outcome: Outcome) -> None:
    """For metrics, what became of a body's items."""
    found = {"accepted": outcome.accepted, "duplicate": outcome.duplicates, "rejected": len(outcome.rejected)}
    for name, number in found.items():
        if number:
            metrics.add("witty_items", origin.pk, name, by=number)


def log_stored(outcome: Outcome) -> None:
    """Which messages came of it: from the request's id to theirs."""
    for stored in outcome.stored if log.isEnabledFor(logging.DEBUG) else ():
        with log_ids.bound(message=stored.message.pk, chat=stored.message.chat_id):
            log.debug("stored" if stored.is_new else "stood there already")


def count_stored(stored: rows.Stored, outcome: Outcome) -> None:
    outcome.stored.append(stored)
    outcome.accepted += stored.is_new
    outcome.duplicates += not stored.is_new


def _store_item(body: Body, item: Item, outcome: Outcome) -> None:
    try:
        if isinstance(item.fact, Broken):
            raise OriginError(item.fact.reason)
        _store_other_fact(_find_line(body, item), item, outcome)
    except NO_DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - kept, seen in the log, and no reason to lose its neighbours or to answer 500
        _reject(body, item, error, outcome)


def _reject(body: Body, item: Item, error: Exception, outcome: Outcome) -> None:
    if isinstance(error, OriginError):
        outcome.reject(item, str(error))
        return
    # without the traceback's values: PostgreSQL's words quote the row
    log.error("body %s, %s %s: %s", body.pk, item.list, item.index, type(error).__name__)
    outcome.reject(item, f"could not be stored: {type(error).__name__}")


def _find_line(body: Body, item: Item) -> Origin:
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
        health.report_unknown_line(origin, named)
        raise OriginError(_("Vino para una línea que no está dada de alta: %(line)s") % {"line": named[:60]})
    health.note_body_came(found)
    return found


def _store_other_fact(origin: Origin, item: Item, outcome: Outcome) -> None:
    """Everything that is no message of a customer."""
    match fact := item.fact:
        case Receipt() | Reaction() | facts.Edit() | facts.Withdrawal():
            _store_about_message(origin, fact, outcome)
            return
        case facts.Echo():
            is_new = echoes.store_echo(origin, fact)
            outcome.accepted += is_new
            outcome.duplicates += not is_new
            return
        case facts.Watermark():
            receipts.apply_watermark(origin, fact)
        case facts.Renamed():
            identity.change_identity(origin, fact)
        case facts.CameFrom():
            referrals.note_arrival(origin, fact)
        case facts.Promotions():
            opting_out.note_preference(origin, fact)
        case facts.TemplateNews():
            template_sync.note_template_news(origin, fact)
        case facts.AccountNews():
            for one in [origin] if item.line else health.lines_of_account(origin):
                health.note_account_news(one, fact)
        case facts.Connected():
            connections.note_connected(origin, fact)
        case facts.Ignored():
            outcome.ignored += 1
            return
    outcome.accepted += 1


def _store_about_message(
    origin: Origin, fact: Receipt | Reaction | facts.Edit | facts.Withdrawal, outcome: Outcome
) -> None:
    known = (
        receipts.apply_receipt(origin, fact) if isinstance(fact, Receipt) else amendments.apply_amendment(origin, fact)
    )
    if not known and origin.kind in Origin.NETWORKS:
        parked.park_fact(origin, fact)
    elif not known:
        outcome.unknown = True
        raise OriginError("unknown id")
    outcome.accepted += 1


# --- what was left ---------------------------------------------------------------------------------


def take_up(body_pk: int) -> Outcome | None:
    """The worker's turn at a body that is marked received; None when it is not any more, or was tried too often."""
    now = timezone.now()
    # told twice while the first still works, its attempts are not used up
    free = LEASE.find_due(Body.objects.filter(pk=body_pk, state="received"), now)
    body = free.select_related("origin").first()
    if body is None or not LEASE.claim_row(body, now + CLAIM):
        return None
    if body.attempts > MAX_ATTEMPTS:
        reason = _("Se intentó %(n)s veces y no se pudo terminar") % {"n": MAX_ATTEMPTS}
        LEASE.release_row(body, state="broken", reason=reason)
        return None
    return process_body(body)


def find_unfinished(before: datetime, most: int = 500) -> Iterator[int]:
    """Bodies that are still marked received since before then, and nobody's: they were not finished."""
    waiting = Body.objects.filter(state="received", received_at__lt=before)
    found = LEASE.find_due(waiting, timezone.now()).order_by("received_at")
    yield from found.values_list("pk", flat=True)[:most]


def oldest_unfinished(now: datetime) -> datetime | None:
    """When the oldest of them came."""
    waiting = LEASE.find_due(Body.objects.filter(state="received"), now).order_by("received_at")
    return waiting.values_list("received_at", flat=True).first()


def leave_to_worker(body: Body) -> None:
    """Leave a kept body to the worker."""
    jobs.process_body(body.pk)


def prune_bodies(*, now: datetime | None = None, batch_size: int = 1000) -> int:
    """Delete bodies that were kept long enough, in batches, but for what goes with its month. Returns how many."""
    before = (now or timezone.now()) - timedelta(days=settings.BODIES_KEPT_DAYS)
    old = Body.objects.filter(received_at__lt=before).order_by("received_at")
    return prune_rows(old, batch_size, MAX_SINGLE_ROWS)
