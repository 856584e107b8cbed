import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("origins", "0001_initial"),
        ("trays", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="nombre")),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("BOT", "BOT"),
                            ("BANDEJA", "BANDEJA"),
                            ("AGENTE", "AGENTE"),
                            ("EXPIRADO", "EXPIRADO"),
                        ],
                        editable=False,
                        max_length=8,
                        verbose_name="estado",
                    ),
                ),
                ("active_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="última actividad")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="contacto desde"
                    ),
                ),
                ("shown_address", models.CharField(blank=True, max_length=200, verbose_name="dirección")),
            ],
            options={
                "verbose_name": "contacto",
                "verbose_name_plural": "contactos",
            },
        ),
        migrations.CreateModel(
            name="StateChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("BOT", "BOT"),
                            ("BANDEJA", "BANDEJA"),
                            ("AGENTE", "AGENTE"),
                            ("EXPIRADO", "EXPIRADO"),
                        ],
                        max_length=8,
                        verbose_name="estado",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="desde")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("arrived", "Escribió el cliente"),
                            ("handed_over", "El bot lo pasó"),
                            ("taken", "Lo tomó"),
                            ("given_back", "Lo devolvió"),
                            ("sent", "Lo envió"),
                            ("closed", "Lo cerró"),
                            ("relocated", "Se movió"),
                            ("expired", "24 h sin mensajes del cliente"),
                            ("reopened", "Lo reabrió con una plantilla"),
                        ],
                        max_length=12,
                        verbose_name="causa",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="motivo")),
            ],
            options={
                "verbose_name": "cambio de estado",
                "verbose_name_plural": "cambios de estado",
            },
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, verbose_name="clase")),
                ("value", models.CharField(max_length=200, verbose_name="valor")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revocada")),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="origins.origin",
                        verbose_name="origen",
                    ),
                ),
            ],
            options={
                "verbose_name": "dirección",
                "verbose_name_plural": "direcciones",
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="agent",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="origin",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="origins.origin",
                verbose_name="origen",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="tray",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="trays.tray",
            ),
        ),
        migrations.AddField(
            model_name="address",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="addresses",
                to="contacts.contact",
                verbose_name="contacto",
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="quién",
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="agent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="agente",
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="contacts.contact",
                verbose_name="contacto",
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="from_tray",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="trays.tray",
                verbose_name="de",
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="tray",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="trays.tray",
                verbose_name="bandeja",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="current",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.statechange",
                verbose_name="estado actual",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="previous",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.statechange",
                verbose_name="estado previo",
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(fields=("origin", "kind", "value"), name="an_address_is_of_one_contact"),
        ),
        migrations.AddIndex(
            model_name="statechange",
            index=models.Index(
                models.F("contact"), models.OrderBy(models.F("id"), descending=True), name="changes_of_a_contact"
            ),
        ),
        migrations.AddConstraint(
            model_name="statechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agent__isnull", True), ("state", "BANDEJA"), ("tray__isnull", False)),
                    models.Q(("agent__isnull", False), ("state", "AGENTE"), ("tray__isnull", True)),
                    models.Q(("agent__isnull", True), ("state__in", ("BOT", "EXPIRADO")), ("tray__isnull", True)),
                    _connector="OR",
                ),
                name="change_place_fits_its_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="statechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cause__in",
                        [
                            "arrived",
                            "handed_over",
                            "taken",
                            "given_back",
                            "sent",
                            "closed",
                            "relocated",
                            "expired",
                            "reopened",
                        ],
                    )
                ),
                name="change_cause_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.OrderBy(models.F("active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="contacts_by_activity",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.F("state"),
                models.OrderBy(models.F("active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="contacts_in_a_state",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.F("tray"),
                models.OrderBy(models.F("active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("tray__isnull", False)),
                name="contacts_in_a_tray",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.F("agent"),
                models.OrderBy(models.F("active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("agent__isnull", False)),
                name="contacts_with_an_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.F("origin"),
                models.OrderBy(models.F("active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="contacts_of_an_origin",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("name"), name="gin_trgm_ops"
                ),
                name="contacts_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("shown_address"), name="gin_trgm_ops"
                ),
                name="contacts_by_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agent__isnull", True), ("state", "BANDEJA"), ("tray__isnull", False)),
                    models.Q(("agent__isnull", False), ("state", "AGENTE"), ("tray__isnull", True)),
                    models.Q(("agent__isnull", True), ("state__in", ("BOT", "EXPIRADO")), ("tray__isnull", True)),
                    models.Q(("agent__isnull", True), ("state", ""), ("tray__isnull", True)),
                    _connector="OR",
                ),
                name="contact_place_fits_its_state",
            ),
        ),
    ]
