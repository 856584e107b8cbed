"""Counts of trays: how many chats wait in each and since when, never counting past a limit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from trays.models import Agent, Tray

# counts on badges stop here: 999+
MAX_COUNTED = 1000


def count_waiting(tray_ids: Sequence[int | None]) -> dict[int, tuple[int, Any]]:
    """How many wait in each tray, but who is blocked (never counting past MAX_COUNTED), since when the longest does."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.id, c.n, c.since FROM unnest(%s::bigint[]) AS t(id), LATERAL (
                   SELECT count(*) AS n, min(waiting_since) AS since FROM (
                       SELECT waiting_since FROM chats_chat
                       WHERE tray_id = t.id AND state = 'BANDEJA' AND NOT is_blocked
                       ORDER BY waiting_since LIMIT %s
                   ) AS head
               ) AS c""",
            [list(tray_ids), MAX_COUNTED],
        )
        return {pk: (number, since) for pk, number, since in cursor.fetchall()}


@dataclass(frozen=True)
class TrayQueue:
    """A tray as lists show it: what it is, how many wait in it (never past MAX_COUNTED) and since when the longest."""

    pk: int
    kind: str
    name: str
    label: str
    icon: str
    owner: Agent | None
    number: int
    since: datetime | None

    def __str__(self) -> str:
        return self.label

    @property
    def owner_id(self) -> int | None:
        return self.owner.pk if self.owner else None


def read_queues(trays: Iterable[Tray]) -> list[TrayQueue]:
    """The queues of trays that were read with their owners, in their order; one query for all."""
    trays = list(trays)
    numbers = count_waiting([tray.pk for tray in trays])
    return [
        TrayQueue(tray.pk, tray.kind, tray.name, str(tray), tray.icon, tray.owner, *numbers[tray.pk]) for tray in trays
    ]
