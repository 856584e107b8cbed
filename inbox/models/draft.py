"""Drafts: what an agent has begun to write in a chat, the same on every device of the agent."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models import Chat
from contacts.place import visible_q
from trays.models import Agent


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, agent: Agent) -> Self:
        """One's own, of chats that one may see; nobody else's ever."""
        return self.filter(visible_q(agent, "chat__"), agent=agent)


class Draft(models.Model):
    """One agent's words to one chat. Emptied it stays for a while, so that its versions go on."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="+", verbose_name=_("chat"))
    text = models.TextField(_("texto"), blank=True)
    # a note must never come back as a message
    is_note = models.BooleanField(_("nota interna"), default=False)
    # what a device had when it wrote: two that wrote from the same one do not overwrite each other
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(_("último cambio"), default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("borrador")
        verbose_name_plural = _("borradores")
        constraints = (models.UniqueConstraint(name="one_draft_a_chat", fields=("agent", "chat")),)
        indexes = (models.Index("changed_at", name="drafts_by_time"),)

    def __str__(self) -> str:
        return self.text[:80]
