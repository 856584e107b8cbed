"""What is logged at what length: a refusal is one line, and an outage one line a minute, of each process."""

import logging
import re
import threading
from collections.abc import Iterator
from http import HTTPStatus

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from kombu.exceptions import OperationalError as BrokerError
from redis import RedisError

from common.client_address import client_address

log = logging.getLogger(__name__)

LINK = re.compile(r"(/entrar/)[^/\s?]+")

WINDOW_SECONDS = 60.0
MAX_CAUSES = 5
# its clock says "Couldn't apply scheduled task" of whatever went wrong, without naming that as the cause
CELERY_CLOCK = "celery.beat"
# of an OperationalError: no connection (08), shut down, starting, too many connections. Others, such as a deadlock or
# a timeout of a statement, are no outage
OUTAGE_STATES = ("08", "57P01", "57P02", "57P03", "53300")


class RefusalFilter(logging.Filter):
    """Makes one line of what Django says of a refused request: the reason, and who asked; no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        is_security = record.name.startswith("django.security")
        if not is_security and (record.name != "django.request" or record.levelno >= logging.ERROR):
            return True
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            # Django says the reason of what is suspicious first, and then once more that it was refused
            if getattr(request, "refusal_was_logged", False):
                return False
            request.refusal_was_logged = is_security  # type: ignore[attr-defined]
            _set_message(record, f"{record.getMessage()} (asked by {client_address(request) or 'unix'})")
        record.exc_info = record.exc_text = None
        return True


class LinkFilter(logging.Filter):
    """Takes out of a line what lets somebody in (inbox/views/entering.py), as of a request that was refused."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if LINK.search(message):
            record.msg, record.args = "%s", (LINK.sub(r"\1…", message),)
        return True


class OutageFilter(logging.Filter):
    """Lets pass the first word of what does not answer, and then tells once a minute how many more there were."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        # by what was said: how often, since the last line of it
        self._held_back: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        found = _find_outage(record)
        if found is None:
            return True
        what, why = found
        with self._lock:
            if what in self._held_back:
                self._held_back[what] += 1
                return False
            self._open_window(what)
        _set_message(record, f"{what}: {why}")
        record.exc_info = record.exc_text = None
        return True

    def _open_window(self, what: str) -> None:
        self._held_back[what] = 0
        timer = threading.Timer(WINDOW_SECONDS, self._close_window, (what,))
        timer.daemon = True
        timer.start()

    def _close_window(self, what: str) -> None:
        with self._lock:
            count = self._held_back.pop(what, 0)
            if count:
                self._open_window(what)
        if count:
            log.error("%s: %s more in the last minute", what, count)


def _find_outage(record: logging.LogRecord) -> tuple[str, str] | None:
    """What does not answer and why, where that is what the record tells of. What follows from it for a request, too."""
    if getattr(record, "status_code", None) == HTTPStatus.SERVICE_UNAVAILABLE:
        return "requests were answered with 503", record.getMessage()
    for error in _errors_of(record):
        if isinstance(error, (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)):
            return ("the database does not answer", _one_line(error)) if _is_unreachable(error) else None
        if isinstance(error, (RedisError, BrokerError)):
            return "Redis does not answer", _one_line(error)
    return None


def _errors_of(record: logging.LogRecord) -> Iterator[BaseException]:
    args = record.args if isinstance(record.args, tuple) else ()
    for one in (record.exc_info[1] if record.exc_info else None, *args):
        for _ in range(MAX_CAUSES):
            if isinstance(one, BaseException):
                yield one
                is_clock = type(one).__module__ == CELERY_CLOCK
                one = one.__cause__ or (one.__context__ if is_clock else None)


def _is_unreachable(error: BaseException) -> bool:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(OUTAGE_STATES)


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


def _set_message(record: logging.LogRecord, text: str) -> None:
    # what was asked for may hold anything, and must not look like a line of ours
    record.msg = "%s"
    record.args = ("".join(char if char.isprintable() else "?" for char in text)[:1000],)
