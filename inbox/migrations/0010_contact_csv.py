"""Contacts as files of CSV."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0009_sound_speed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactCsv",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("out", "Descarga"), ("in", "Carga")], max_length=4)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "en curso"), ("done", "lista"), ("failed", "no se pudo")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("file", models.FileField(blank=True, max_length=300, upload_to="contactos/%Y/%m/")),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("touched_at", models.DateTimeField(default=django.utils.timezone.now)),
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
        ),
        migrations.CreateModel(
            name="ContactCsvError",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField()),
                ("words", models.CharField(max_length=500)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="errors",
                        to="inbox.contactcsv",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="contactcsv",
            index=models.Index(
                models.F("agent"), models.OrderBy(models.F("id"), descending=True), name="contact_csv_of_an_agent"
            ),
        ),
        migrations.AddIndex(
            model_name="contactcsv",
            index=models.Index(
                models.F("touched_at"), condition=models.Q(("state", "running")), name="contact_csv_unfinished"
            ),
        ),
        migrations.AddIndex(
            model_name="contactcsv",
            index=models.Index(models.F("made_at"), name="contact_csv_by_age"),
        ),
        migrations.AddConstraint(
            model_name="contactcsv",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("out", "in"))), name="contact_csv_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactcsv",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("running", "done", "failed"))), name="contact_csv_state_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactcsv",
            constraint=models.CheckConstraint(
                condition=models.Q(("done__lte", models.F("total"))), name="contact_csv_does_no_more_than_all"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactcsverror",
            constraint=models.UniqueConstraint(fields=("job", "line"), name="a_line_is_refused_once"),
        ),
    ]
