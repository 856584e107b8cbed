"""How trays watch over those who wait for an agent, and how many chats an agent has at once."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("trays", "0005_presence_has_reasons"),
    ]

    operations = [
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "tray",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="trays.tray",
                    ),
                ),
            ],
            options={
                "verbose_name": "turno",
                "verbose_name_plural": "turnos",
            },
        ),
        migrations.AddField(
            model_name="agent",
            name="capacity",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="El máximo que atiende a la vez. Vacío: sin límite. A un supervisor no le impide tomar uno más.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)],
                verbose_name="chats a la vez",
            ),
        ),
        migrations.AddField(
            model_name="tray",
            name="assigning",
            field=models.CharField(
                choices=[
                    ("off", "No: cada agente toma los suyos"),
                    ("turns", "Por turno"),
                    ("least", "A quien tiene menos chats"),
                ],
                db_default="off",
                default="off",
                help_text="Por sí sola, a quien tiene acceso, está disponible y no llegó a su máximo. Primero, quien espera hace más.",
                max_length=8,
                verbose_name="asignar chats",
            ),
        ),
        migrations.AddField(
            model_name="tray",
            name="remind_after",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Avisa al agente si el cliente espera su respuesta tanto tiempo. Vacío: no avisa.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1440),
                ],
                verbose_name="recordar a los (minutos)",
            ),
        ),
        migrations.AddField(
            model_name="tray",
            name="return_after",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Si después del aviso sigue sin respuesta, el chat vuelve a esta bandeja sin perder su espera. Cuenta en el horario de atención. Vacío: no vuelve solo.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1440),
                ],
                verbose_name="devolver a los (minutos)",
            ),
        ),
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("capacity__isnull", True), models.Q(("capacity__gte", 1), ("capacity__lte", 200)), _connector="OR"
                ),
                name="agent_capacity_is_some",
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("remind_after__isnull", True),
                    models.Q(("remind_after__gte", 1), ("remind_after__lte", 1440)),
                    _connector="OR",
                ),
                name="tray_reminds_within_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("return_after__isnull", True),
                    models.Q(
                        ("remind_after__isnull", False),
                        ("return_after__gt", models.F("remind_after")),
                        ("return_after__lte", 1440),
                    ),
                    _connector="OR",
                ),
                name="tray_returns_after_it_has_reminded",
                violation_error_message="El chat vuelve después de un aviso: poné más minutos que para recordar.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(("assigning__in", ("off", "turns", "least"))), name="tray_assigning_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("general", "custom")),
                    models.Q(("assigning", "off"), ("remind_after__isnull", True), ("return_after__isnull", True)),
                    _connector="OR",
                ),
                name="only_shared_trays_watch_and_assign",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="agent",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
