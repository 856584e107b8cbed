"""What a line of the log is about, by ids alone: bound where work begins, carried to whatever it leaves to others.

`request` comes in by X-Request-ID or is made; it goes with the tasks that a request leaves to workers
(wittyagent/log_tasks.py). `body`, `message`, `chat` and `event` are numbers of rows.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

NAMES = ("request", "body", "message", "chat", "event")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REQUEST = re.compile(r"[A-Za-z0-9_-]{8,64}")

_bound: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default=MappingProxyType({}))


def current() -> Mapping[str, str]:
    return _bound.get()


@contextmanager
def bound(**ids: object) -> Iterator[None]:
    """Until it ends, lines of this thread or task say these as well."""
    token = _bound.set({**_bound.get(), **_clean(ids)})
    try:
        yield
    finally:
        _bound.reset(token)


def bind_only(ids: Mapping[str, object]) -> None:
    """From now on lines say these and nothing else."""
    _bound.set(_clean(ids))


def request_id(said: str) -> str:
    """What a proxy calls this request, where it has the shape of an id; else a new one."""
    return said if _REQUEST.fullmatch(said) else secrets.token_hex(8)


def _clean(ids: Mapping[str, object]) -> dict[str, str]:
    # they come from other processes as well: whatever has not the shape of an id is none
    found = {name: str(ids[name]) for name in NAMES if ids.get(name) is not None}
    return {name: said for name, said in found.items() if _ID.fullmatch(said)}
