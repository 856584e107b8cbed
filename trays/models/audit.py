"""The audit log: who came in, who looked at what was not theirs, who changed what. Rows are added, and nothing else.

A trigger refuses every UPDATE, and every DELETE but that of the sweep (trays/audit.py) of what is old. Nothing that a
customer said stands in it, and no name of one: a contact is a number, which says nothing once they are erased.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_THING, MAX_VALUE = 120, 200


class AuditEntry(models.Model):
    """Something that somebody did, at a moment, from an address."""

    class Kind(models.TextChoices):
        ENTRY = "entry", _("Entradas")
        LOOK = "look", _("Miró un chat ajeno")
        CHANGE = "change", _("Cambios")
        DATA = "data", _("Datos")

    class What(models.TextChoices):
        """Begins with its kind."""

        SIGNED_IN = "entry.in", _("Entró")
        FAILED = "entry.failed", _("No pudo entrar")
        HELD = "entry.held", _("Frenado al entrar")
        PASSWORD = "entry.password", _("Cambió su contraseña")
        STEPS_ON = "entry.steps-on", _("Activó los dos pasos")
        STEPS_OFF = "entry.steps-off", _("Quitó los dos pasos")
        UNLINKED = "entry.unlinked", _("Desvinculó su entrada")
        CHAT = "look.chat", _("Abrió un chat ajeno")
        CARD = "look.card", _("Abrió una ficha ajena")
        FILE = "look.file", _("Abrió archivos de un chat ajeno")
        ADDED = "change.added", _("Creó")
        CHANGED = "change.changed", _("Cambió")
        DELETED = "change.deleted", _("Borró")
        DONE = "change.done", _("Hizo")
        ACCESS_GIVEN = "change.given", _("Dio acceso")
        ACCESS_TAKEN = "change.taken", _("Quitó acceso")
        EXPORTED = "data.exported", _("Bajó")
        IMPORTED = "data.imported", _("Cargó")
        CONTACT_EXPORTED = "data.contact", _("Bajó los datos de un contacto")
        CONTACT_ERASED = "data.erased", _("Borró los datos de un contacto")

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    what = models.CharField(max_length=16, choices=What.choices)
    # nobody who is known: somebody who failed to come in, or the system
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # to whom it was done
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # no foreign key: the row outlives the contact
    contact = models.BigIntegerField(null=True, blank=True)
    # what it was done to, as it was called then: a tray, a line, a list that was exported
    thing = models.CharField(max_length=MAX_THING, blank=True, default="")
    field = models.CharField(max_length=MAX_THING, blank=True, default="")
    old = models.CharField(max_length=MAX_VALUE, blank=True, default="")
    new = models.CharField(max_length=MAX_VALUE, blank=True, default="")
    detail = models.CharField(max_length=MAX_VALUE, blank=True, default="")
    address = models.GenericIPAddressField(null=True, blank=True)
    # what is noted once an hour is noted under a key that says so
    once = models.CharField(max_length=100, null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("registro")
        verbose_name_plural = _("registro")
        constraints = (
            models.CheckConstraint(
                name="audit_kind_is_known", condition=Q(kind__in=("entry", "look", "change", "data"))
            ),
            models.CheckConstraint(
                name="audit_entry_is_of_its_kind", condition=Q(what__startswith=Concat("kind", Value(".")))
            ),
        )
        indexes = (
            models.Index(fields=("-at", "-id"), name="audit_by_time"),
            models.Index(fields=("kind", "-at", "-id"), name="audit_by_kind"),
            models.Index(fields=("agent", "-at", "-id"), name="audit_by_agent", condition=Q(agent__isnull=False)),
            models.Index(fields=("about", "-at", "-id"), name="audit_by_about", condition=Q(about__isnull=False)),
            models.Index(fields=("contact", "-at", "-id"), name="audit_by_contact", condition=Q(contact__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what} {self.agent or ''}"


class AuditNotice(models.Model):
    """An entry that somebody has not been told of yet: one to whom it was done, or an administrator."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    entry = models.ForeignKey(AuditEntry, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("aviso del registro")
        verbose_name_plural = _("avisos del registro")
        constraints = (models.UniqueConstraint(name="told_once_of_an_entry", fields=("agent", "entry")),)

    def __str__(self) -> str:
        return f"{self.agent} · {self.entry}"
