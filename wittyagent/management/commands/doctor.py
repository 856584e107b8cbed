"""`manage.py doctor`: says what is missing or odd, with the line to paste. Exit 1 where something is wrong."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from wittyagent.doctor import ODD, WRONG, Finding
from wittyagent.doctor.running import examine


class Command(BaseCommand):
    help = "Looks at settings, servers, processes, backups and disk; says what is missing or odd and how to mend it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the findings as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = examine()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False))
        else:
            for one in found:
                self._write(one)
            wrong, odd = (sum(one.level == level for one in found) for level in (WRONG, ODD))
            self.stdout.write(f"{wrong} wrong, {odd} odd.")
        if any(one.level == WRONG for one in found):
            sys.exit(1)

    def _write(self, one: Finding) -> None:
        self.stdout.write(f"{one.level:<6} {one.about}: {one.words}")
        if one.paste:
            self.stdout.write(f"         {one.paste}")
