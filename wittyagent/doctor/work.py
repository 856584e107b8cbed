"""What runs and what is kept: processes, what waits, backups, files, static files, the disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from common.durations import format_duration
from gateway.partitioning import TABLES, find_odd
from gateway.status.backups import last_backup
from gateway.status.system import read_system
from wittyagent.backups import BackupError
from wittyagent.backups.server import connect, find_program
from wittyagent.doctor import GOOD, ODD, WRONG, Finding

BACKUP_LINE = "python manage.py backup /mnt/copies --keep 14"
NEARLY_FULL = 0.20
_CELERY = "celery -A wittyagent"
# what starts again what gives no sign
PASTE = {
    "migrations": "python manage.py migrate",
    "worker": f"{_CELERY} worker --pool threads -c 8 -Q celery",
    "caller": f"{_CELERY} worker --pool threads -c 24 -Q calls",
    "beat": f"{_CELERY} beat",
    "secrets": "SECRET_KEY_FALLBACKS=the-key-of-before",
}


def check_processes() -> Iterator[Finding]:
    status = read_system()
    for name, words in status.wrong.items():
        yield Finding(WRONG, name, words, PASTE.get(name, ""))
    if not status.wrong:
        yield Finding(GOOD, "processes", "workers and clock give signs of life, and nothing waits")


def check_backups() -> Iterator[Finding]:
    about, last = "backups", last_backup()
    if last is None:
        yield Finding(ODD, about, "none was ever made by `manage.py backup`", BACKUP_LINE)
    else:
        age = timezone.now() - last.taken_at
        words = f"the last is {format_duration(age)} old, at {last.target}"
        hours = settings.ALARM_BACKUP_HOURS
        old = bool(hours) and age > timedelta(hours=hours)
        yield Finding(WRONG if old else GOOD, about, words, f"python manage.py backup {last.target}" if old else "")
        if _is_on_our_disk(last.target):
            words = f"{last.target} lies on the same disk as {settings.WITTY_DATA}: what breaks one takes both"
            yield Finding(ODD, about, f"{words}. Is its own disk mounted?")
    try:
        with closing(connect()) as server:
            find_program("pg_dump", server)
            find_program("pg_restore", server)
    except BackupError as error:
        yield Finding(WRONG, about, f"none can be made: {error}")


def _is_on_our_disk(target: str) -> bool:
    """Also where the disk of a target is not mounted. A target that is not seen from here, as no bucket
    is, may be on any."""
    with suppress(OSError):
        return os.stat(target).st_dev == os.stat(settings.WITTY_DATA).st_dev
    return False


def check_partitions() -> Iterator[Finding]:
    about, odd = "partitions", list(find_odd(timezone.now()))
    for one in odd:
        paste = f"{_CELERY} call gateway.tasks.prune" if one.is_wrong else "python manage.py partition"
        yield Finding(WRONG if one.is_wrong else ODD, about, f"{one.table}: {one.words}", paste)
    if not odd:
        yield Finding(GOOD, about, f"{', '.join(TABLES)}: each month has one, and the next has")


def check_files() -> Iterator[Finding]:
    """Whether a file can be written, read and deleted, and whether pages find their styles and scripts."""
    name = default_storage.save("doctor.txt", ContentFile(b"doctor"))
    with default_storage.open(name) as file:
        is_same = file.read() == b"doctor"
    default_storage.delete(name)
    where = "the bucket" if settings.S3_BUCKET else settings.MEDIA_ROOT
    yield Finding(GOOD if is_same else WRONG, "files", f"{where} takes files, and gives them back")
    if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        words = f"they were not collected into {settings.STATIC_ROOT}: pages break"
        yield Finding(WRONG, "static files", words, "python manage.py collectstatic --noinput")


def check_disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(settings.WITTY_DATA)
    free = usage.free / usage.total
    level = WRONG if free * 100 < settings.ALARM_DISK_PERCENT else ODD if free < NEARLY_FULL else GOOD
    yield Finding(level, "disk", f"{free:.0%} of {settings.WITTY_DATA} is free ({usage.free / 1024**3:,.1f} GB)")
