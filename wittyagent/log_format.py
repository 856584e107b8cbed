"""How a line of the log is written: for people, or as JSON (LOG_FORMAT=json). Ids, never words of people.

Only what is listed here is written: whatever else a record carries stays out, and what a database says of an error goes
without the values that it quotes.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from types import TracebackType

import psycopg
from django.db import Error

from common import log_ids

MAX_CHARS, MAX_TRACE_CHARS = 1000, 8000
# PostgreSQL quotes rows and what was asked for
_QUOTING = re.compile(r"^(DETAIL|CONTEXT|HINT|QUERY|LINE \d+|\s*\^)", re.I)
_QUOTED = re.compile(r'(:\s*)(".*"|\'.*\'|\(.*\)).*$')

_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """A line for people and fail2ban, which knows lines by their ends: ids are in JSON only."""

    def formatException(self, ei: _Caught) -> str:
        return _write_trace(ei)


class JsonFormatter(logging.Formatter):
    """An object a line: time, level, logger, message, the ids (`chat_id` …), and of an error its type and trace."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, str] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:MAX_CHARS],
            **{f"{name}_id": said for name, said in log_ids.current().items()},
        }
        if record.exc_info and record.exc_info[0]:
            said["error"] = record.exc_info[0].__name__
            said["trace"] = _write_trace(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def _write_trace(caught: _Caught) -> str:
    """With the words of errors of ours, and without the values in those of the database."""
    _kind, error, _trace = caught
    if error is None:
        return ""
    lines = []
    for one in _chain(error):
        frames = "".join(traceback.format_tb(one.__traceback__))
        lines.append(f"Traceback (most recent call last):\n{frames}{_name(one)}")
    return "\n\n".join(lines)[-MAX_TRACE_CHARS:]


def _chain(error: BaseException) -> list[BaseException]:
    """What led to it first."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found[::-1]


def _name(error: BaseException) -> str:
    kind = type(error)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    words = str(error)[:MAX_CHARS]
    if isinstance(error, (psycopg.Error, Error)):
        kept = [line for line in words.splitlines() if not _QUOTING.match(line)]
        words = " ".join(_QUOTED.sub(r"\1…", line) for line in kept[:1])
    return f"{name}: {words}" if words else name
