"""One more cause, and the index of who has the same value, built beside running writers. The table of all history is not
read under a lock that stops it: the check is validated apart."""

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models.functions import Lower

NAME, INDEX = "change_cause_is_known", "contacts_with_a_value"
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
    ("added", "Se agregó el contacto"),
]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0010_cards_apart")]

    operations = [
        migrations.AlterField(
            "statechange", "cause", models.CharField(choices=CAUSES, max_length=12, verbose_name="causa")
        ),
        # a run that was cut off behind these is run again
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
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}", migrations.RunSQL.noop),
        AddIndexConcurrently("attributevalue", models.Index(Lower("value"), name=INDEX)),
    ]
