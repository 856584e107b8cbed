"""Leases: rows of a table as a queue, each with whoever works on it for a limited time, and nobody's after that.

A claim is one UPDATE that compares and sets; its token is the time at which it runs out. A worker that dies leaves a
claim that runs out, and one that comes back late finds that its token is not the row's any more and writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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

    def due(self, rows: QuerySet[Any], now: datetime) -> QuerySet[Any]:
        """Those whose time has come, and that nobody has."""
        is_over = Q(**{f"{self.until}__lte": now})
        return rows.filter(Q(**{self.until: None}) | is_over if self.null_is_due else is_over)

    @property
    def due_sql(self) -> str:
        """The same as a condition of SQL, with the parameter `now`."""
        is_over = f"{self.until} <= %(now)s"
        return f"({self.until} IS NULL OR {is_over})" if self.null_is_due else is_over

    def claim(self, row: Model, until: datetime, **changes: Any) -> bool:
        """Take a row that was found due until then. False: somebody was quicker, and the row is not ours."""
        if self.claimed:
            changes[self.state] = self.claimed
        if self.attempts:
            changes[self.attempts] = getattr(row, self.attempts) + 1
        return self._write(row, {**changes, self.until: until})

    def extend(self, row: Model, until: datetime, **changes: Any) -> bool:
        """Keep a claim until then. False: it has run out, and somebody else has the row or has finished it."""
        return self._write(row, {**changes, self.until: until})

    def release(self, row: Model, due_at: datetime | None = None, **changes: Any) -> bool:
        """Give up a claim and write what came of it: due again then, or (None) over, or at once by its state.

        False: it has run out, and somebody else has the row or has finished it; nothing is written.
        """
        return self._write(row, {**changes, self.until: due_at})

    def _write(self, row: Model, changes: dict[str, Any]) -> bool:
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
