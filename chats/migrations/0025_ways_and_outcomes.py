"""The way through a menu, and what became of messages on their way: what figures of bots and lines are made of."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0024_borrowed_files"),
        ("contacts", "0012_erased_contacts"),
        ("origins", "0004_public_address_and_checks"),
        ("wittybots", "0002_prefixes_of_other_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="MenuStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(blank=True, max_length=24)),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("greeted", "Greeted"),
                            ("option", "Option"),
                            ("back", "Back"),
                            ("person", "Person"),
                            ("misfit", "Misfit"),
                            ("pace", "Pace"),
                        ],
                        max_length=7,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="MessageCharge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("category", models.CharField(max_length=30)),
                ("kind", models.CharField(blank=True, max_length=30)),
                ("is_billable", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="MessageFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempt", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("failure", models.CharField(blank=True, max_length=10)),
                ("code", models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.AddField(
            model_name="menustep",
            name="bot",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="wittybots.bot",
            ),
        ),
        migrations.AddField(
            model_name="menustep",
            name="change",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.statechange"
            ),
        ),
        migrations.AddField(
            model_name="messagecharge",
            name="message",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="chats.message"
            ),
        ),
        migrations.AddField(
            model_name="messagecharge",
            name="origin",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="origins.origin"
            ),
        ),
        migrations.AddField(
            model_name="messagefailure",
            name="message",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="chats.message"
            ),
        ),
        migrations.AddField(
            model_name="messagefailure",
            name="origin",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="origins.origin"
            ),
        ),
        migrations.AddIndex(
            model_name="menustep",
            index=models.Index(models.F("change"), models.F("id"), name="menu_steps_of_a_session"),
        ),
        migrations.AddIndex(
            model_name="menustep",
            index=models.Index(models.F("at"), name="menu_steps_by_time"),
        ),
        migrations.AddConstraint(
            model_name="menustep",
            constraint=models.CheckConstraint(
                condition=models.Q(("how__in", ("greeted", "option", "back", "person", "misfit", "pace"))),
                name="menu_step_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="messagecharge",
            index=models.Index(models.F("at"), name="charges_by_time"),
        ),
        migrations.AddConstraint(
            model_name="messagecharge",
            constraint=models.CheckConstraint(
                condition=models.Q(("category", ""), _negated=True), name="charge_has_a_category"
            ),
        ),
        migrations.AddIndex(
            model_name="messagefailure",
            index=models.Index(models.F("at"), name="failures_by_time"),
        ),
        migrations.AddConstraint(
            model_name="messagefailure",
            constraint=models.UniqueConstraint(fields=("message", "attempt"), name="an_attempt_fails_once"),
        ),
    ]
