"""Receiving customers' messages: what stands is read, what follows is planned, all of it is written and then told.

One way for one message and for a hundred. A body is stored together as far as its senders are known; who is new, or
says something new of who they are, is stored alone. One that cannot be stored costs its neighbours nothing: where a
write is refused, halves are tried.
"""

import logging
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, chain, islice

from django.db import InterfaceError, NotSupportedError, OperationalError, ProgrammingError, transaction
from django.utils import timezone
from psycopg import errors

from chats.messages import identity
from chats.messages.rows import Stored
from chats.models import Message
from chats.receive.plan import Plan
from chats.receive.standing import HoldsOthers, NeedsReception, Standing
from chats.receive.writing import StoredMeanwhile, Writer
from common.prepared import stop_preparing
from live import metrics
from origins.facts import Incoming
from origins.models import Origin

log = logging.getLogger(__name__)

# the sender comes again, or the sweep does
NO_DATABASE = (OperationalError, InterfaceError)
WAITED_IN_VAIN = (errors.QueryCanceled, errors.DeadlockDetected, errors.LockNotAvailable)
# others may store the same at the same instant, and what is read then stands
MAX_TRIES = 4


class _First(Exception):
    """So many, from the first, cannot be stored with the rest."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class _Apart(_First):
    """Each of them alone."""


class _Until(_First):
    """They together, before the next one."""


class _InTurn(Exception):
    """Bodies that cannot all be stored together: these groups of them can be, by number, one after the other."""

    def __init__(self, *groups: Sequence[int]) -> None:
        super().__init__()
        self.groups = [group for group in groups if group]


@dataclass(frozen=True)
class _Before:
    """What has to be held before any chat is."""

    # what was told of a sender's ids
    renames: bool = False
    reception: bool = False


class _Renamed(Exception):
    """A change of ids waits for one of the senders."""


def receive(origin: Origin, fact: Incoming, *, now: datetime | None = None) -> Stored:
    """Store a customer's message once, extend its session, and let the moves and the bot follow.

    Raises OriginError when the fact cannot be a message of this origin.
    """
    [stored] = receive_all(origin, [fact], now=now)
    if isinstance(stored, Exception):
        raise stored
    return stored


def receive_all(origin: Origin, facts: Sequence[Incoming], *, now: datetime | None = None) -> list[Stored | Exception]:
    """What became of each, in this order: stored, or why it could not be."""
    results: list[Stored | Exception] = []
    most = len(facts)
    alone_until = 0
    while len(results) < len(facts):
        some = facts[len(results) :][: most if len(results) >= alone_until else 1]
        try:
            results += _receive_known(origin, some, now)
        except NO_DATABASE:
            raise
        except _Apart as first:
            alone_until = len(results) + first.number
            continue
        except _Until as there:
            most = there.number
            continue
        except Exception as error:  # noqa: BLE001 - given back, so that its neighbours are stored
            if len(some) > 1:
                most = len(some) // 2
                continue
            results.append(error)
        most = len(facts)
    return results


# the facts of one body, and its bytes for the ledger
Whole = tuple[Sequence[Incoming], bytes]


def receive_bodies(origin: Origin, bodies: Sequence[Whole]) -> list[list[Stored] | Exception | None]:
    """What became of each of these bodies, which are stored together with their rows in the ledger. None: of this one
    nothing was written, since it stands there already or cannot be stored in one piece. An error: the database is away;
    what was stored before is stored."""
    results: list[list[Stored] | Exception | None] = [None] * len(bodies)
    groups: list[Sequence[int]] = [range(len(bodies))]
    while groups:
        numbers = groups.pop(0)
        some = [bodies[number] for number in numbers]
        try:
            stored = iter(_receive_known(origin, [fact for facts, _raw in some for fact in facts], None, some))
        except _InTurn as turns:
            groups[:0] = [[numbers[one] for one in group] for group in turns.groups]
        except NO_DATABASE as error:
            if len(some) > 1 and isinstance(error.__cause__, WAITED_IN_VAIN):
                # for one chat that somebody holds all others would wait: each waits for its own
                continue
            for number in chain(numbers, *groups):
                results[number] = error
            break
        except Exception as error:  # noqa: BLE001 - of one it is said by who goes the whole way with it
            log.debug("%s bodies are not stored at once: %s", len(some), type(error).__name__)
            if half := len(some) // 2:
                groups[:0] = [numbers[:half], numbers[half:]]
        else:
            for number, (facts, _raw) in zip(numbers, some, strict=True):
                results[number] = list(islice(stored, len(facts)))
    return results


def _receive_known(
    origin: Origin, facts: Sequence[Incoming], now: datetime | None, bodies: Sequence[Whole] = ()
) -> list[Stored]:
    """Store as many, from the first, as can be stored together, at least one; of whole bodies all."""
    before = _Before()
    for _try in range(MAX_TRIES):
        try:
            stored = _receive_once(origin, facts, now or timezone.now(), bodies, before)
        except _Renamed:
            before = replace(before, renames=True)
        except NeedsReception:
            before = replace(before, reception=True)
        except StoredMeanwhile:
            continue
        except (NotSupportedError, ProgrammingError):  # a pooler or a migration took a prepared statement away
            if not stop_preparing():
                raise
        else:
            metrics.add("witty_stored", origin.pk, by=sum(one.is_new for one in stored))
            return stored
    if bodies or len(facts) > 1:
        raise StoredMeanwhile
    raise OperationalError("others store the same, again and again")


@transaction.atomic
def _receive_once(
    origin: Origin, facts: Sequence[Incoming], now: datetime, bodies: Sequence[Whole], before: _Before
) -> list[Stored]:
    if before.renames:
        identity.hold_changes(origin)
    standing = Standing(origin, facts, now, holds_reception=before.reception)
    known = standing.count_known()
    if bodies:
        _require_fitting(standing, bodies)
    elif known == 0 and len(facts) > 1:
        raise _Apart(standing.count_unknown())
    if known == 0:
        known = 1
        if standing.is_renamed() and not before.renames:
            raise _Renamed
        standing.make_sender()
    plan = Plan(standing)
    writer = Writer(origin, plan.outline, [raw for _facts, raw in bodies])
    made: list[Stored | int] = []
    for fact in facts[:known]:
        try:
            made.append(plan.add(fact, writer.write_early))
        except NeedsReception:
            raise
        except HoldsOthers:
            # the chats before it are held while it waits for a tray: it is stored alone
            if bodies:
                raise _split_at(bodies, len(made)) from None
            raise (_Until(len(made)) if made else _Apart(1)) from None
    writer.write()
    writer.attach()
    writer.tell()
    there = Message.objects.in_bulk([one for one in made if isinstance(one, int)])
    if any(isinstance(one, int) and one not in there for one in made):
        raise StoredMeanwhile  # it was erased
    return [Stored(there[one], False) if isinstance(one, int) else one for one in made]


def _require_fitting(standing: Standing, bodies: Sequence[Whole]) -> None:
    """Raise _InTurn where one brings nothing new, says something new of its sender, or names another."""
    refs: set[str] = set()
    fitting, later = [], []
    for number, (facts, _raw) in enumerate(bodies):
        if not standing.fits(facts):
            continue
        if any(fact.external_id in refs or fact.reply_to in refs for fact in facts):
            later.append(number)
        else:
            fitting.append(number)
        refs |= {fact.external_id for fact in facts}
    if len(fitting) < len(bodies):
        raise _InTurn(fitting, later)


def _split_at(bodies: Sequence[Whole], fact_number: int) -> _InTurn:
    """The body of this fact alone, after those before it; one that is alone cannot be stored in one piece."""
    if len(bodies) == 1:
        return _InTurn()
    ends = list(accumulate(len(facts) for facts, _raw in bodies))
    alone = bisect_right(ends, fact_number)
    return _InTurn(range(alone), [alone], range(alone + 1, len(bodies)))
