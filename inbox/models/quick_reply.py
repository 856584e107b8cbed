"""Quick replies (*respuestas rápidas*): what agents write again and again, of one agent, of a tray or of all."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.folding import words_q
from trays.models import Agent, Tray

MAX_TITLE_CHARS, MAX_SHORTCUT_CHARS, MAX_TEXT_CHARS = 80, 40, 2_000


class QuickReplyQuerySet(models.QuerySet["QuickReply"]):
    def visible_to(self, agent: Agent) -> Self:
        """One's own, those of the trays to which one has access, and those of all."""
        if not agent.is_active:
            return self.none()
        of_trays = Q(tray__in=Tray.objects.open_to(agent).in_use())
        return self.filter(Q(owner=agent) | of_trays | Q(owner=None, tray=None))

    def holding(self, typed: str) -> Self:
        """Those whose shortcut, title and text hold each word that was typed."""
        words = Concat("title", Value(" "), "shortcut", Value(" "), "text", output_field=models.TextField())
        return self.alias(words=words).filter(words_q("words", typed))

    def most_used_first(self, agent: Agent) -> Self:
        """By how often this agent has used each (`times`); then by title."""
        used = QuickReplyUse.objects.filter(agent=agent, reply=OuterRef("pk")).values("times")
        return self.annotate(times=Coalesce(Subquery(used), 0)).order_by(F("times").desc(), "title", "id")


class QuickReply(models.Model):
    """A text with a name, for one agent (`owner`), for those of a tray (`tray`), or for all (neither)."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="quick_replies", verbose_name=_("de quién")
    )
    tray = models.ForeignKey(Tray, models.CASCADE, null=True, related_name="+", verbose_name=_("bandeja"))
    title = models.CharField(_("título"), max_length=MAX_TITLE_CHARS)
    # lower case, without accents: what stands behind the "/"
    shortcut = models.CharField(_("atajo"), max_length=MAX_SHORTCUT_CHARS)
    text = models.TextField(_("texto"), max_length=MAX_TEXT_CHARS)
    # compare and set: who saves says which one was read
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    objects = QuickReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("respuesta rápida")
        verbose_name_plural = _("respuestas rápidas")
        constraints = (
            models.CheckConstraint(
                name="quick_reply_is_of_one_scope", condition=Q(owner__isnull=True) | Q(tray__isnull=True)
            ),
            models.CheckConstraint(
                name="quick_reply_says_something", condition=~Q(title="") & ~Q(shortcut="") & ~Q(text="")
            ),
            models.UniqueConstraint(name="own_shortcut_is_free", fields=("owner", "shortcut")),
            models.UniqueConstraint(name="shortcut_of_a_tray_is_free", fields=("tray", "shortcut")),
            models.UniqueConstraint(
                name="shortcut_of_all_is_free", fields=("shortcut",), condition=Q(owner__isnull=True, tray__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def scope(self) -> str:
        """Whose it is, as forms and addresses say it: `mia`, `todos`, or the tray's number."""
        if self.tray_id is not None:
            return str(self.tray_id)
        return "mia" if self.owner_id is not None else "todos"


class QuickReplyUse(models.Model):
    """How often an agent has used one."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    reply = models.ForeignKey(QuickReply, models.CASCADE, related_name="uses")
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(name="uses_are_counted_once", fields=("agent", "reply")),)


class QuickReplyFile(models.Model):
    """A file that goes along: messages that take it show these very bytes, which stay for as long as one does."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # NULL: it goes along no more, and is here for the messages that took it
    reply = models.ForeignKey(QuickReply, models.PROTECT, null=True, related_name="files")
    file = models.FileField(_("archivo"), upload_to="respuestas/%Y/%m/", max_length=300)
    name = models.CharField(_("nombre"), max_length=200)
    mime = models.CharField(_("tipo"), max_length=100)
    size = models.PositiveBigIntegerField(_("tamaño"))
    # as of an attachment; `traits` NULL: not looked at yet
    traits = models.CharField(max_length=100, null=True)  # noqa: DJ001
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.name
