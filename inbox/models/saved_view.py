"""Saved views (*vistas*): a filtered or sorted list of a tray under a name, an agent's own or shared with all of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trays.models import Agent, Tray

MAX_NAME_CHARS, MAX_VIEW_QUERY_CHARS = 40, 300


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, agent: Agent) -> Self:
        """One's own and the shared ones, of the trays that the agent may see."""
        if not agent.is_active:
            return self.none()
        return self.filter(Q(owner=agent) | Q(is_shared=True), tray__in=Tray.objects.open_to(agent).in_use())


class SavedView(models.Model):
    """`query`: as inbox/row_filters.py writes it into addresses; what it names that is gone is left out there."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("de quién"))
    tray = models.ForeignKey(Tray, models.CASCADE, related_name="+", verbose_name=_("bandeja"))
    name = models.CharField(_("nombre"), max_length=MAX_NAME_CHARS)
    query = models.CharField(_("filtros"), max_length=MAX_VIEW_QUERY_CHARS)
    is_shared = models.BooleanField(_("de todos los de la bandeja"), default=False)
    made_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("vista guardada")
        verbose_name_plural = _("vistas guardadas")
        constraints = (
            models.CheckConstraint(name="view_says_something", condition=~Q(name="") & Q(query__startswith="?")),
            models.UniqueConstraint(
                name="own_view_name_is_free", fields=("owner", "tray", "name"), condition=Q(is_shared=False)
            ),
            models.UniqueConstraint(
                name="shared_view_name_is_free", fields=("tray", "name"), condition=Q(is_shared=True)
            ),
        )

    def __str__(self) -> str:
        return self.name
