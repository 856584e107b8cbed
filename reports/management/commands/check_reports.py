"""`check_reports`: makes the hourly figures anew from the history, and compares."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from contacts.models import StateChange
from reports import hourly, rollup
from reports.kinds import KINDS

MAX_SHOWN = 20
MAX_ROUNDS = 10_000


class Command(BaseCommand):
    help = (
        "Rebuilds the figures of every past hour from the history and compares them with those that reports show. "
        "Exit 1 where they differ; --fix makes them right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="DATE", help="from this day on (YYYY-MM-DD); else from the first step")
        parser.add_argument("--fix", action="store_true", help="write the right figures where they differ")

    def handle(self, *_args: Any, since: str | None, fix: bool, **_options: Any) -> None:
        begin = _read_day(since) if since else _first_step()
        if begin is None:
            self.stdout.write("No history yet.")
            return
        for _round in range(MAX_ROUNDS):  # what waits to be counted is no difference; the hour of now is counted on
            if rollup.sweep() <= 1 and all(hourly.sweep(kind) <= 1 for kind in KINDS):
                break
        end = rollup.begin_of_hour(timezone.now())
        found = 0
        for what, one, make in _find_differences(begin, end):
            found += 1
            if found <= MAX_SHOWN:
                hour = f"{one.hour:%Y-%m-%d %H:%M} UTC"
                self.stdout.write(f"{hour}, {what}: {one.missing} missing, {one.too_much} too much")
            if fix:
                make(one.hour)
        if found and not fix:
            raise CommandError(f"{found} hours differ from the history. --fix makes them right.")
        self.stdout.write(f"{found} hours were made right." if found else "All hours agree with the history.")


def _find_differences(
    begin: datetime, end: datetime
) -> Iterator[tuple[str, rollup.Difference, Callable[[datetime], None]]]:
    """Of each kind of figures: what it is called, an hour that differs, and what makes it right."""
    for one in rollup.find_differences(begin, end):
        yield "chats", one, rollup.roll_up
    for kind in KINDS:
        for one in hourly.find_differences(kind, begin, end):
            yield kind.name, one, partial(hourly.roll_up, kind)


def _read_day(text: str) -> datetime:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"{text}: not a day (YYYY-MM-DD)")
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def _first_step() -> datetime | None:
    return StateChange.objects.order_by("at").values_list("at", flat=True).first()
