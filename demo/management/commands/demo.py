"""`manage.py demo`: loads the demo data. Safe to run twice."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo import load, month


class Command(BaseCommand):
    help = "Loads the demo data: an invented shop, its people, and chats in every state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="even among other people's agents")
        parser.add_argument("--days", type=int, default=month.DAYS, help="of history before it (30)")

    def handle(self, *args: Any, force: bool, days: int, **options: Any) -> None:
        try:
            loaded = load.load_demo(force=force, days=min(max(days, 0), 366))
        except load.CannotLoad as error:
            raise CommandError(str(error)) from error
        if loaded is None:
            self.stdout.write("The demo data is there already; nothing was changed.")
        else:
            self.stdout.write(f"Demo data loaded: {loaded.contacts} contacts, {loaded.messages} messages.")
