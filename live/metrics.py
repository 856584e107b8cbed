"""Counts and times of what happens, in the memory of this process: nothing waits for anybody to be counted.

They are sums since this process last gave them away (live/metric_sums.py). Their number is bounded: a label is a line's
or an endpoint's number, or a word of a short list, never what people write.
"""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings

# seconds; what takes longer counts in the last, +Inf
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
MAX_SERIES, MAX_REASONS = 5000, 100
OTHER = "other"
_REASON = re.compile(r"[A-Za-z0-9_.-]{1,40}")
# between the parts of a field: no label has it
BETWEEN = "|"


@dataclass(frozen=True)
class Kept:
    """One metric: its sentence for /metrics, its labels, and whether it is of times."""

    words: str
    labels: tuple[str, ...] = ()
    is_time: bool = False


METRICS: dict[str, Kept] = {
    "witty_webhooks": Kept("Calls of webhooks by what was answered: accepted, unsigned, refused, later", ("outcome",)),
    "witty_items": Kept("Items of webhooks' bodies: accepted, duplicate, rejected", ("line", "outcome")),
    "witty_stored": Kept("Messages of customers that were stored", ("line",)),
    "witty_sent": Kept("Messages that a network has taken", ("line",)),
    "witty_failed": Kept("Messages that were given up, by reason", ("line", "reason")),
    "witty_retried": Kept("Tries to send that failed and are made again, by reason", ("line", "reason")),
    "witty_calls": Kept("Calls to bots and webhooks: answered, or the reason", ("endpoint", "outcome")),
    "witty_published": Kept("Live events that were published, by kind of group", ("group",)),
    "witty_resyncs": Kept("Sockets whose page was told to ask again"),
    "witty_webhook_seconds": Kept("Until a webhook was answered", is_time=True),
    "witty_send_seconds": Kept("From a message stored to taken by its network", ("line",), is_time=True),
    "witty_live_seconds": Kept("From an event published to offered to its sockets", is_time=True),
    "witty_call_seconds": Kept("Calls to bots and webhooks", ("endpoint",), is_time=True),
}

_lock = threading.Lock()
_sums: dict[str, float] = {}
_reasons: set[str] = set()


def is_on() -> bool:
    return bool(settings.METRICS_TOKEN or settings.METRICS_FROM)


def add(name: str, *labels: object, by: float = 1) -> None:
    """One more of METRICS[name], its labels in their order."""
    if is_on():
        _add([(BETWEEN.join((name, *map(str, labels))), by)])


def observe(name: str, seconds: float, *labels: object) -> None:
    """One that took so long."""
    if not is_on():
        return
    seconds = max(seconds, 0.0)
    start = BETWEEN.join((name, *map(str, labels)))
    bound = next((str(one) for one in BOUNDS if seconds <= one), "+Inf")
    _add([(f"{start}{BETWEEN}{bound}", 1), (f"{start}{BETWEEN}sum", seconds)])


def as_reason(code: str) -> str:
    """A code of ours or a network's as a label; `other` for what is none, or one too many."""
    if not _REASON.fullmatch(code):
        return OTHER
    if code not in _reasons:
        if len(_reasons) >= MAX_REASONS:
            return OTHER
        _reasons.add(code)
    return code


def take() -> dict[str, float]:
    """All sums by field (`name|label|…`, of times with the bound or `sum` at its end); here they begin anew."""
    global _sums
    with _lock:
        taken, _sums = _sums, {}
    return taken


def put_back(taken: Mapping[str, float]) -> None:
    """What nobody took."""
    _add(taken.items())


def _add(more: Iterable[tuple[str, float]]) -> None:
    with _lock:
        for field, by in more:
            if field in _sums or len(_sums) < MAX_SERIES:
                _sums[field] = _sums.get(field, 0) + by
