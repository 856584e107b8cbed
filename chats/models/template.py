"""Templates: pre-approved messages that open a new session."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from origins.models import Origin


class TemplateQuerySet(models.QuerySet["Template"]):
    def usable_on(self, origin: Origin) -> Self:
        """What may be sent on a line now: its account's approved ones, or ours where the network has none."""
        ready = self.filter(is_active=True, status=Template.Status.APPROVED)
        if origin.can.remote_templates:
            return ready.filter(origin=origin).exclude(remote_id="")
        return ready.filter(Q(origin=origin) | Q(origin=None), remote_id="")


class Template(models.Model):
    """The pre-approved message that opens a new session. Variables are written {{nombre}} or {{1}}.

    With a `remote_id` it is a copy of what the network's account holds (gateway/template_sync.py); else it is ours.
    """

    class Category(models.TextChoices):
        UTILITY = "utility", _("Servicio")
        MARKETING = "marketing", _("Promoción")
        AUTHENTICATION = "authentication", _("Autenticación")

    class Status(models.TextChoices):
        APPROVED = "approved", _("Aprobada")
        PENDING = "pending", _("En revisión")
        REJECTED = "rejected", _("Rechazada")
        PAUSED = "paused", _("En pausa")
        DISABLED = "disabled", _("Desactivada")
        DELETED = "deleted", _("Borrada")

    name = models.CharField(_("nombre"), max_length=512)
    language = models.CharField(_("idioma"), max_length=12, default="es")
    category = models.CharField(_("categoría"), max_length=16, choices=Category.choices, default=Category.UTILITY)
    status = models.CharField(_("estado"), max_length=12, choices=Status.choices, default=Status.APPROVED)
    body = models.TextField(_("texto"), max_length=1024, help_text=_("Variables entre llaves dobles: {{nombre}}"))
    header = models.CharField(_("encabezado"), max_length=60, blank=True)
    footer = models.CharField(_("pie"), max_length=60, blank=True)
    parameter_format = models.CharField(
        max_length=12, choices=(("positional", "{{1}}"), ("named", "{{nombre}}")), default="named", editable=False
    )
    # as the network has them: {type: HEADER, format: IMAGE}, {type: BUTTONS, buttons: [{type, text, url}]}, …
    components = models.JSONField(default=list, editable=False)
    remote_id = models.CharField(_("id en la red"), max_length=100, blank=True, editable=False)
    quality = models.CharField(_("calidad"), max_length=20, blank=True, editable=False)
    reason = models.CharField(_("motivo del rechazo"), max_length=300, blank=True, editable=False)
    # a template that the network has warned of
    disabled_from = models.DateTimeField(_("se desactiva"), null=True, editable=False)
    synced_at = models.DateTimeField(_("sincronizada"), null=True, editable=False)
    origin = models.ForeignKey(
        Origin,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="templates",
        verbose_name=_("línea"),
        help_text=_("Vacía: sirve para todas las líneas que no tienen plantillas propias."),
    )
    is_active = models.BooleanField(_("activa"), default=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("plantilla")
        verbose_name_plural = _("plantillas")
        ordering = ("name", "language")
        constraints = (
            models.UniqueConstraint(
                name="a_template_stands_once", fields=("origin", "name", "language"), nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def header_format(self) -> str:
        """TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION, or '' where it has no header."""
        found = next((one for one in self.components if one.get("type") == "HEADER"), None)
        return str(found.get("format", "TEXT")) if found else ("TEXT" if self.header else "")

    @property
    def buttons(self) -> list[dict[str, Any]]:
        found: dict[str, Any] = next((one for one in self.components if one.get("type") == "BUTTONS"), {})
        return [button for button in found.get("buttons", []) if isinstance(button, dict)]
