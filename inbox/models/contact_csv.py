"""Contacts that go out or come in as a file of CSV: what was asked for, how far it is, and what was refused."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.file_job import FileJob


class ContactCsv(FileJob):
    """One file. It is carried out by a worker in batches; `done` says from where another goes on."""

    class Kind(models.TextChoices):
        OUT = "out", _("Descarga")
        IN = "in", _("Carga")

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    # what came in; what goes out, once it is there
    file = models.FileField(upload_to="contactos/%Y/%m/", max_length=300, blank=True)
    # lines that changed something, of those the ones that added a contact, and those that were refused
    changed = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(name="contact_csv_kind_is_known", condition=Q(kind__in=("out", "in"))),
            models.CheckConstraint(
                name="contact_csv_state_is_known", condition=Q(state__in=("running", "done", "failed"))
            ),
            models.CheckConstraint(name="contact_csv_does_no_more_than_all", condition=Q(done__lte=F("total"))),
        )
        indexes = (
            models.Index("agent", F("id").desc(), name="contact_csv_of_an_agent"),
            models.Index("touched_at", name="contact_csv_unfinished", condition=Q(state="running")),
            models.Index("made_at", name="contact_csv_by_age"),
        )


class ContactCsvError(models.Model):
    """A line that was refused: nothing of it was written."""

    job = models.ForeignKey(ContactCsv, models.CASCADE, related_name="errors", db_index=False)
    line = models.PositiveIntegerField()
    words = models.CharField(max_length=500)

    class Meta:
        constraints = (models.UniqueConstraint(name="a_line_is_refused_once", fields=("job", "line")),)
