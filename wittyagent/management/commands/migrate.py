"""`manage.py migrate`, Django's, beside a product that runs: what finds a table in use steps back and tries again."""

from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from common.table_locks import TableInUse, keep_asking


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keep_asking(partial(super().handle, *args, **options), self.stderr.write, using=options["database"])
        except TableInUse:
            words = "a table was in use whenever a migration tried: what was done before stays, run it again"
            raise CommandError(words) from None
