"""How long a statement may take: as long as it needs in workers and commands, a little in what somebody waits for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# of one statement, and of a connection, in a request
REQUEST_SECONDS = 2.0

_seconds: ContextVar[float | None] = ContextVar("statement_seconds", default=None)


def statement_seconds() -> float | None:
    """The limit that holds here; None: as long as it needs."""
    return _seconds.get()


@contextmanager
def limited_statements(seconds: float | None = REQUEST_SECONDS) -> Iterator[None]:
    """Statements in here, also in threads that asgiref or the bridge starts from here, end after so long."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)
