"""The settings that an agent makes for itself; a row from the first change on."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inbox.notices.kinds import Kind, Sound, Words, describe, is_within, ways_of
from trays.models import Agent

MAX_VOLUME = 100


class HeldAs(models.TextChoices):
    """When the chats that one holds are a list at the side, and not a strip."""

    MANY = "many", _("Desde 6")
    ALWAYS = "always", _("Siempre")
    NEVER = "never", _("Nunca")


class Speed(models.IntegerChoices):
    """How fast sounds are played, in tenths."""

    ONE = 10, "1×"
    MORE = 15, "1,5×"
    TWICE = 20, "2×"


class AgentSettings(models.Model):
    """Notices and keys of one agent, the same on every device."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="own_settings"
    )
    # kind → the ways that are on; a kind that is not here has its default
    notices = models.JSONField(_("avisos"), default=dict)
    sound = models.CharField(_("sonido"), max_length=12, choices=Sound.choices, default=Sound.DROP)
    volume = models.PositiveSmallIntegerField(_("volumen"), default=60, validators=[MaxValueValidator(MAX_VOLUME)])
    # at home nobody is told; the number in the tab stays
    is_quiet = models.BooleanField(_("horario sin avisos"), default=False)
    quiet_from = models.TimeField(_("desde"), default=time(19))
    quiet_until = models.TimeField(_("hasta"), default=time(8, 30))
    # what the customer says, and not only who says it
    shows_text = models.BooleanField(_("mostrar el texto"), default=False)
    has_single_keys = models.BooleanField(_("teclas sueltas"), default=True)
    # rows of two lines, more of them on a screen
    is_compact = models.BooleanField(_("filas compactas"), default=False, db_default=False)
    # an owner has put the card away
    hides_first_steps = models.BooleanField(default=False, db_default=False)
    held_as = models.CharField(
        _("lista de mis chats"), max_length=6, choices=HeldAs.choices, default=HeldAs.MANY, db_default=HeldAs.MANY
    )
    # to its avatars
    is_held_folded = models.BooleanField(_("lista plegada"), default=False, db_default=False)
    # empty: that of the installation
    time_zone = models.CharField(_("zona horaria"), max_length=64, blank=True, default="", db_default="")
    # of voice notes, in tenths
    sound_speed = models.PositiveSmallIntegerField(
        _("velocidad de los audios"), choices=Speed.choices, default=Speed.ONE, db_default=Speed.ONE
    )
    changed_at = models.DateTimeField(_("último cambio"), default=timezone.now)

    class Meta:
        verbose_name = _("ajustes de un agente")
        verbose_name_plural = _("ajustes de agentes")
        constraints = (
            models.CheckConstraint(name="notice_volume_is_a_share", condition=Q(volume__lte=MAX_VOLUME)),
            models.CheckConstraint(name="notice_sound_is_known", condition=Q(sound__in=Sound.values)),
            models.CheckConstraint(name="held_chats_are_shown_so", condition=Q(held_as__in=HeldAs.values)),
            models.CheckConstraint(name="sound_speed_is_known", condition=Q(sound_speed__in=Speed.values)),
            models.CheckConstraint(
                name="quiet_hours_end",
                condition=~Q(quiet_from=F("quiet_until")),
                violation_error_message=_("El horario sin avisos tiene que empezar y terminar a horas distintas"),
            ),
        )

    def __str__(self) -> str:
        return str(self.agent)

    @classmethod
    def of(cls, agent: Agent) -> "AgentSettings":
        """The settings of an agent; not saved where nothing was ever chosen."""
        return cls.objects.filter(agent=agent).first() or cls(agent=agent)

    @property
    def is_chosen(self) -> bool:
        """Whether anything was ever chosen."""
        return not self._state.adding

    def wants(self, kind: str, way: str) -> bool:
        return way in ways_of(self.notices, kind)

    def is_quiet_at(self, now: datetime) -> bool:
        at = timezone.localtime(now, self.zone).time()
        return self.is_quiet and is_within(at, self.quiet_from, self.quiet_until)

    @property
    def zone(self) -> ZoneInfo:
        """One's own, or the installation's."""
        try:
            return ZoneInfo(self.time_zone or settings.TIME_ZONE)
        except (KeyError, ValueError):  # known when it was chosen
            return ZoneInfo(settings.TIME_ZONE)

    @property
    def kinds(self) -> list[Words]:
        return describe(self.notices)

    def for_script(self) -> dict[str, Any]:
        """What a page's scripts go by."""
        return {
            "notices": {kind: ways_of(self.notices, kind) for kind in Kind.values},
            "sound": self.sound,
            "volume": self.volume,
            "quiet": [f"{self.quiet_from:%H:%M}", f"{self.quiet_until:%H:%M}"] if self.is_quiet else None,
            "zone": self.zone.key,
            "hasOwnZone": self.zone.key != settings.TIME_ZONE,
            "text": self.shows_text,
            "singleKeys": self.has_single_keys,
            "compact": self.is_compact,
            "heldAs": self.held_as,
            "heldFolded": self.is_held_folded,
            "speed": self.sound_speed / 10,
        }
