import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import common.sealing
import origins.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Origin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("web", "Chat web"),
                            ("http", "HTTP"),
                            ("whatsapp", "WhatsApp"),
                            ("telegram", "Telegram"),
                            ("messenger", "Messenger"),
                            ("instagram", "Instagram"),
                        ],
                        max_length=12,
                        verbose_name="clase",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="nombre")),
                (
                    "key",
                    models.SlugField(default=origins.models.new_key, max_length=40, unique=True, verbose_name="clave"),
                ),
                ("secret", common.sealing.SealedField(default=origins.models.new_secret, verbose_name="secreto")),
                (
                    "previous_secret",
                    common.sealing.SealedField(blank=True, default="", verbose_name="secreto anterior"),
                ),
                ("access_token", common.sealing.SealedField(blank=True, default="", verbose_name="token de acceso")),
                (
                    "verify_token",
                    common.sealing.SealedField(blank=True, default="", verbose_name="token de verificación"),
                ),
                ("line_id", models.CharField(blank=True, max_length=100, verbose_name="id de la línea")),
                ("account_id", models.CharField(blank=True, max_length=100, verbose_name="id de la cuenta")),
                (
                    "api_url",
                    models.URLField(
                        blank=True,
                        help_text="Vacía: la de la red. Otra, para probar con el simulador.",
                        max_length=300,
                        verbose_name="dirección de la red",
                    ),
                ),
                (
                    "human_agent",
                    models.BooleanField(
                        default=False,
                        help_text="Meta aprobó que las personas respondan hasta 7 días después del último mensaje del cliente.",
                        verbose_name="permiso HUMAN_AGENT",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="activo")),
                (
                    "session_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Sin mensajes del cliente por este tiempo, el chat expira.",
                        verbose_name="horas de sesión",
                    ),
                ),
                (
                    "callback_url",
                    models.URLField(
                        blank=True,
                        help_text="Origen HTTP: adonde enviamos las respuestas. Sin ella, nadie las espera.",
                        max_length=500,
                        verbose_name="dirección de salida",
                    ),
                ),
                (
                    "allowed_sites",
                    models.TextField(
                        blank=True,
                        help_text="Chat web: un sitio por renglón, como https://www.ejemplo.com. Vacío: cualquiera.",
                        verbose_name="sitios permitidos",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=60, verbose_name="título del chat web")),
                ("color", models.CharField(default="#0b6480", max_length=7, verbose_name="color del chat web")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="creado"),
                ),
                ("trouble", models.CharField(blank=True, editable=False, max_length=300, verbose_name="problema")),
                ("trouble_at", models.DateTimeField(editable=False, null=True)),
                ("trouble_by_receipt", models.BooleanField(default=False, editable=False)),
                ("held_until", models.DateTimeField(editable=False, null=True)),
                ("notice", models.CharField(blank=True, editable=False, max_length=300, verbose_name="aviso")),
                ("notice_at", models.DateTimeField(editable=False, null=True)),
                ("heard_at", models.DateTimeField(editable=False, null=True, verbose_name="último cuerpo")),
                ("receipt_at", models.DateTimeField(editable=False, null=True, verbose_name="último acuse")),
                (
                    "templates_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="plantillas sincronizadas"),
                ),
            ],
            options={
                "verbose_name": "origen",
                "verbose_name_plural": "orígenes",
                "ordering": ("name",),
                "indexes": [
                    models.Index(
                        models.F("kind"),
                        models.F("line_id"),
                        condition=models.Q(("line_id", ""), _negated=True),
                        name="origins_by_line",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("session_hours__gte", 1)), name="session_lasts_an_hour_at_least"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Body",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("raw", models.BinaryField(verbose_name="contenido")),
                ("digest", models.BinaryField(max_length=32, verbose_name="huella")),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="recibido")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Recibido"),
                            ("processed", "Procesado"),
                            ("duplicate", "Repetido"),
                            ("broken", "Con partes rechazadas"),
                        ],
                        default="received",
                        max_length=10,
                        verbose_name="estado",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="motivo")),
                ("repeats", models.PositiveIntegerField(db_default=0, default=0, verbose_name="repeticiones")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="intentos")),
                ("claimed_until", models.DateTimeField(editable=False, null=True)),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bodies",
                        to="origins.origin",
                        verbose_name="origen",
                    ),
                ),
            ],
            options={
                "verbose_name": "cuerpo recibido",
                "verbose_name_plural": "cuerpos recibidos",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "received")), fields=["received_at"], name="bodies_nobody_finished"
                    ),
                    models.Index(fields=["received_at"], name="bodies_by_time"),
                    models.Index(models.F("origin"), models.F("id"), name="bodies_of_an_origin"),
                    models.Index(
                        condition=models.Q(("state", "broken")),
                        fields=["origin", "received_at"],
                        name="bodies_that_are_broken",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("origin", "digest"), name="a_body_is_kept_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("received", "processed", "duplicate", "broken"))),
                        name="body_state_is_known",
                    ),
                ],
            },
        ),
    ]
