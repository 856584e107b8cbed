"""Messages that wait for their hour. A row is what waits: it goes with the message that it becomes, or cancelled."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models.chat import Chat
from contacts.place import visible_q
from trays.models import Agent


class ScheduledMessageQuerySet(models.QuerySet["ScheduledMessage"]):
    def visible_to(self, agent: Agent) -> Self:
        """Those of chats that this agent may see."""
        return self.filter(visible_q(agent, "chat__"))


class ScheduledMessage(models.Model):
    """An answer that its agent wrote ahead. Written in chats/messages/scheduled.py only."""

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="scheduled", db_index=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("agente"))
    text = models.TextField(_("texto"))
    send_at = models.DateTimeField(_("sale"))
    # not where the customer has said something after this message
    unless_answered = models.BooleanField(_("no enviar si el cliente escribe antes"), default=True)
    heard_id = models.BigIntegerField(default=0)
    # of the form, and of the message that comes of it
    client_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScheduledMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("mensaje programado")
        verbose_name_plural = _("mensajes programados")
        constraints = (
            models.CheckConstraint(name="scheduled_says_something", condition=~Q(text="")),
            models.CheckConstraint(name="scheduled_for_later", condition=Q(send_at__gt=models.F("created_at"))),
        )
        indexes = (
            models.Index("chat", "send_at", name="scheduled_by_chat"),
            models.Index("send_at", name="scheduled_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.chat} {timezone.localtime(self.send_at):%d/%m %H:%M}"
