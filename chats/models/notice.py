"""What an agent is to be told of a chat: mentions in its notes, and reminders that the agent asked for."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models.chat import Chat
from chats.models.message import Message
from contacts.place import visible_q
from trays.models import Agent

MAX_REMINDER_CHARS = 140


class MentionQuerySet(models.QuerySet["Mention"]):
    def seen_by(self, agent: Agent) -> Self:
        """The agent's own, in chats that the agent may see now: a mention gives no access."""
        return self.filter(visible_q(agent, "message__chat__"), agent=agent)


class Mention(models.Model):
    """An agent who is named with an @ in a note; written with the note (chats/messages/mentions.py)."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions", db_index=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    made_at = models.DateTimeField(_("fecha"), default=timezone.now)

    objects = MentionQuerySet.as_manager()

    class Meta:
        verbose_name = _("mención")
        verbose_name_plural = _("menciones")
        constraints = (models.UniqueConstraint(name="mentioned_once_in_a_note", fields=("message", "agent")),)
        indexes = (models.Index("agent", F("id").desc(), name="mentions_of_an_agent"),)

    def __str__(self) -> str:
        return f"@{self.agent}"


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def waiting(self) -> Self:
        """Asked for, and not rung yet."""
        return self.filter(rung_at=None)

    def seen_by(self, agent: Agent) -> Self:
        return self.filter(visible_q(agent, "chat__"), agent=agent)


class Reminder(models.Model):
    """A time at which an agent wants to be told of a chat; `is_return`: a snoozed chat came back on time."""

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="reminders", db_index=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    due_at = models.DateTimeField(_("cuándo"))
    text = models.CharField(_("de qué"), max_length=MAX_REMINDER_CHARS, blank=True)
    is_return = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(null=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("recordatorio")
        verbose_name_plural = _("recordatorios")
        constraints = (
            models.UniqueConstraint(name="reminded_once_at_a_time", fields=("chat", "agent", "due_at", "is_return")),
            models.CheckConstraint(name="a_return_has_rung", condition=Q(is_return=False) | Q(rung_at__isnull=False)),
        )
        indexes = (
            models.Index("due_at", "id", name="reminders_to_ring", condition=Q(rung_at__isnull=True)),
            models.Index("agent", "rung_at", name="reminders_of_an_agent"),
        )

    def __str__(self) -> str:
        return f"{self.agent} {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def mark(self) -> int:
        """Grows with the time at which it rang, and is no other's (inbox/notices/news.py)."""
        rung = self.rung_at or self.due_at
        return int(rung.timestamp()) * 10**6 + self.pk % 10**6
