"""`manage.py expire_chats [--now ISO]`: the sweep of the clock, once, by hand."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chats import expiry


def parse_moment(text: str) -> datetime:
    """A time in ISO 8601; without a zone it is the installation's. Raises CommandError."""
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else timezone.make_aware(found)
    except (ValueError, OverflowError) as error:
        raise CommandError(f"not a time in ISO 8601, such as 2026-11-22T13:00:00Z: {text!r}") from error


class Command(BaseCommand):
    help = "Expires every chat whose session is over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", metavar="ISO", help="the time to go by, instead of the present one")

    def handle(self, *args: Any, now: str | None, **options: Any) -> None:
        number = expiry.expire(now=parse_moment(now) if now else None)
        self.stdout.write(f"{number} expired")
