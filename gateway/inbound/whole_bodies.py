"""Bodies that say nothing but messages: stored with their rows in the ledger, those that come at once together."""

import logging
from collections.abc import Sequence
from itertools import islice

from django.db import connection

from chats.messages import rows
from chats.receive import receiving
from gateway.inbound.body_processing import CHUNK_ITEMS, Outcome, count_items, count_stored, log_stored
from gateway.inbound.joining import Joiner
from origins.facts import Incoming
from origins.models import Origin
from origins.networks import network_of

log = logging.getLogger(__name__)

# bodies of one origin that one transaction stores, and messages of one of them
MAX_JOINED, MAX_JOINED_ITEMS = 16, 10


def store_at_once(origin: Origin, raw: bytes) -> Outcome | None:
    """Store a body that says nothing but messages, and its row in the ledger with them, together with those that come
    at the same time. None: it is not such a body, or something refuses it; nothing was written, and it goes the whole
    way."""
    try:
        facts_of = _read_messages(origin, raw)
    except Exception as error:  # noqa: BLE001 - the whole way says what is wrong, item by item
        log.debug("a body goes the whole way: %s", type(error).__name__)
        return None
    if facts_of is None:
        return None
    asked = (origin, facts_of, raw)
    # nobody else's words may hang on a transaction of the caller's, nor wait for many
    is_alone = connection.in_atomic_block or len(facts_of) > MAX_JOINED_ITEMS
    found = _store_bodies([asked])[0] if is_alone else joined.ask(origin.pk, asked)
    if isinstance(found, Exception):
        raise found
    if found is None:
        return None
    outcome = Outcome()
    for stored in found:
        count_stored(stored, outcome)
    count_items(origin, outcome)
    log_stored(outcome)
    return outcome


def _store_bodies(asked: Sequence[tuple[Origin, list[Incoming], bytes]]) -> list[list[rows.Stored] | Exception | None]:
    return receiving.receive_bodies(asked[0][0], [(facts_of, raw) for _origin, facts_of, raw in asked])


# what comes while a body is written is written by the next transaction, all of it
joined = Joiner(_store_bodies, MAX_JOINED)


def _read_messages(origin: Origin, raw: bytes) -> list[Incoming] | None:
    """What it says; None where that is not some messages, and nothing but messages."""
    items = list(islice(network_of(origin.kind).parse(raw), CHUNK_ITEMS + 1))
    ours = [item for item in items if item.line in ("", origin.line_id)]
    facts_of = [item.fact for item in ours if isinstance(item.fact, Incoming)]
    return facts_of if items and len(facts_of) == len(items) <= CHUNK_ITEMS else None
