"""Customers are asked how they were attended, and what they say is kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0020_mentioned_agents"),
        ("contacts", "0011_added_contacts_and_same_values"),
        ("trays", "0009_asking_how_it_was"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="chat",
            name="survey_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="Survey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(verbose_name="preguntado")),
                ("score", models.PositiveSmallIntegerField(null=True, verbose_name="puntaje")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="respondido")),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "answer",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="chats.message"
                    ),
                ),
                (
                    "change",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.statechange"
                    ),
                ),
                (
                    "chat",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="surveys",
                        to="chats.chat",
                    ),
                ),
                (
                    "tray",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="trays.tray",
                    ),
                ),
            ],
            options={
                "verbose_name": "pregunta de satisfacción",
                "verbose_name_plural": "preguntas de satisfacción",
            },
        ),
        migrations.AddField(
            model_name="chat",
            name="survey",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="chats.survey",
            ),
        ),
        migrations.AddIndex(
            model_name="survey",
            index=models.Index(
                models.F("chat"), models.OrderBy(models.F("id"), descending=True), name="surveys_of_a_chat"
            ),
        ),
        migrations.AddIndex(
            model_name="survey",
            index=models.Index(
                models.F("answered_at"), condition=models.Q(("answered_at__isnull", False)), name="surveys_by_answer"
            ),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("score__isnull", True), models.Q(("score__gte", 1), ("score__lte", 5)), _connector="OR"
                ),
                name="survey_score_is_one_to_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer__isnull", True), ("answered_at__isnull", True), ("score__isnull", True)),
                    models.Q(("answered_at__isnull", False), ("score__isnull", False)),
                    _connector="OR",
                ),
                name="survey_is_answered_with_a_score",
            ),
        ),
    ]
