"""When an agent's browser was last heard from, apart from the agent, whose row moves and forms lock; and the log of
presence."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from trays.models.staff import Agent

MAX_REASON_CHARS = 60


class Presence(models.TextChoices):
    """How an agent is there. The last is never set: no browser of the agent is heard from."""

    AVAILABLE = "available", _("Disponible")
    AWAY = "away", _("Ausente")
    OFF = "off", _("Sin conexión")


class LastSeen(models.Model):
    """A socket of the agent has said something at this time, by the database's clock (trays/presence.py)."""

    agent = models.OneToOneField(Agent, models.CASCADE, primary_key=True, related_name="last_seen")
    at = models.DateTimeField()
    # what the log of presence says by now
    is_here = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("presencia")
        verbose_name_plural = _("presencias")

    def __str__(self) -> str:
        return f"{self.agent_id} {self.at}"


class PresenceChange(models.Model):
    """An agent became something else at this time. Rows are only added."""

    agent = models.ForeignKey(
        Agent, models.CASCADE, related_name="presence_changes", db_index=False, verbose_name=_("agente")
    )
    was = models.CharField(_("antes"), max_length=10, choices=Presence)
    became = models.CharField(_("después"), max_length=10, choices=Presence)
    at = models.DateTimeField(_("cuándo"))
    reason = models.CharField(_("motivo"), max_length=MAX_REASON_CHARS, blank=True, default="")

    class Meta:
        verbose_name = _("cambio de presencia")
        verbose_name_plural = _("cambios de presencia")
        indexes = (models.Index(fields=("agent", "-id"), name="presence_of_an_agent"),)
        constraints = (
            models.CheckConstraint(
                name="presence_is_known",
                condition=Q(was__in=Presence.values, became__in=Presence.values),
            ),
            models.CheckConstraint(
                name="presence_changes_or_its_reason_does",
                condition=~Q(was=F("became")) | Q(became=Presence.AWAY),
            ),
            models.CheckConstraint(
                name="only_who_is_away_has_a_reason", condition=Q(reason="") | Q(became=Presence.AWAY)
            ),
        )

    def __str__(self) -> str:
        return f"{self.agent_id} {self.was} → {self.became}"
