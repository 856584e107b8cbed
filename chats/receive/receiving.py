"""Receiving customers' messages: what stands is read, what follows is planned, all of it is written and then told.

One way for one message and for a hundred. A body is stored together as far as its senders are known; who is new, or
says something new of who they are, is stored alone. One that cannot be stored costs its neighbours nothing: where a
write is refused, halves are tried.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, NotSupportedError, OperationalError, ProgrammingError, transaction
from django.utils import timezone

from chats.messages import identity
from chats.messages.rows import Stored
from chats.models import Message
from chats.receive.plan import Plan
from chats.receive.standing import HoldsOthers, Standing
from chats.receive.writing import StoredMeanwhile, Writer
from common.prepared import stop_preparing
from origins.facts import Incoming
from origins.models import Origin

# the sender comes again, or the sweep does
NO_DATABASE = (OperationalError, InterfaceError)
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


class _Renamed(Exception):
    """What was told of a sender's ids has to be held before any chat is."""


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


def receive_body(origin: Origin, facts: Sequence[Incoming], raw: bytes) -> list[Stored]:
    """All of a body that is not in the ledger yet, and that row with it, or nothing: raises whatever refuses it."""
    return _receive_known(origin, facts, None, raw)


def _receive_known(
    origin: Origin, facts: Sequence[Incoming], now: datetime | None, raw: bytes | None = None
) -> list[Stored]:
    """Store as many, from the first, as can be stored together; with `raw` all. At least one."""
    is_renamed = False
    for _try in range(MAX_TRIES):
        try:
            return _receive_once(origin, facts, now or timezone.now(), raw, is_renamed=is_renamed)
        except _Renamed:
            is_renamed = True
        except StoredMeanwhile:
            continue
        except (NotSupportedError, ProgrammingError):  # a pooler or a migration took a prepared statement away
            if not stop_preparing():
                raise
    if raw is not None or len(facts) > 1:
        raise StoredMeanwhile
    raise OperationalError("others store the same, again and again")


@transaction.atomic
def _receive_once(
    origin: Origin, facts: Sequence[Incoming], now: datetime, raw: bytes | None, *, is_renamed: bool
) -> list[Stored]:
    if is_renamed:
        identity.hold_changes(origin)
    standing = Standing(origin, facts, now)
    known = standing.count_known()
    if known < len(facts) and (raw is not None or (known == 0 and len(facts) > 1)):
        raise _Apart(standing.count_unknown())
    if known == 0:
        known = 1
        if standing.is_renamed() and not is_renamed:
            raise _Renamed
        standing.make_sender()
    plan = Plan(standing)
    writer = Writer(origin, plan.outline, raw)
    made: list[Stored | int] = []
    for fact in facts[:known]:
        try:
            made.append(plan.add(fact, writer.write_early))
        except HoldsOthers:
            # the chats before it are held while it waits for a tray: it is stored alone
            raise (_Until(len(made)) if made else _Apart(1)) from None
    if raw is not None and not plan.stored:
        raise _Apart(0)  # a body that brings nothing new is marked so
    writer.write()
    writer.attach()
    writer.tell()
    there = Message.objects.in_bulk([one for one in made if isinstance(one, int)])
    if any(isinstance(one, int) and one not in there for one in made):
        raise StoredMeanwhile  # it was erased
    return [Stored(there[one], False) if isinstance(one, int) else one for one in made]
