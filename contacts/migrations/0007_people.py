"""Blocks, and cards of one person. A column that is null at first: the table of contacts is not written anew."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0006_forgotten_and_assigned_are_causes"),
        ("origins", "0002_connections"),
        ("trays", "0004_sessions_ended"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Block",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="desde")),
                ("reason", models.CharField(max_length=200, verbose_name="motivo")),
                ("unread", models.PositiveIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="hasta")),
            ],
            options={
                "verbose_name": "bloqueo",
                "verbose_name_plural": "bloqueos",
            },
        ),
        migrations.CreateModel(
            name="Joining",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="desde")),
            ],
            options={
                "verbose_name": "tarjeta unida",
                "verbose_name_plural": "tarjetas unidas",
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name": "persona",
                "verbose_name_plural": "personas",
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="blocked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="bloqueado"),
        ),
        migrations.AddField(
            model_name="block",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="quién",
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="contact",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="blocks",
                to="contacts.contact",
                verbose_name="contacto",
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="lifted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="quién lo levantó",
            ),
        ),
        migrations.AddField(
            model_name="joining",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="quién",
            ),
        ),
        migrations.AddField(
            model_name="joining",
            name="contact",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="joining",
                to="contacts.contact",
                verbose_name="contacto",
            ),
        ),
        migrations.AddField(
            model_name="joining",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="joinings",
                to="contacts.person",
            ),
        ),
        migrations.AddIndex(
            model_name="block",
            index=models.Index(
                models.F("contact"), models.OrderBy(models.F("id"), descending=True), name="blocks_of_a_contact"
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("contact",),
                name="one_block_stands_of_a_contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                    models.Q(
                        ("lifted_at__gte", models.F("at")), ("lifted_at__isnull", False), ("lifted_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="a_block_is_lifted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="a_block_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.UniqueConstraint(fields=("person", "number"), name="a_number_is_one_card_of_a_person"),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1), ("number__lte", 10)), name="a_person_has_few_cards"
            ),
        ),
    ]
