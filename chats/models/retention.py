"""How far the sweep of retention has come (chats/retention.py)."""

from django.db import models
from django.db.models import Q


class RetentionProgress(models.Model):
    """Up to which message words, and up to which file files, were forgotten for their age; one row."""

    message_id = models.BigIntegerField(default=0)
    attachment_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(name="there_is_one_retention", condition=Q(id=1)),)

    def __str__(self) -> str:
        return f"{self.message_id} {self.attachment_id}"
