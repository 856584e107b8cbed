"""What could not be published: kept in the database, so that it is told also where its process has ended meanwhile."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MissedGroup(models.Model):
    """A group whose events were lost while Redis was away, and the order that its sockets get when it is back."""

    group = models.CharField(primary_key=True, max_length=120)
    order = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("grupo sin avisar")
        verbose_name_plural = _("grupos sin avisar")

    def __str__(self) -> str:
        return f"{self.group} {self.order}"
