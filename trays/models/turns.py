"""Whose turn it is in trays that assign by themselves; apart from the tray, whose row moves hold."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from trays.models.staff import Tray


class Turn(models.Model):
    """The last agent to whom a tray assigned a chat; locked while it assigns one (chats/assigning.py)."""

    tray = models.OneToOneField(Tray, models.CASCADE, primary_key=True, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("turno")
        verbose_name_plural = _("turnos")

    def __str__(self) -> str:
        return f"{self.tray_id} {self.agent_id}"
