import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("contacts", "0001_initial"),
        ("origins", "0001_initial"),
        ("trays", "0001_initial"),
        ("wittybots", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("visitor", models.CharField(blank=True, max_length=200)),
                ("file", models.FileField(max_length=300, upload_to="%Y/%m/%d/", verbose_name="archivo")),
                ("name", models.CharField(max_length=200, verbose_name="nombre")),
                ("mime", models.CharField(max_length=100, verbose_name="tipo")),
                ("size", models.PositiveBigIntegerField(verbose_name="tamaño")),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("thumb", models.FileField(blank=True, max_length=300, upload_to="%Y/%m/%d/")),
                ("is_voice", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "archivo",
                "verbose_name_plural": "archivos",
            },
        ),
        migrations.CreateModel(
            name="Chat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                        max_length=8,
                        verbose_name="estado",
                    ),
                ),
                ("session_expires_at", models.DateTimeField(verbose_name="la sesión expira")),
                ("last_customer_at", models.DateTimeField(null=True, verbose_name="último mensaje del cliente")),
                ("last_template_at", models.DateTimeField(null=True, verbose_name="última plantilla")),
                ("window_shut_at", models.DateTimeField(null=True)),
                (
                    "waiting_since",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="en su lugar desde"),
                ),
                ("unread", models.PositiveIntegerField(default=0, verbose_name="sin leer")),
                ("preview", models.CharField(blank=True, max_length=140, verbose_name="último mensaje")),
                ("preview_kind", models.CharField(blank=True, max_length=12)),
                ("last_message_at", models.DateTimeField(null=True)),
                ("bot_memory", models.JSONField(default=dict)),
                (
                    "bot_path",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                ("attributes", models.JSONField(default=dict)),
                ("bot_due_at", models.DateTimeField(null=True)),
                (
                    "bot_summary",
                    models.TextField(blank=True, db_default="", default="", verbose_name="resumen del bot"),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="etiquetas",
                    ),
                ),
            ],
            options={
                "verbose_name": "chat",
                "verbose_name_plural": "chats",
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "direction",
                    models.CharField(
                        choices=[("in", "Del cliente"), ("out", "Al cliente"), ("note", "Nota interna")],
                        max_length=4,
                        verbose_name="sentido",
                    ),
                ),
                (
                    "author",
                    models.CharField(
                        choices=[("customer", "Cliente"), ("bot", "Bot"), ("agent", "Agente"), ("system", "Sistema")],
                        max_length=8,
                        verbose_name="autor",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Texto"),
                            ("image", "Foto"),
                            ("audio", "Audio"),
                            ("video", "Video"),
                            ("document", "Documento"),
                            ("sticker", "Sticker"),
                            ("location", "Ubicación"),
                            ("contact", "Contacto"),
                            ("choice", "Opción"),
                            ("template", "Plantilla"),
                            ("reaction", "Reacción"),
                            ("edit", "Corrección"),
                            ("withdrawal", "Retiro"),
                            ("unsupported", "Mensaje no compatible"),
                            ("move", "Movimiento"),
                        ],
                        default="text",
                        max_length=12,
                        verbose_name="clase",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="texto")),
                ("payload", models.JSONField(default=dict)),
                ("external_id", models.CharField(max_length=200, null=True, verbose_name="id en el origen")),
                ("client_id", models.UUIDField(null=True)),
                ("reaction", models.CharField(blank=True, max_length=40, verbose_name="reacción")),
                (
                    "own_reaction",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=40, verbose_name="reacción propia"
                    ),
                ),
                ("edited_at", models.DateTimeField(null=True, verbose_name="corregido")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="retirado")),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("queued", "En cola"),
                            ("sending", "Enviando"),
                            ("unconfirmed", "Sin confirmar"),
                            ("sent", "Enviado"),
                            ("failed", "Falló"),
                            ("delivered", "Entregado"),
                            ("read", "Leído"),
                        ],
                        max_length=12,
                        verbose_name="estado",
                    ),
                ),
                ("status_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="motivo de la falla")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("media_due_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="fecha")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="enviado")),
            ],
            options={
                "verbose_name": "mensaje",
                "verbose_name_plural": "mensajes",
            },
        ),
        migrations.CreateModel(
            name="ParkedFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ref", models.CharField(max_length=200)),
                ("fact", models.CharField(max_length=12)),
                ("data", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "aviso temprano",
                "verbose_name_plural": "avisos tempranos",
                "db_table": "chats_early",
            },
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=512, verbose_name="nombre")),
                ("language", models.CharField(default="es", max_length=12, verbose_name="idioma")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("utility", "Servicio"),
                            ("marketing", "Promoción"),
                            ("authentication", "Autenticación"),
                        ],
                        default="utility",
                        max_length=16,
                        verbose_name="categoría",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("approved", "Aprobada"),
                            ("pending", "En revisión"),
                            ("rejected", "Rechazada"),
                            ("paused", "En pausa"),
                            ("disabled", "Desactivada"),
                            ("deleted", "Borrada"),
                        ],
                        default="approved",
                        max_length=12,
                        verbose_name="estado",
                    ),
                ),
                (
                    "body",
                    models.TextField(
                        help_text="Variables entre llaves dobles: {{nombre}}", max_length=1024, verbose_name="texto"
                    ),
                ),
                ("header", models.CharField(blank=True, max_length=60, verbose_name="encabezado")),
                ("footer", models.CharField(blank=True, max_length=60, verbose_name="pie")),
                (
                    "parameter_format",
                    models.CharField(
                        choices=[("positional", "{{1}}"), ("named", "{{nombre}}")],
                        default="named",
                        editable=False,
                        max_length=12,
                    ),
                ),
                ("components", models.JSONField(default=list, editable=False)),
                (
                    "remote_id",
                    models.CharField(blank=True, editable=False, max_length=100, verbose_name="id en la red"),
                ),
                ("quality", models.CharField(blank=True, editable=False, max_length=20, verbose_name="calidad")),
                (
                    "reason",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="motivo del rechazo"),
                ),
                ("synced_at", models.DateTimeField(editable=False, null=True, verbose_name="sincronizada")),
                ("is_active", models.BooleanField(default=True, verbose_name="activa")),
            ],
            options={
                "verbose_name": "plantilla",
                "verbose_name_plural": "plantillas",
                "ordering": ("name", "language"),
            },
        ),
        migrations.AddField(
            model_name="attachment",
            name="origin",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="origins.origin"
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="agent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="chats",
                to=settings.AUTH_USER_MODEL,
                verbose_name="agente",
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="bot",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="wittybots.bot",
                verbose_name="bot",
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="change",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contacts.statechange",
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="contact",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="chat",
                to="contacts.contact",
                verbose_name="contacto",
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="origin",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="origins.origin",
                verbose_name="origen",
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="taken_from",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="trays.tray",
                verbose_name="tomado de",
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="tray",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="chats",
                to="trays.tray",
                verbose_name="bandeja",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="chat",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="chats.chat"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="agent",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="bot",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="wittybots.bot",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="change",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="line",
                to="contacts.statechange",
                verbose_name="movimiento",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="chat",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="chats.chat",
                verbose_name="chat",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="origin",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="origins.origin"),
        ),
        migrations.AddField(
            model_name="message",
            name="reply_to",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="chats.message"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="message",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="chats.message"
            ),
        ),
        migrations.AddField(
            model_name="parkedfact",
            name="origin",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="origins.origin"),
        ),
        migrations.AddField(
            model_name="template",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                help_text="Vacío: sirve para todos los orígenes que no tienen plantillas propias.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="templates",
                to="origins.origin",
                verbose_name="origen",
            ),
        ),
        migrations.CreateModel(
            name="Workspace",
            fields=[
                (
                    "agent",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("panes", models.PositiveSmallIntegerField(default=2)),
                (
                    "slots",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("active", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "ambientes de trabajo",
                "verbose_name_plural": "ambientes de trabajo",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("panes__in", (1, 2, 4))), name="panes_are_1_2_or_4")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                models.F("tray"),
                models.F("waiting_since"),
                models.F("id"),
                condition=models.Q(("state", "BANDEJA")),
                name="chats_of_a_tray",
            ),
        ),
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                models.F("agent"),
                models.F("waiting_since"),
                condition=models.Q(("state", "AGENTE")),
                name="chats_of_an_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                models.F("session_expires_at"),
                condition=models.Q(("state", "EXPIRADO"), _negated=True),
                name="chats_by_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                models.F("bot"), models.F("id"), condition=models.Q(("bot__isnull", False)), name="chats_of_a_bot"
            ),
        ),
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                models.F("bot_due_at"), condition=models.Q(("state", "BOT")), name="chats_that_a_bot_owes"
            ),
        ),
        migrations.AddConstraint(
            model_name="chat",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agent__isnull", True), ("state", "BANDEJA"), ("tray__isnull", False)),
                    models.Q(("agent__isnull", False), ("state", "AGENTE"), ("tray__isnull", True)),
                    models.Q(("agent__isnull", True), ("state__in", ("BOT", "EXPIRADO")), ("tray__isnull", True)),
                    models.Q(("agent__isnull", True), ("change__isnull", True), ("state", ""), ("tray__isnull", True)),
                    _connector="OR",
                ),
                name="chat_place_fits_its_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="chat",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["", "BOT", "BANDEJA", "AGENTE", "EXPIRADO"])),
                name="chat_state_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("chat"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="messages_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("chat"),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("direction", "in")),
                name="messages_heard",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("chat"),
                models.F("id"),
                condition=models.Q(("status__in", ("queued", "sending"))),
                name="messages_to_send",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("origin"),
                models.F("id"),
                condition=models.Q(("status__in", ("queued", "sending"))),
                name="messages_unsent",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("media_due_at"), condition=models.Q(("media_due_at__isnull", False)), name="media_to_fetch"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.F("chat"),
                models.F("sent_at"),
                condition=models.Q(("status__in", ("sent", "delivered"))),
                name="messages_on_their_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("origin", "external_id"), name="an_origin_id_is_stored_once"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("chat", "client_id"), name="a_form_is_sent_once"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("author", "customer"), ("direction", "in")),
                    models.Q(("author__in", ("bot", "agent")), ("direction", "out")),
                    models.Q(("author__in", ("agent", "system", "bot")), ("direction", "note")),
                    _connector="OR",
                ),
                name="direction_fits_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("direction", "out"), models.Q(("status", ""), _negated=True)),
                    models.Q(models.Q(("direction", "out"), _negated=True), ("status", "")),
                    _connector="OR",
                ),
                name="only_what_goes_out_has_a_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "move"), _negated=True),
                    models.Q(("change__isnull", False), ("direction", "note")),
                    _connector="OR",
                ),
                name="a_move_is_a_note",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "text",
                            "image",
                            "audio",
                            "video",
                            "document",
                            "sticker",
                            "location",
                            "contact",
                            "choice",
                            "template",
                            "reaction",
                            "edit",
                            "withdrawal",
                            "unsupported",
                            "move",
                        ),
                    )
                ),
                name="message_kind_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                models.F("created_at"), condition=models.Q(("message__isnull", True)), name="files_without_message"
            ),
        ),
        migrations.AddIndex(
            model_name="parkedfact",
            index=models.Index(models.F("origin"), models.F("ref"), name="early_by_message"),
        ),
        migrations.AddIndex(
            model_name="parkedfact",
            index=models.Index(models.F("created_at"), name="early_by_time"),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(
                fields=("origin", "name", "language"), name="a_template_stands_once", nulls_distinct=False
            ),
        ),
    ]
