"""The supervisor's own tables: figures by the hour. Rolled up by reports/rollup.py only, which can make them anew."""

from django.db import models
from django.db.models import Q


class HourFigure(models.Model):
    """How often something happened in an hour: to a tray, to an agent, on a line, and in all.

    Each axis is kept by itself (and not their product), so that a year of a tray is a few rows an hour whatever the
    number of agents and lines. What took time is counted by classes of duration (reports/events.py), so that medians
    of any period are made of the same rows.
    """

    class Axis(models.TextChoices):
        ALL = "all"
        TRAY = "tray"
        AGENT = "agent"
        LINE = "line"

    # the beginning of an hour of the installation's time zone
    hour = models.DateTimeField()
    axis = models.CharField(max_length=5, choices=Axis.choices)
    # of the tray, agent or line; 0 for all
    ref = models.BigIntegerField(default=0)
    measure = models.CharField(max_length=12)
    bucket = models.SmallIntegerField(default=0)
    n = models.IntegerField()
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="an_hour_is_counted_once", fields=("axis", "hour", "ref", "measure", "bucket")
            ),
            models.CheckConstraint(name="figure_axis_is_known", condition=Q(axis__in=["all", "tray", "agent", "line"])),
            models.CheckConstraint(name="figure_counts_something", condition=Q(n__gt=0)),
            models.CheckConstraint(name="figure_of_all_has_no_ref", condition=~Q(axis="all") | Q(ref=0)),
        )

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.axis} {self.ref} {self.measure} {self.n}"


class Progress(models.Model):
    """Up to where the history was rolled up; one row. The earlier mark is read from again: what was committed late
    has a lower number than what was already seen."""

    change_id = models.BigIntegerField(default=0)
    message_id = models.BigIntegerField(default=0)
    earlier_change_id = models.BigIntegerField(default=0)
    earlier_message_id = models.BigIntegerField(default=0)
    swept_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(name="there_is_one_progress", condition=Q(id=1)),)

    def __str__(self) -> str:
        return f"{self.change_id} {self.message_id}"
