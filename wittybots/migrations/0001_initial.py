import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import common.sealing
import wittybots.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("origins", "0001_initial"),
        ("trays", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Bot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(default="WittyBots", max_length=60, verbose_name="nombre")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("menu", "Menú (incluido)"),
                            ("webhook", "Webhook y API"),
                            ("rasa", "Rasa (REST)"),
                            ("typebot", "Typebot"),
                            ("botpress", "Botpress"),
                            ("chatwoot", "Bot hecho para Chatwoot"),
                        ],
                        default="menu",
                        max_length=10,
                        verbose_name="conector",
                    ),
                ),
                (
                    "farewell",
                    models.TextField(
                        default="Te paso con una persona del equipo.",
                        help_text="También se le dice al cliente, una vez, cuando el bot no responde.",
                        max_length=1000,
                        verbose_name="cuando pasa el chat a una persona",
                    ),
                ),
                (
                    "most_per_minute",
                    models.PositiveSmallIntegerField(
                        default=30,
                        help_text="Si el bot manda más, o más de 10 seguidos, el chat pasa a General.",
                        verbose_name="mensajes por minuto en un chat",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="activo")),
            ],
            options={
                "verbose_name": "bot",
                "verbose_name_plural": "bots",
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ("menu", "webhook", "rasa", "typebot", "botpress", "chatwoot"))
                        ),
                        name="bot_kind_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="nombre")),
                ("url", models.CharField(max_length=500, verbose_name="dirección")),
                ("secret", common.sealing.SealedField(blank=True, default="", verbose_name="secreto de la firma")),
                ("previous_secret", common.sealing.SealedField(blank=True, default="", editable=False)),
                ("access_token", common.sealing.SealedField(blank=True, default="", verbose_name="token de acceso")),
                ("remote_id", models.CharField(blank=True, max_length=200, verbose_name="id del bot allá")),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        default=wittybots.models.most_events,
                        size=None,
                        verbose_name="eventos",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="activo")),
                ("failing_since", models.DateTimeField(editable=False, null=True, verbose_name="falla desde")),
                ("trouble", models.CharField(blank=True, editable=False, max_length=300, verbose_name="problema")),
                ("switched_off_at", models.DateTimeField(editable=False, null=True, verbose_name="apagado por fallas")),
                ("heard_at", models.DateTimeField(editable=False, null=True, verbose_name="respondió bien")),
                ("removed_at", models.DateTimeField(editable=False, null=True, verbose_name="borrado")),
                (
                    "bot",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="endpoint",
                        to="wittybots.bot",
                        verbose_name="bot",
                    ),
                ),
            ],
            options={
                "verbose_name": "destino",
                "verbose_name_plural": "destinos",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Reception",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "bot",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="wittybots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "origin",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reception",
                        to="origins.origin",
                        verbose_name="origen",
                    ),
                ),
                (
                    "tray",
                    models.ForeignKey(
                        blank=True,
                        help_text="Adonde van los chats si no hay bot o si el bot falla. Vacía: General.",
                        limit_choices_to={"archived_at": None, "kind__in": ("general", "custom")},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="trays.tray",
                        verbose_name="bandeja propia",
                    ),
                ),
            ],
            options={
                "verbose_name": "recepción",
                "verbose_name_plural": "recepciones",
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="nombre")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("hint", models.CharField(editable=False, max_length=12, verbose_name="empieza con")),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None, verbose_name="permisos"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="creado"),
                ),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="último uso")),
                ("revoked_at", models.DateTimeField(editable=False, null=True, verbose_name="revocado")),
                (
                    "bot",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vacío: una integración, que no atiende chats.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="wittybots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="por",
                    ),
                ),
            ],
            options={
                "verbose_name": "token de la API",
                "verbose_name_plural": "tokens de la API",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("kind", models.CharField(max_length=30, verbose_name="evento")),
                ("chat_id", models.BigIntegerField(null=True, verbose_name="chat")),
                ("message_id", models.BigIntegerField(null=True, verbose_name="mensaje")),
                ("control_version", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="fecha")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "En cola"),
                            ("sending", "Llamando"),
                            ("done", "Recibido"),
                            ("failed", "Falló"),
                            ("dropped", "Ya no correspondía"),
                        ],
                        default="queued",
                        max_length=8,
                        verbose_name="estado",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="intentos")),
                ("next_try_at", models.DateTimeField(null=True)),
                ("is_resent", models.BooleanField(db_default=False, default=False, verbose_name="enviado a mano")),
                ("status_code", models.PositiveSmallIntegerField(null=True, verbose_name="respuesta HTTP")),
                ("took_ms", models.PositiveIntegerField(null=True, verbose_name="tardó (ms)")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="motivo")),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="told",
                        to="wittybots.endpoint",
                        verbose_name="destino",
                    ),
                ),
            ],
            options={
                "verbose_name": "aviso a un destino",
                "verbose_name_plural": "avisos a destinos",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        models.F("endpoint"),
                        models.F("chat_id"),
                        models.F("id"),
                        condition=models.Q(("state__in", ("queued", "sending"))),
                        name="events_to_tell",
                    ),
                    models.Index(
                        models.F("endpoint"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="events_of_an_endpoint",
                    ),
                    models.Index(models.F("created_at"), name="events_by_time"),
                    models.Index(
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("state__in", ("failed", "dropped"))),
                        name="events_that_went_wrong",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MenuVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="versión")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Borrador"), ("published", "Publicada"), ("retired", "Anterior")],
                        default="draft",
                        max_length=10,
                        verbose_name="estado",
                    ),
                ),
                ("tree", models.JSONField(verbose_name="menú")),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="guardada")),
                ("published_at", models.DateTimeField(null=True, verbose_name="publicada")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="wittybots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="por",
                    ),
                ),
            ],
            options={
                "verbose_name": "versión del menú",
                "verbose_name_plural": "versiones del menú",
                "ordering": ("-number",),
                "constraints": [
                    models.UniqueConstraint(fields=("bot", "number"), name="a_version_has_its_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "draft")), fields=("bot",), name="one_draft_a_bot"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "published")), fields=("bot",), name="one_published_a_bot"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Answered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("body", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "token",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="wittybots.token"
                    ),
                ),
            ],
            options={
                "verbose_name": "respuesta de la API",
                "verbose_name_plural": "respuestas de la API",
                "indexes": [models.Index(models.F("created_at"), name="answered_by_time")],
                "constraints": [models.UniqueConstraint(fields=("token", "key"), name="a_key_is_answered_once")],
            },
        ),
    ]
