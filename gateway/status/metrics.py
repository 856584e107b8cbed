"""What /metrics says, as Prometheus reads it: the sums of all processes, and how things stand now."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from redis import RedisError

from chats import tray_counts
from gateway.alarms import watch
from gateway.outbound import claims
from gateway.status import system
from gateway.status.backups import last_backup
from live import metric_sums
from live.metrics import BETWEEN, BOUNDS, METRICS, Kept
from origins.models import Body, Origin
from trays.models import Tray

MAX_LINES, MAX_TRAYS = 500, 200


class Collector:
    """One answer; prometheus_client writes it out."""

    def collect(self) -> Iterator[Metric]:
        try:
            sums = metric_sums.read_sums()
            sockets = GaugeMetricFamily("witty_sockets", "Sockets that are open, of all processes")
            sockets.add_metric([], metric_sums.read_sockets())
            yield sockets
        except RedisError:
            # how things stand is said all the same
            sums = {}
        yield from _write_sums(sums)
        yield from _read_gauges()


def _write_sums(sums: dict[str, float]) -> Iterator[Metric]:
    by_name: defaultdict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for field, number in sums.items():
        name, *labels = field.split(BETWEEN)
        by_name[name][tuple(labels)] = number
    for name, kept in METRICS.items():
        yield _write_times(name, kept, by_name[name]) if kept.is_time else _write_counts(name, kept, by_name[name])


def _write_counts(name: str, kept: Kept, found: dict[tuple[str, ...], float]) -> Metric:
    family = CounterMetricFamily(name, kept.words, labels=kept.labels)
    for labels, number in sorted(found.items() if kept.labels else [((), found.get((), 0))]):
        if len(labels) == len(kept.labels):
            family.add_metric(labels, number)
    return family


def _write_times(name: str, kept: Kept, found: dict[tuple[str, ...], float]) -> Metric:
    """Each series has its numbers by bound, and the sum of its seconds; Prometheus wants how many up to each bound."""
    family = HistogramMetricFamily(name, kept.words, labels=kept.labels)
    series: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for labels, number in found.items():
        series[labels[:-1]][labels[-1]] = number
    for labels, parts in sorted(series.items()):
        if len(labels) != len(kept.labels):
            continue
        total, buckets = 0.0, []
        for bound in (*map(str, BOUNDS), "+Inf"):
            total += parts.get(bound, 0)
            buckets.append((bound, total))
        family.add_metric(labels, buckets, parts.get("sum", 0))
    return family


def _gauge(name: str, words: str, labels: tuple[str, ...], found: Sequence[tuple[tuple[str, ...], Any]]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, number in found:
        if number is not None:
            family.add_metric(values, number)
    return family


def _read_gauges() -> Iterator[Metric]:
    now = timezone.now()
    oldest = [((name,), seconds or 0) for name, seconds in system.read_oldest(now).items()]
    yield _gauge("witty_oldest_seconds", "How long the oldest due waits, by queue", ("queue",), oldest)
    signs = system.read_signs(system.SystemStatus()).signs
    ages = [((role,), age) for role, age in signs.items()]
    yield _gauge("witty_sign_age_seconds", "Since the last sign of life, by role", ("role",), ages)
    trays = {tray.pk: tray for tray in Tray.objects.in_use().exclude(kind=Tray.Kind.PERSONAL)[:MAX_TRAYS]}
    waiting = [((trays[pk].name,), number) for pk, (number, _) in tray_counts.count_waiting(list(trays)).items()]
    yield _gauge("witty_chats_waiting", "Chats that wait in a tray (to 1000)", ("tray",), waiting)
    due = len(claims.find_due_chats(now))
    yield _gauge("witty_outbox_chats", "Chats with something due to send (to 500)", (), [((), due)])
    left = Body.objects.filter(state="received")[:1000].count()
    yield _gauge("witty_bodies_left", "Kept bodies that nobody finished (to 1000)", (), [((), left)])
    lines = list(Origin.objects.filter(is_active=True).order_by("pk")[:MAX_LINES])
    info = [((str(line.pk), line.name, line.kind), 1) for line in lines]
    yield _gauge("witty_line_info", "The lines: which number is which", ("line", "name", "kind"), info)
    troubled = [((str(line.pk),), int(bool(line.trouble))) for line in lines]
    yield _gauge("witty_line_in_trouble", "1: nothing of this line leaves until it is mended", ("line",), troubled)
    alarms = [((row.name.partition(":")[0], row.name), 1) for row in watch.read_standing(now)]
    yield _gauge("witty_alarm", "1: this alarm stands", ("kind", "name"), alarms)
    last = last_backup()
    age = (now - last.taken_at).total_seconds() if last else None
    yield _gauge("witty_backup_age_seconds", "Since the last complete backup", (), [((), age)])


def may_ask(address: str, networks: list[str]) -> bool:
    """Whether an address is one of these, or in one of these networks."""
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(caller in ipaddress.ip_network(one.strip(), strict=False) for one in networks)
