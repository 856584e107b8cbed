"""Workspaces: the panes of an agent's Chat tab."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Workspace(models.Model):
    """How an agent has the Chat tab laid out: 1, 2 or 4 panes and the chats in them."""

    PANES = (1, 2, 4)

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True)
    panes = models.PositiveSmallIntegerField(default=2)
    # chat ids, by pane; 0 is an empty one
    slots = ArrayField(models.BigIntegerField(), default=list)
    active = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("ambientes de trabajo")
        verbose_name_plural = _("ambientes de trabajo")
        constraints = (models.CheckConstraint(name="panes_are_1_2_or_4", condition=Q(panes__in=(1, 2, 4))),)

    def __str__(self) -> str:
        return f"{self.agent}"
