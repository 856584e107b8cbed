"""Mentions in notes, reminders, and chats that their agents have set aside for a while."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0012_digits_and_file_names"),
        ("contacts", "0004_undone_is_a_cause"),
        ("origins", "0002_connections"),
        ("trays", "0004_sessions_ended"),
        ("wittybots", "0002_prefixes_of_other_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Mention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="fecha")),
            ],
            options={
                "verbose_name": "mención",
                "verbose_name_plural": "menciones",
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(verbose_name="cuándo")),
                ("text", models.CharField(blank=True, max_length=140, verbose_name="de qué")),
                ("is_return", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("rung_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "recordatorio",
                "verbose_name_plural": "recordatorios",
            },
        ),
        migrations.AddField(
            model_name="chat",
            name="snoozed_until",
            field=models.DateTimeField(null=True, verbose_name="pospuesto hasta"),
        ),
        # valid once the next one has looked, while chats go on
        AddConstraintNotValid(
            model_name="chat",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("snoozed_until__isnull", True),
                    models.Q(("agent__isnull", False), ("state", "AGENTE")),
                    _connector="OR",
                ),
                name="only_a_held_chat_is_snoozed",
            ),
        ),
        migrations.AddField(
            model_name="mention",
            name="agent",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="mention",
            name="message",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="mentions", to="chats.message"
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="agent",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="chat",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="reminders", to="chats.chat"
            ),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(
                models.F("agent"), models.OrderBy(models.F("id"), descending=True), name="mentions_of_an_agent"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(fields=("message", "agent"), name="mentioned_once_in_a_note"),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                models.F("due_at"),
                models.F("id"),
                condition=models.Q(("rung_at__isnull", True)),
                name="reminders_to_ring",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(models.F("agent"), models.F("rung_at"), name="reminders_of_an_agent"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=("chat", "agent", "due_at", "is_return"), name="reminded_once_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_return", False), ("rung_at__isnull", False), _connector="OR"),
                name="a_return_has_rung",
            ),
        ),
    ]
