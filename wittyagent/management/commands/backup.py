"""`manage.py backup TARGET`: a copy of the whole installation, made while it runs."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gateway.status.backups import note_backup
from wittyagent.backups import BackupError
from wittyagent.backups.places import open_place
from wittyagent.backups.taking import prune, take_backup


class Command(BaseCommand):
    help = (
        "Copies the database, the files and the secret key to a folder or s3://bucket/prefix while everything runs. "
        "What it makes opens every secret of the installation: keep it as you keep those."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", metavar="TARGET", help="a folder, or s3://bucket/prefix")
        parser.add_argument("--keep", type=int, metavar="N", help="afterwards remove all but the newest N")
        parser.add_argument("--new-target", action="store_true", help="begin anew where the backups of before are gone")

    def handle(self, *_args: Any, target: str, keep: int | None, new_target: bool, **_options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep is 1 or more")
        try:
            place = open_place(target)
            name, manifest = take_backup(place, is_new_target=new_target)
            note_backup(place.target, datetime.fromisoformat(manifest.taken_at), manifest.size)
            removed = prune(place, keep) if keep else []
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"the backup was not finished: {error}") from None
        rows = sum(manifest.counts.values())
        self.stdout.write(f"{place.target}/{name}: {rows} rows, {manifest.files} files, {manifest.size} bytes in all.")
        if manifest.missing_files:
            self.stderr.write(f"{manifest.missing_files} files that the database names were not to be found.")
        if removed:
            self.stdout.write(f"Removed: {', '.join(removed)}.")
