import datetime

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("trays", "0004_sessions_ended"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgentSettings",
            fields=[
                (
                    "agent",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="own_settings",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("notices", models.JSONField(default=dict, verbose_name="avisos")),
                (
                    "sound",
                    models.CharField(
                        choices=[("drop", "Gota"), ("bell", "Timbre"), ("wood", "Madera")],
                        default="drop",
                        max_length=12,
                        verbose_name="sonido",
                    ),
                ),
                (
                    "volume",
                    models.PositiveSmallIntegerField(
                        default=60, validators=[django.core.validators.MaxValueValidator(100)], verbose_name="volumen"
                    ),
                ),
                ("is_quiet", models.BooleanField(default=False, verbose_name="horario sin avisos")),
                ("quiet_from", models.TimeField(default=datetime.time(19, 0), verbose_name="desde")),
                ("quiet_until", models.TimeField(default=datetime.time(8, 30), verbose_name="hasta")),
                ("shows_text", models.BooleanField(default=False, verbose_name="mostrar el texto")),
                ("has_single_keys", models.BooleanField(default=True, verbose_name="teclas sueltas")),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="último cambio")),
            ],
            options={
                "verbose_name": "ajustes de un agente",
                "verbose_name_plural": "ajustes de agentes",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("volume__lte", 100)), name="notice_volume_is_a_share"),
                    models.CheckConstraint(
                        condition=models.Q(("sound__in", ["drop", "bell", "wood"])), name="notice_sound_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                        name="quiet_hours_end",
                        violation_error_message="El horario sin avisos tiene que empezar y terminar a horas distintas",
                    ),
                ],
            },
        ),
    ]
