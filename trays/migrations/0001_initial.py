import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import trays.models.staff


def make_default_trays(apps, schema_editor):
    Tray = apps.get_model("trays", "Tray")
    Tray.objects.get_or_create(kind="general", defaults={"name": "General", "icon": "inbox", "position": 0})
    Tray.objects.get_or_create(
        kind="closed", defaults={"name": "Conversaciones Cerradas", "icon": "archive", "position": 900}
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                (
                    "role",
                    models.CharField(
                        choices=[("agent", "Agente"), ("supervisor", "Supervisor")],
                        default="agent",
                        max_length=12,
                        verbose_name="rol",
                    ),
                ),
                ("is_available", models.BooleanField(default=True, verbose_name="disponible")),
                ("available_since", models.DateTimeField(default=django.utils.timezone.now, verbose_name="desde")),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "agente",
                "verbose_name_plural": "agentes",
                "ordering": ("first_name", "username"),
            },
            managers=[
                ("objects", trays.models.staff.AgentManager()),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name="agente"
                    ),
                ),
            ],
            options={
                "verbose_name": "acceso",
                "verbose_name_plural": "accesos",
            },
        ),
        migrations.CreateModel(
            name="Tray",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("general", "General"),
                            ("personal", "Personal"),
                            ("custom", "Creada"),
                            ("closed", "Conversaciones Cerradas"),
                        ],
                        default="custom",
                        editable=False,
                        max_length=10,
                        verbose_name="clase",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="nombre")),
                (
                    "icon",
                    models.CharField(
                        choices=[
                            ("inbox", "Bandeja"),
                            ("building-store", "Tienda"),
                            ("headset", "Auriculares"),
                            ("receipt", "Recibo"),
                            ("package", "Paquete"),
                            ("users", "Personas"),
                            ("world", "Mundo"),
                            ("message-circle", "Mensaje"),
                            ("archive", "Archivo"),
                            ("user", "Persona"),
                        ],
                        default="inbox",
                        max_length=24,
                        verbose_name="ícono",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=100, verbose_name="orden")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archivada")),
                (
                    "members",
                    models.ManyToManyField(
                        related_name="trays",
                        through="trays.Membership",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="con acceso",
                    ),
                ),
                (
                    "owner",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="personal_tray",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dueño",
                    ),
                ),
            ],
            options={
                "verbose_name": "bandeja",
                "verbose_name_plural": "bandejas",
                "ordering": ("position", "name"),
            },
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "lunes"),
                            (1, "martes"),
                            (2, "miércoles"),
                            (3, "jueves"),
                            (4, "viernes"),
                            (5, "sábado"),
                            (6, "domingo"),
                        ],
                        verbose_name="día",
                    ),
                ),
                ("opens", models.TimeField(verbose_name="abre")),
                ("closes", models.TimeField(verbose_name="cierra")),
                (
                    "tray",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="openings",
                        to="trays.tray",
                        verbose_name="bandeja",
                    ),
                ),
            ],
            options={
                "verbose_name": "horario",
                "verbose_name_plural": "horarios",
                "ordering": ("weekday", "opens"),
            },
        ),
        migrations.AddField(
            model_name="membership",
            name="tray",
            field=models.ForeignKey(
                limit_choices_to={"kind": "custom"},
                on_delete=django.db.models.deletion.CASCADE,
                to="trays.tray",
                verbose_name="bandeja",
            ),
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="día")),
                ("name", models.CharField(max_length=60, verbose_name="nombre")),
                (
                    "tray",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vacía: todas.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holidays",
                        to="trays.tray",
                        verbose_name="bandeja",
                    ),
                ),
            ],
            options={
                "verbose_name": "feriado",
                "verbose_name_plural": "feriados",
                "ordering": ("day",),
            },
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ("agent", "supervisor"))), name="agent_role_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "general")), fields=("kind",), name="only_one_general"
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "closed")), fields=("kind",), name="only_one_closed"
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "personal"), ("owner__isnull", False)),
                    models.Q(models.Q(("kind", "personal"), _negated=True), ("owner__isnull", True)),
                    _connector="OR",
                ),
                name="personal_has_an_owner_and_only_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("general", "personal", "custom", "closed"))), name="tray_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("archived_at__isnull", True), ("kind__in", ("custom", "personal")), _connector="OR"
                ),
                name="default_trays_are_never_archived",
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="tray_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("archived_at__isnull", True), models.Q(("kind", "personal"), _negated=True)),
                name="tray_name_is_free",
                violation_error_message="Ya hay una bandeja con ese nombre.",
            ),
        ),
        migrations.AddConstraint(
            model_name="opening",
            constraint=models.CheckConstraint(
                condition=models.Q(("opens__lt", models.F("closes")), ("closes", "00:00"), _connector="OR"),
                name="it_opens_before_it_closes",
                violation_error_message="Cierra antes de abrir. Para pasar de medianoche, cargá dos tramos.",
            ),
        ),
        migrations.AddConstraint(
            model_name="opening",
            constraint=models.CheckConstraint(condition=models.Q(("weekday__lte", 6)), name="weekday_is_known"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("agent", "tray"), name="access_is_given_once"),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=models.UniqueConstraint(
                fields=("day", "tray"), name="a_holiday_stands_once", nulls_distinct=False
            ),
        ),
        migrations.RunPython(make_default_trays, migrations.RunPython.noop),
    ]
