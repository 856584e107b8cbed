"""Leases: rows of a table as a queue, each with whoever works on it for a limited time, and nobody's after that.

A claim is one UPDATE that compares and sets; its token is the time at which it runs out. A worker that dies leaves a
claim that runs out, and one that comes back late finds that its token is not the row's any more and writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet

from common.prepared import fetch_rows

Row = TypeVar("Row", bound=Model)

# in a statement: its transaction does not wait for the disk. For claims of what may be done twice, and for what later
# transactions build on: those are not kept without it
NO_FLUSH = "set_config('synchronous_commit', 'off', true)"


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
        return bool(self.claim_rows([row], [until], **changes))

    def claim_rows(self, rows: Sequence[Row], untils: Sequence[datetime], **changes: Any) -> list[Row]:
        """The same for rows of one model, each until its time, in one statement. Returns those that are ours now."""
        values: dict[str, Sequence[Any]] = {name: [value] * len(rows) for name, value in changes.items()}
        if self.claimed:
            values[self.state] = [self.claimed] * len(rows)
        if self.attempts:
            values[self.attempts] = [getattr(row, self.attempts) + 1 for row in rows]
        return self.write_rows(rows, {**values, self.until: untils})

    def extend_claim(self, row: Model, until: datetime, **changes: Any) -> bool:
        """Keep a claim until then. False: it has run out, and somebody else has the row or has finished it."""
        return self._write_row(row, {**changes, self.until: until})

    def release_row(self, row: Model, due_at: datetime | None = None, **changes: Any) -> bool:
        """Give up a claim and write what came of it: due again then, or (None) over, or at once by its state.

        False: it has run out, and somebody else has the row or has finished it; nothing is written.
        """
        return self._write_row(row, {**changes, self.until: due_at})

    def _write_row(self, row: Model, changes: dict[str, Any]) -> bool:
        return bool(self.write_rows([row], {name: [value] for name, value in changes.items()}))

    def write_rows(
        self, rows: Sequence[Row], values: Mapping[str, Sequence[Any]], *, may_be_lost: bool = False
    ) -> list[Row]:
        """Write to rows that are as they were read, of each field a value a row, in one statement; then to the
        instances as well. Returns those that were written: of the others the claim has run out, and somebody else has
        or had them. `may_be_lost`: with the server's power, if nothing else has been committed since (NO_FLUSH)."""
        if not rows:
            return []
        table, quote = type(rows[0])._meta, connection.ops.quote_name
        fields = {field.name: field for field in table.concrete_fields}
        asked = (self.until, self.state) if self.state else (self.until,)
        # by the name that each has among what is given
        given: dict[str, tuple[Any, Sequence[Any]]] = {"id": (fields["id"], [row.pk for row in rows])}
        given |= {f"old_{name}": (fields[name], [getattr(row, name) for row in rows]) for name in asked}
        given |= {f"new_{name}": (fields[name], found) for name, found in values.items()}
        arrays = ", ".join(f"%({name})s::{field.rel_db_type(connection)}[]" for name, (field, _found) in given.items())
        sets = ", ".join(f"{quote(str(fields[name].column))} = given.new_{name}" for name in values)
        same = " AND ".join(
            f"rows.{quote(str(fields[name].column))} IS NOT DISTINCT FROM given.old_{name}" for name in asked
        )
        quick = f", (SELECT {NO_FLUSH}) AS quick" if may_be_lost else ""
        done = fetch_rows(
            f"""UPDATE {quote(table.db_table)} AS rows SET {sets}
            FROM unnest({arrays}) AS given({", ".join(given)}){quick}
            WHERE rows.id = given.id AND {same} RETURNING rows.id""",  # noqa: S608 - names of ours
            {
                name: [field.get_db_prep_save(value, connection) for value in found]
                for name, (field, found) in given.items()
            },
        )
        written = {pk for (pk,) in done}
        for number, row in enumerate(rows):
            if row.pk in written:
                for name, found in values.items():
                    setattr(row, name, found[number])
        return [row for row in rows if row.pk in written]


def prune_rows(rows: QuerySet[Any], batch: int, most: int | None = None) -> int:
    """Delete these rows, or so many, in their order, a batch a statement. Returns how many."""
    total = 0
    while most is None or total < most:
        pks = list(rows.values_list("pk", flat=True)[:batch])
        total += rows.model._default_manager.filter(pk__in=pks).delete()[0] if pks else 0
        if len(pks) < batch:
            break
    return total
