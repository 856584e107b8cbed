"""What is wrong with the installation now; `--try` sends a notice as an alarm would, to see that it arrives."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from common.clocks import read_database_time
from gateway.alarms import checks, telling
from gateway.models import Alarm


class Command(BaseCommand):
    """Ends with 1 where something is wrong, for whoever calls it from cron."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--try", action="store_true", dest="is_try", help="send a notice that all notices arrive")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = read_database_time()
        if options["is_try"]:
            words = _("Prueba: así avisa WittyAgent cuando algo anda mal.")
            if not telling.tell([Alarm(name="try", words=words, began_at=now, seen_at=now)], []):
                raise CommandError("nobody was told: set EMAIL_URL or ALARM_WEBHOOK_URL; the log says what failed")
            self.stdout.write("told")
            return
        found = [*checks.find_here(now, timezone.now()), *checks.find_troubles(now).troubles]
        for trouble in found:
            self.stdout.write(f"{trouble.name}: {trouble.words} {trouble.advice}".rstrip())
        if found:
            raise SystemExit(1)
        self.stdout.write("all is well")
