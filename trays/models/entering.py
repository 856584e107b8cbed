"""The link by which a person comes in without a password, once: invited, or because the old one is forgotten."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.sealing import SealedField

MAX_REASON_OF_MAIL = 200


class EntryLinkQuerySet(models.QuerySet["EntryLink"]):
    def usable(self) -> "EntryLinkQuerySet":
        """Those that still let somebody in: who made them is there and may make them now (entry_links.is_vouched_for),
        also where one has lost a role since, or the agent has got one."""
        own = Q(made_by=None) | Q(made_by=F("agent"))
        of_administrators = Q(made_by__is_active=True, made_by__is_superuser=True)
        is_below = Q(agent__role="agent", agent__is_superuser=False)
        of_supervisors = Q(made_by__is_active=True, made_by__role="supervisor") & is_below
        found = self.filter(used_at=None, ends_at__gt=timezone.now(), agent__is_active=True)
        return found.filter(own | of_administrators | of_supervisors)


class EntryLink(models.Model):
    """The one link of an agent: a new one takes the place of the one before."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="entry_link")
    # nothing that could be used is kept, but sealed until it is mailed
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(_("vence"))
    used_at = models.DateTimeField(null=True, blank=True)
    # the mail that takes it there; none: it was given to copy
    mail_to = models.EmailField(blank=True, default="")
    token = SealedField(blank=True, default="")
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_failure = models.CharField(max_length=MAX_REASON_OF_MAIL, blank=True, default="")
    next_try_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = EntryLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("enlace para entrar")
        verbose_name_plural = _("enlaces para entrar")
        constraints = (
            models.CheckConstraint(name="entry_link_ends_after_it_was_made", condition=Q(ends_at__gt=F("made_at"))),
            models.CheckConstraint(
                name="entry_link_is_kept_only_to_be_mailed",
                condition=Q(token="") | (~Q(mail_to="") & Q(mailed_at__isnull=True, used_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="entry_link_waits_to_be_mailed_with_its_token",
                condition=Q(next_try_at__isnull=True) | ~Q(token=""),
            ),
        )
        indexes = (models.Index("next_try_at", name="entry_links_to_mail", condition=Q(next_try_at__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.agent} · {self.made_at:%Y-%m-%d}"

    def is_over(self, now: datetime | None = None) -> bool:
        """Whether its time has passed without anybody coming in by it."""
        return self.used_at is None and self.ends_at <= (now or timezone.now())
