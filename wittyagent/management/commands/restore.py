"""`manage.py restore SOURCE`: an empty installation becomes what a backup holds."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wittyagent.backups import BackupError
from wittyagent.backups.parts import BACKUP
from wittyagent.backups.places import open_place
from wittyagent.backups.restoring import restore_backup


class Command(BaseCommand):
    help = (
        "Restores a backup into an empty installation: checks all of it, puts back files, database and key, migrates, "
        "and compares rows, histories and figures. Killed, it can be run again. Nothing else may run meanwhile."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="the target of backups (its latest), or one of them in it")
        parser.add_argument("--skip-damaged", action="store_true", help="leave damaged files out")

    def handle(self, *_args: Any, source: str, skip_damaged: bool, **_options: Any) -> None:
        above, _slash, last = source.rstrip("/").rpartition("/")
        target, name = (above or ".", last) if BACKUP.fullmatch(last) else (source, "")
        try:
            restore_backup(open_place(target), name, self.stdout.write, skip_damaged=skip_damaged)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"the restore was not finished: {error}. Run it again.") from None
