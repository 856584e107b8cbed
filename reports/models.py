"""The supervisor's own tables: figures by the hour. Written by reports/rollup.py and reports/hourly.py only, which can
make them anew."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.file_job import FileJob


class HourFigure(models.Model):
    """How often something happened in an hour: to a tray, to an agent, on a line, to a tag's contacts, and in all.

    Each axis is kept by itself (and not their product), so that a year of a tray is a few rows an hour whatever the
    number of agents and lines. What took time is counted by classes of duration (reports/events.py), so that medians
    of any period are made of the same rows.
    """

    class Axis(models.TextChoices):
        ALL = "all"
        TRAY = "tray"
        AGENT = "agent"
        LINE = "line"
        TAG = "tag"

    # the beginning of an hour of the installation's time zone
    hour = models.DateTimeField()
    axis = models.CharField(max_length=5, choices=Axis.choices)
    # of the tray, agent, line or tag; 0 for all, and for who had no tag
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
            models.CheckConstraint(
                name="figure_axis_is_known", condition=Q(axis__in=["all", "tray", "agent", "line", "tag"])
            ),
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


class LineFigure(models.Model):
    """What went through a line in an hour (reports/line_figures.py). `kind`: of failures failure:code, of what the
    network charges its category."""

    class What(models.TextChoices):
        IN = "in"
        AGENT = "agent"
        BOT = "bot"
        FAILED = "failed"
        CHARGED = "charged"
        FREE = "free"

    hour = models.DateTimeField()
    line_id = models.BigIntegerField()
    what = models.CharField(max_length=7, choices=What.choices)
    kind = models.CharField(max_length=32, blank=True)
    n = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="a_line_s_hour_is_counted_once", fields=("hour", "line_id", "what", "kind")),
            models.CheckConstraint(
                name="line_figure_is_known",
                condition=Q(n__gt=0, what__in=("in", "agent", "bot", "failed", "charged", "free")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.line_id} {self.what} {self.kind} {self.n}"


class MenuFigure(models.Model):
    """How often people came to a place of a bot's menu in an hour, how they came, and what became of it since
    (reports/menu_figures.py): an hour's figures change until its sessions are over."""

    hour = models.DateTimeField()
    bot_id = models.BigIntegerField()
    # as chats.MenuStep: the first three of its `how`
    node = models.CharField(max_length=24, blank=True)
    came = models.CharField(max_length=7)
    outcome = models.CharField(max_length=7)
    # where the chat went; 0: nowhere
    tray_id = models.BigIntegerField(default=0)
    n = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="a_place_s_hour_is_counted_once", fields=("bot_id", "hour", "node", "came", "outcome", "tray_id")
            ),
            models.CheckConstraint(
                name="menu_figure_is_known",
                condition=Q(
                    n__gt=0,
                    came__in=("greeted", "option", "back"),
                    outcome__in=("on", "back", "way", "person", "misfit", "pace", "failed", "left", "here"),
                ),
            ),
        )
        # a page asks for a bot's, the sweep for an hour's
        indexes = (models.Index("hour", name="menu_figures_by_hour"),)

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.bot_id} {self.node} {self.outcome} {self.n}"


class Mark(models.Model):
    """Up to which row of a table a kind of figures has seen what is new; of two sweeps, as Progress."""

    name = models.CharField(max_length=40, unique=True)
    row_id = models.BigIntegerField(default=0)
    earlier_row_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.row_id}"


class ReportExport(FileJob):
    """A table of Informes as a file, asked for by a supervisor; it is there for a day, for who asked."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    format = models.CharField(max_length=4, choices=Format.choices)
    group = models.CharField(max_length=10)
    first = models.DateField()
    last = models.DateField()
    file = models.FileField(upload_to="informes/", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="report_export_is_known",
                condition=Q(format__in=("csv", "xlsx"), state__in=("running", "done", "failed")),
            ),
            models.CheckConstraint(name="report_export_does_no_more_than_all", condition=Q(done__lte=F("total"))),
        )
        indexes = (
            models.Index("agent", F("id").desc(), name="report_exports_of_an_agent"),
            models.Index("touched_at", name="report_exports_unfinished", condition=Q(state="running")),
            models.Index("made_at", name="report_exports_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.first} {self.last} {self.group} {self.format}"

    @property
    def name(self) -> str:
        """Of the file, as who fetches it sees it."""
        return f"informe-{self.first.isoformat()}-{self.last.isoformat()}-{self.group}.{self.format}"
