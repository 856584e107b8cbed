"""Broadcasts and who gets them."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0026_messages_by_time"),
        ("contacts", "0014_no_broadcasts"),
        ("origins", "0005_trade_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="nombre")),
                ("template_name", models.CharField(max_length=512)),
                ("variables", models.JSONField(default=dict)),
                ("audience", models.JSONField(default=dict)),
                ("file", models.FileField(blank=True, max_length=300, upload_to="difusiones/")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="creada")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("filling", "Armando la lista"),
                            ("draft", "Borrador"),
                            ("scheduled", "Programada"),
                            ("running", "Enviando"),
                            ("paused", "En pausa"),
                            ("done", "Terminada"),
                            ("stopped", "Detenida"),
                            ("failed", "No se pudo armar"),
                        ],
                        default="filling",
                        max_length=10,
                        verbose_name="estado",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="motivo")),
                ("filled_to", models.BigIntegerField(default=0)),
                ("start_at", models.DateTimeField(null=True, verbose_name="empieza")),
                ("started_at", models.DateTimeField(null=True, verbose_name="empezó")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="terminó")),
                ("ignores_failures", models.BooleanField(default=False)),
                ("pending", models.PositiveIntegerField(default=0)),
                ("queued", models.PositiveIntegerField(default=0)),
                ("sent", models.PositiveIntegerField(default=0)),
                ("delivered", models.PositiveIntegerField(default=0)),
                ("read", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("opted_out", models.PositiveIntegerField(default=0)),
                ("left_out", models.JSONField(default=dict)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="autor",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="origins.origin",
                        verbose_name="línea",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chats.template",
                        verbose_name="plantilla",
                    ),
                ),
            ],
            options={
                "verbose_name": "difusión",
                "verbose_name_plural": "difusiones",
            },
        ),
        migrations.CreateModel(
            name="Recipient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("columns", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("left_out", "Queda afuera"),
                            ("pending", "Falta enviar"),
                            ("queued", "Saliendo"),
                            ("sent", "Enviado"),
                            ("delivered", "Entregado"),
                            ("read", "Leído"),
                            ("failed", "Falló"),
                        ],
                        default="pending",
                        max_length=9,
                        verbose_name="estado",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="motivo")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="enviado")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="contestó")),
                ("opted_out_at", models.DateTimeField(null=True, verbose_name="pidió la baja")),
                (
                    "broadcast",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="chats.broadcast",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="chats.message"
                    ),
                ),
            ],
            options={
                "verbose_name": "destinatario",
                "verbose_name_plural": "destinatarios",
            },
        ),
        migrations.AddIndex(
            model_name="broadcast",
            index=models.Index(
                models.F("id"),
                condition=models.Q(("state__in", ("filling", "scheduled", "running", "paused"))),
                name="broadcasts_to_tend",
            ),
        ),
        migrations.AddIndex(
            model_name="broadcast",
            index=models.Index(
                models.F("ended_at"), condition=models.Q(("ended_at__isnull", False)), name="broadcasts_by_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("filling", "draft", "scheduled", "running", "paused", "done", "stopped", "failed"))
                ),
                name="broadcast_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "scheduled"), _negated=True), ("start_at__isnull", False), _connector="OR"
                ),
                name="a_scheduled_broadcast_has_its_hour",
            ),
        ),
        migrations.AddConstraint(
            model_name="broadcast",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("running", "paused", "done")), _negated=True),
                    models.Q(("started_at__isnull", False), ("started_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_broadcast_under_way_was_started",
            ),
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(models.F("broadcast"), models.F("status"), models.F("id"), name="recipients_by_status"),
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(models.F("broadcast"), models.F("id"), name="recipients_in_order"),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.UniqueConstraint(fields=("broadcast", "contact"), name="a_contact_gets_a_broadcast_once"),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("left_out", "pending", "queued", "sent", "delivered", "read", "failed"))
                ),
                name="recipient_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("left_out", "pending")), _negated=True),
                    models.Q(("message__isnull", True), ("sent_at__isnull", True)),
                    _connector="OR",
                ),
                name="who_is_left_out_got_nothing",
            ),
        ),
    ]
