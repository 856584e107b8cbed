"""What strangers have uploaded today, by who must not have more."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UploadBudget(models.Model):
    """The bytes that a visitor, an address, an origin or all have uploaded on a day (chats/attachments/budgets.py)."""

    name = models.CharField(max_length=120)
    day = models.DateField()
    spent_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("cupo de archivos")
        verbose_name_plural = _("cupos de archivos")
        constraints = (models.UniqueConstraint(name="a_budget_a_day", fields=("day", "name")),)

    def __str__(self) -> str:
        return f"{self.name} {self.day}"
