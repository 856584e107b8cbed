"""Leases: rows of a table as a queue, each with whoever works on it for a limited time, and nobody's after that.

A claim is one UPDATE that compares and sets; its token is the time at which it runs out. A worker that dies leaves a
claim that runs out, and one that comes back late finds that its token is not the row's any more and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model, Q, QuerySet


@dataclass(frozen=True)
class Lease:
    """One queue's fields by name, and how long it waits after a failure.

    `until` is when a row is due, and while somebody has it, when that claim runs out; NULL is at once, or never where
    not `null_is_due`. `state` ("" where the rows have none) has to be as it was read, and is `claimed` while somebody
    has the row ("" where a claim changes no state). `attempts` ("": counted elsewhere) is the number of claims.
    """

    until: str = "next_try_at"
    null_is_due: bool = True
    state: str = ""
    claimed: str = ""
    attempts: str = "attempts"
    backoff: tuple[timedelta, ...] = ()

    def delay_after(self, attempt: int, at_least: timedelta = timedelta(0)) -> timedelta | None:
        """How long to wait after this attempt (the first is 1) has failed; None where no more is made."""
        if attempt > len(self.backoff):
            return None
        return max(self.backoff[max(attempt, 1) - 1], at_least)

    def is_due(self, row: Model, now: datetime) -> bool:
        """Whether its time has come and nobody has it, by what was read of it."""
        until = getattr(row, self.until)
        return self.null_is_due if until is None else until <= now

    def find_due(self, rows: QuerySet[Any], now: datetime) -> QuerySet[Any]:
        """Those whose time has come, and that nobody has."""
        is_over = Q(**{f"{self.until}__lte": now})
        return rows.filter(Q(**{self.until: None}) | is_over if self.null_is_due else is_over)

    @property
    def due_sql(self) -> str:
        """The same as a condition of SQL, with the parameter `now`."""
        is_over = f"{self.until} <= %(now)s"
        return f"({self.until} IS NULL OR {is_over})" if self.null_is_due else is_over

    def claim_row(self, row: Model, until: datetime, **changes: Any) -> bool:
        """Take a row that was found due until then. False: somebody was quicker, and the row is not ours."""
        if self.claimed:
            changes[self.state] = self.claimed
        if self.attempts:
            changes[self.attempts] = getattr(row, self.attempts) + 1
        return self._write_row(row, {**changes, self.until: until})

    def claim_rows(self, rows: Sequence[Model], untils: Sequence[datetime]) -> list[Any]:
        """The same for rows of one model, each until its time, in one statement. Returns those that are ours now."""
        if not rows:
            return []
        table = type(rows[0])._meta
        quote = connection.ops.quote_name
        column = {field.name: str(field.column) for field in table.concrete_fields}
        until = quote(column[self.until])
        given: dict[str, Any] = {"id": [row.pk for row in rows], "until": list(untils)}
        sets = [f"{until} = given.until"]
        same = [f"rows.{until} IS NOT DISTINCT FROM given.token"]
        given["token"] = [getattr(row, self.until) for row in rows]
        given["state"] = [getattr(row, self.state) if self.state else "" for row in rows]
        if self.state:
            same.append(f"rows.{quote(column[self.state])} = given.state")
        if self.claimed:
            sets.append(f"{quote(column[self.state])} = '{self.claimed}'")
        if self.attempts:
            attempts = quote(column[self.attempts])
            sets.append(f"{attempts} = rows.{attempts} + 1")
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE {quote(table.db_table)} AS rows SET {", ".join(sets)}
                FROM unnest(%(id)s::bigint[], %(until)s::timestamptz[], %(token)s::timestamptz[], %(state)s::text[])
                    AS given(id, until, token, state)
                WHERE rows.id = given.id AND {" AND ".join(same)} RETURNING rows.id""",  # noqa: S608 - names of ours
                given,
            )
            ours = {pk for (pk,) in cursor.fetchall()}
        claimed = [(row, token) for row, token in zip(rows, untils, strict=True) if row.pk in ours]
        for row, token in claimed:
            setattr(row, self.until, token)
            if self.claimed:
                setattr(row, self.state, self.claimed)
            if self.attempts:
                setattr(row, self.attempts, getattr(row, self.attempts) + 1)
        return [row for row, _token in claimed]

    def extend_claim(self, row: Model, until: datetime, **changes: Any) -> bool:
        """Keep a claim until then. False: it has run out, and somebody else has the row or has finished it."""
        return self._write_row(row, {**changes, self.until: until})

    def release_row(self, row: Model, due_at: datetime | None = None, **changes: Any) -> bool:
        """Give up a claim and write what came of it: due again then, or (None) over, or at once by its state.

        False: it has run out, and somebody else has the row or has finished it; nothing is written.
        """
        return self._write_row(row, {**changes, self.until: due_at})

    def _write_row(self, row: Model, changes: dict[str, Any]) -> bool:
        """Write to a row that is as it was read; then to the instance as well."""
        token = {self.until: getattr(row, self.until)}
        if self.state:
            token[self.state] = getattr(row, self.state)
        if not type(row)._default_manager.filter(pk=row.pk, **token).update(**changes):
            return False
        for name, value in changes.items():
            setattr(row, name, value)
        return True


def prune_rows(rows: QuerySet[Any], batch: int) -> int:
    """Delete these rows, in their order, a batch a statement. Returns how many."""
    total = 0
    while True:
        pks = list(rows.values_list("pk", flat=True)[:batch])
        total += rows.model._default_manager.filter(pk__in=pks).delete()[0] if pks else 0
        if len(pks) < batch:
            return total
