"""`manage.py partition`: puts the tables that grow into partitions by month, while the product runs."""

import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common import partition_moves, partitions
from common.table_locks import TableInUse, keep_asking
from gateway.partitioning import TABLES


class Command(BaseCommand):
    help = "Puts the tables that grow into partitions by month. Safe beside a product that runs, and to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        for table in TABLES:
            if partitions.is_partitioned(table):
                self.stdout.write(f"{table}: is in months already")
                continue
            began = time.monotonic()
            try:
                keep_asking(partial(partition_moves.prepare_move, table, now), self.stderr.write)
                keep_asking(partial(partition_moves.move, table, now), self.stderr.write)
            except TableInUse:
                raise CommandError(f"{table} was in use whenever it was asked for: run it again") from None
            partitions.analyze(table)
            self.stdout.write(f"{table}: is in months now, after {time.monotonic() - began:.1f} s")
