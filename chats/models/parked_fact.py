"""Out-of-order facts, parked until the message comes that they are about."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from origins.models import Origin


class ParkedFact(models.Model):
    """A fact about a message that is not there yet: applied as soon as it is (chats/messages/parked.py)."""

    origin = models.ForeignKey(Origin, models.CASCADE, related_name="+", db_index=False)
    # the id that the origin gives the message
    ref = models.CharField(max_length=200)
    # which fact it is (origins/facts.py), and its fields
    fact = models.CharField(max_length=12)
    data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chats_early"
        verbose_name = _("aviso temprano")
        verbose_name_plural = _("avisos tempranos")
        indexes = (
            models.Index("origin", "ref", name="early_by_message"),
            models.Index("created_at", name="early_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.fact} {self.ref}"
