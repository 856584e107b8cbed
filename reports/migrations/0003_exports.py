"""Tables of figures as files."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_lines_and_menus"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "en curso"), ("done", "lista"), ("failed", "no se pudo")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("touched_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("format", models.CharField(choices=[("csv", "CSV"), ("xlsx", "Excel")], max_length=4)),
                ("group", models.CharField(max_length=10)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("file", models.FileField(blank=True, max_length=300, upload_to="informes/")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("agent"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="report_exports_of_an_agent",
                    ),
                    models.Index(
                        models.F("touched_at"),
                        condition=models.Q(("state", "running")),
                        name="report_exports_unfinished",
                    ),
                    models.Index(models.F("made_at"), name="report_exports_by_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("format__in", ("csv", "xlsx")), ("state__in", ("running", "done", "failed"))
                        ),
                        name="report_export_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done__lte", models.F("total"))), name="report_export_does_no_more_than_all"
                    ),
                ],
            },
        ),
    ]
