"""`manage.py up`: everything that WittyAgent needs, until Ctrl-C."""

import signal
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand

from wittyagent.run.start import SIGNALS, start_everything


class Command(BaseCommand):
    help = "Starts WittyAgent: the embedded servers where no URLs are set, web, worker and clock."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo data first")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        # set, not left as they are: a shell's background job inherits an ignored SIGINT
        for number in SIGNALS:
            signal.signal(number, signal.default_int_handler)
        # ignored, nobody would hear how a child has ended
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with suppress(KeyboardInterrupt):
            start_everything(demo)
