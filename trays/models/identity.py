"""Whom an agent is at the provider by which the company's people sign in."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Identity(models.Model):
    """The provider's own name of a person, which stays when their mail address is another's."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities", db_index=False)
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("identidad")
        verbose_name_plural = _("identidades")
        constraints = (
            models.UniqueConstraint(name="identity_is_one_agents", fields=("issuer", "subject")),
            models.UniqueConstraint(name="agent_is_one_at_an_issuer", fields=("agent", "issuer")),
        )

    def __str__(self) -> str:
        return f"{self.agent} · {self.issuer}"
