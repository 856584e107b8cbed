"""The second step of a sign-in: the secret that an agent's app makes its numbers of, and the codes for without it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.sealing import HasSecrets, SealedField


class TwoSteps(HasSecrets):
    """There is one of who signs in in two steps."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="two_steps")
    secret = SealedField()
    since = models.DateTimeField()
    # of RFC 6238: no number of it, and none before it, lets anybody in again
    last_step = models.BigIntegerField(default=0)
    # numbers and codes that were wrong, in the window that the first of them began
    failures = models.PositiveSmallIntegerField(default=0)
    failed_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("verificación en dos pasos")
        verbose_name_plural = _("verificaciones en dos pasos")
        constraints = (
            models.CheckConstraint(name="two_steps_have_a_secret", condition=~Q(secret="")),
            models.CheckConstraint(
                name="two_steps_fail_since_a_time", condition=Q(failures=0) | Q(failed_since__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return str(self.agent)


class RecoveryCode(models.Model):
    """Lets its agent in once instead of a number of the app. What it says is not kept."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes", db_index=False)
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("código de respaldo")
        verbose_name_plural = _("códigos de respaldo")
        constraints = (models.UniqueConstraint(name="recovery_code_is_one_of_its_agents", fields=("agent", "digest")),)

    def __str__(self) -> str:
        return str(self.agent)
