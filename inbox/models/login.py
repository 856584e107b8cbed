"""The logins of agents: where each is signed in, as the agent sees it in Mis ajustes."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_DEVICE_CHARS = 400


class Login(models.Model):
    """A session of an agent that has asked for something. Whether it still stands is the session's to say."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("agente"))
    # never shown: whoever has it is the agent
    session_key = models.CharField(max_length=40, unique=True)
    # as the browser names itself
    device = models.CharField(_("equipo"), max_length=MAX_DEVICE_CHARS)
    address = models.CharField(_("dirección"), max_length=45)
    began_at = models.DateTimeField(_("desde"), default=timezone.now)
    used_at = models.DateTimeField(_("último uso"), default=timezone.now)

    class Meta:
        verbose_name = _("sesión abierta")
        verbose_name_plural = _("sesiones abiertas")

    def __str__(self) -> str:
        return f"{self.agent} · {self.began_at:%Y-%m-%d}"
