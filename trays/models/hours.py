"""Office hours of trays, as they are stored: weekly openings and holidays."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trays.models.staff import Tray


class Opening(models.Model):
    """A stretch of a weekday in which a tray is attended. A tray without any is open always."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("lunes")
        TUESDAY = 1, _("martes")
        WEDNESDAY = 2, _("miércoles")
        THURSDAY = 3, _("jueves")
        FRIDAY = 4, _("viernes")
        SATURDAY = 5, _("sábado")
        SUNDAY = 6, _("domingo")

    tray = models.ForeignKey(Tray, models.CASCADE, related_name="openings", verbose_name=_("bandeja"))
    weekday = models.PositiveSmallIntegerField(_("día"), choices=Weekday.choices)
    opens = models.TimeField(_("abre"))
    # 00:00 is the end of that day
    closes = models.TimeField(_("cierra"))

    class Meta:
        verbose_name = _("horario")
        verbose_name_plural = _("horarios")
        ordering = ("weekday", "opens")
        constraints = (
            models.CheckConstraint(
                name="it_opens_before_it_closes",
                condition=Q(opens__lt=models.F("closes")) | Q(closes="00:00"),
                violation_error_message=_("Cierra antes de abrir. Para pasar de medianoche, cargá dos tramos."),
            ),
            models.CheckConstraint(name="weekday_is_known", condition=Q(weekday__lte=6)),
        )

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Holiday(models.Model):
    """A day on which a tray (all of them, if none is named) is not attended."""

    day = models.DateField(_("día"))
    name = models.CharField(_("nombre"), max_length=60)
    tray = models.ForeignKey(
        Tray,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="holidays",
        verbose_name=_("bandeja"),
        help_text=_("Vacía: todas."),
    )

    class Meta:
        verbose_name = _("feriado")
        verbose_name_plural = _("feriados")
        ordering = ("day",)
        constraints = (
            models.UniqueConstraint(name="a_holiday_stands_once", fields=("day", "tray"), nulls_distinct=False),
        )

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} {self.name}"
