"""What the gateway keeps of the installation itself."""

from django.db import models


class Backup(models.Model):
    """The latest complete backup at one target. Written by gateway/status/backups.py only."""

    # a folder, or s3://bucket/prefix; no key in it
    target = models.CharField(max_length=500, unique=True)
    # what is in it is of this moment
    taken_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    # bytes of the dump and of the files that it names
    size = models.BigIntegerField()


class Alarm(models.Model):
    """What is wrong since when, while it stands. Written by gateway/alarms/ only."""

    # "worker", "line:12", "disk:host"
    name = models.CharField(max_length=200, unique=True)
    words = models.CharField(max_length=1000)
    advice = models.CharField(max_length=1000, blank=True)
    # where to look, a path of ours
    page = models.CharField(max_length=300, blank=True)
    began_at = models.DateTimeField()
    # when it was last found; it is over a while after that
    seen_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    # who tells it has it until then (common/lease.py)
    next_try_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
