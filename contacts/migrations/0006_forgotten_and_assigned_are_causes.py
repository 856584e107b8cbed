"""Two more causes. The table of all history is not read under a lock that stops it: the check is validated apart."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

NAME = "change_cause_is_known"
CAUSES = [
    ("arrived", "Escribió el cliente"),
    ("handed_over", "El bot lo pasó"),
    ("taken", "Lo tomó"),
    ("given_back", "Lo devolvió"),
    ("sent", "Lo envió"),
    ("closed", "Lo cerró"),
    ("relocated", "Se movió"),
    ("expired", "24 h sin mensajes del cliente"),
    ("reopened", "Lo reabrió con una plantilla"),
    ("undone", "Lo deshizo"),
    ("forgotten", "Volvió sin respuesta"),
    ("assigned", "Se asignó"),
]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0005_cards")]

    operations = [
        migrations.AlterField(
            "statechange", "cause", models.CharField(choices=CAUSES, max_length=12, verbose_name="causa")
        ),
        # a run that was cut off behind this one is run again
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    f"ALTER TABLE contacts_statechange DROP CONSTRAINT IF EXISTS {NAME}", migrations.RunSQL.noop
                )
            ],
            [migrations.RemoveConstraint("statechange", NAME)],
        ),
        AddConstraintNotValid(
            "statechange",
            models.CheckConstraint(name=NAME, condition=models.Q(cause__in=[name for name, _words in CAUSES])),
        ),
        ValidateConstraint("statechange", NAME),
    ]
