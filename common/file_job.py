"""A file that a worker makes or reads for somebody: how far it is, and why it came to nothing."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FileJob(models.Model):
    """What all have. It is carried out by any worker; one that was cut off is found by `touched_at`."""

    class State(models.TextChoices):
        RUNNING = "running", _("en curso")
        DONE = "done", _("lista")
        FAILED = "failed", _("no se pudo")

    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    # rows, messages, or whatever it consists of
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    # when a worker last did something of it
    touched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING
