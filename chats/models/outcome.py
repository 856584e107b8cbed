"""What became of messages on their way, as it is counted: failures by their reason, and what networks charge for."""

from django.db import models
from django.db.models import Q

from chats.models.message import Message
from origins.models import Origin


class MessageFailure(models.Model):
    """An attempt that failed for good. Written in chats/messages/outcomes.py; a new attempt takes nothing back."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="+", db_index=False)
    attempt = models.PositiveSmallIntegerField()
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    # common.errors.Failure, and the network's own number
    failure = models.CharField(max_length=10, blank=True)
    code = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(name="an_attempt_fails_once", fields=("message", "attempt")),)
        indexes = (models.Index("at", name="failures_by_time"),)

    def __str__(self) -> str:
        return f"{self.message_id} {self.failure} {self.code}"


class MessageCharge(models.Model):
    """As what the network counts a message of ours. It tells it once or twice: the first counts."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="+")
    origin = models.ForeignKey(Origin, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    # marketing, utility, authentication, service, …: the network's own word
    category = models.CharField(max_length=30)
    # regular, free_customer_service, free_entry_point
    kind = models.CharField(max_length=30, blank=True)
    is_billable = models.BooleanField()

    class Meta:
        constraints = (models.CheckConstraint(name="charge_has_a_category", condition=~Q(category="")),)
        indexes = (models.Index("at", name="charges_by_time"),)

    def __str__(self) -> str:
        return f"{self.message_id} {self.category}"
