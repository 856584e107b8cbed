"""Which backup was the last: noted by `manage.py backup` in the database that it is of, read by who watches."""

from datetime import datetime

from django.utils import timezone

from gateway.models import Backup


def note_backup(target: str, taken_at: datetime, size: int) -> None:
    """That a backup of `taken_at` is complete at `target`, with so many bytes; the one before it there is forgotten."""
    values = {"taken_at": taken_at, "finished_at": timezone.now(), "size": size}
    Backup.objects.update_or_create(target=target[:500], defaults=values)


def last_backup() -> Backup | None:
    """The latest of all targets; None where none was ever made. A dump is older than the note of it.

    So an installation that was restored knows of the backup before the one that it came from.
    """
    return Backup.objects.order_by("-taken_at").first()
