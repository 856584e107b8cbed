"""Out-of-order facts: parked until the message that they are about is there (or has its id), then applied."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from chats import publish
from chats.messages.amendments import apply_amendment
from chats.messages.receipts import apply_receipt
from chats.models import Message, ParkedFact
from common.parsing import read_time
from origins.facts import Edit, Reaction, Receipt, Withdrawal
from origins.models import Origin

log = logging.getLogger(__name__)

Amendment = Reaction | Edit | Withdrawal
FACTS = {"reaction": Reaction, "edit": Edit, "withdrawal": Withdrawal, "receipt": Receipt}
QUOTE = "quote"
# what is told of a message. The table also keeps what is told of people, under names that some line's messages may have
OF_MESSAGES = (*FACTS, QUOTE)
# longer than any network tries again
KEPT_FOR = timedelta(days=8)

# both written at the same instant: what is older waits for its message, and that applies it
JUST_NOW = timedelta(minutes=5)
_FOUND = """
SELECT e.id FROM chats_early e
JOIN chats_message m ON m.origin_id = e.origin_id AND m.external_id = e.ref
WHERE e.created_at > %s AND e.fact = ANY(%s) ORDER BY e.id LIMIT %s
"""


def park_fact(origin: Origin, fact: Amendment | Receipt) -> None:
    """Keep a fact until its message comes; the same one once."""
    ref = fact.ref if isinstance(fact, Receipt) else fact.target
    data = {**asdict(fact), "at": fact.at.isoformat() if fact.at else None}
    park_under(origin, ref, type(fact).__name__.lower(), data)


def park_under(origin: Origin, ref: str, name: str, data: dict[str, Any]) -> None:
    """Keep what was told under the name of whom or what it is about; the same once."""
    if not ParkedFact.objects.filter(origin=origin, ref=ref, fact=name, data=data).exists():
        ParkedFact.objects.create(origin=origin, ref=ref, fact=name, data=data)


def park_quote(message: Message, ref: str) -> None:
    """A message answers one that is not there: it is shown with it once it is."""
    ParkedFact.objects.create(origin_id=message.origin_id, ref=ref, fact=QUOTE, data={"message": message.pk})


def apply_parked(message: Message) -> int:
    """Apply what was said of this message before it stood there under its id. Returns how much."""
    if not message.external_id:
        return 0
    told = ParkedFact.objects.filter(origin=message.origin_id, ref=message.external_id, fact__in=OF_MESSAGES)
    rows = list(told.order_by("id"))
    for row in rows:
        _apply_row(row)
    return len(rows)


def apply_all_parked(messages: Sequence[Message]) -> int:
    """The same for several messages."""
    refs = [message.external_id for message in messages if message.external_id]
    told = ParkedFact.objects.filter(
        origin__in={message.origin_id for message in messages}, ref__in=refs, fact__in=OF_MESSAGES
    )
    waiting = set(told.values_list("origin", "ref"))
    return sum(apply_parked(message) for message in messages if (message.origin_id, message.external_id) in waiting)


def _apply_row(row: ParkedFact) -> None:
    """One that cannot be applied holds up neither its message nor the others."""
    try:
        with transaction.atomic():
            _apply_unguarded(row)
    except OperationalError:
        raise  # a deadlock, or no database: the sweep comes again
    except Exception as error:  # noqa: BLE001 - kept facts are of earlier versions too
        log.error("what came early (%s %s) could not be applied: %s", row.fact, row.pk, type(error).__name__)
        ParkedFact.objects.filter(pk=row.pk).delete()


def _apply_unguarded(row: ParkedFact) -> None:
    if row.fact == QUOTE:
        _apply_quote(row)
        return
    fact = _read_fact(row.fact, row.data)
    apply_receipt(row.origin, fact) if isinstance(fact, Receipt) else apply_amendment(row.origin, fact)
    row.delete()


def _apply_quote(row: ParkedFact) -> None:
    quoted = Message.objects.filter(origin=row.origin_id, external_id=row.ref).first()
    answer = Message.objects.filter(pk=row.data.get("message"), reply_to=None, chat=quoted.chat_id if quoted else None)
    if answer.update(reply_to=quoted):
        publish.message_changed(Message.objects.get(pk=row.data["message"]))
    row.delete()


def _read_fact(name: str, data: dict[str, Any]) -> Any:
    given = {**data, "at": read_time(data.get("at"))}
    if "aliases" in given:
        given["aliases"] = tuple((kind, value) for kind, value in given["aliases"])
    return FACTS[name](**given)


def sweep_parked(most: int = 500) -> int:
    """Apply what met its message without seeing it: both were written at the same instant. Returns how much."""
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [timezone.now() - JUST_NOW, list(OF_MESSAGES), most])
        found = [early for (early,) in cursor.fetchall()]
    for row in ParkedFact.objects.filter(pk__in=found).select_related("origin").order_by("id"):
        _apply_row(row)
    return len(found)


def prune_parked(*, now: datetime | None = None, most: int = 5000) -> int:
    """Forget what no message came for. Returns how much."""
    before, total = (now or timezone.now()) - KEPT_FOR, 0
    while True:
        old = (
            ParkedFact.objects.filter(created_at__lt=before).order_by("created_at").values_list("pk", flat=True)[:most]
        )
        gone = ParkedFact.objects.filter(pk__in=list(old)).delete()[0]
        total += gone
        if gone < most:
            return total
