"""What a person may ask of us: a copy of all that is kept of them, and that it is erased. Each is work for a worker."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from common.file_job import FileJob
from contacts.models import Contact


class DataCopy(FileJob):
    """A copy of a person's data, asked for by a supervisor. The file is there for a day."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    # what the team wrote among itself as well
    with_notes = models.BooleanField(default=False)
    file = models.FileField(upload_to="copias/", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="data_copy_state_is_known", condition=Q(state__in=("running", "done", "failed"))
            ),
            models.CheckConstraint(name="data_copy_does_no_more_than_all", condition=Q(done__lte=F("total"))),
        )
        indexes = (
            models.Index("agent", F("id").desc(), name="data_copies_of_an_agent"),
            models.Index("touched_at", name="data_copies_unfinished", condition=Q(state="running")),
            models.Index("made_at", name="data_copies_by_age"),
        )


class Erasure(models.Model):
    """That a contact's data are erased: by whom, since when, and how far it is. Nothing in it says who that was."""

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    # messages
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    touched_at = models.DateTimeField(default=timezone.now)
    # what raw bodies are searched for; forgotten when all is done
    addresses = models.JSONField(default=list)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="a_finished_erasure_knows_nobody", condition=Q(finished_at__isnull=True) | Q(addresses=[])
            ),
        )
        indexes = (models.Index("touched_at", name="erasures_unfinished", condition=Q(finished_at__isnull=True)),)

    @property
    def is_running(self) -> bool:
        return self.finished_at is None
