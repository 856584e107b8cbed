"""When an agent's browser was last heard from; apart from the agent, whose row moves and forms lock."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trays.models.staff import Agent


class LastSeen(models.Model):
    """A socket of the agent has said something at this time, by the database's clock (trays/presence.py)."""

    agent = models.OneToOneField(Agent, models.CASCADE, primary_key=True, related_name="last_seen")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("presencia")
        verbose_name_plural = _("presencias")

    def __str__(self) -> str:
        return f"{self.agent_id} {self.at}"
