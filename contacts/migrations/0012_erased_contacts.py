"""Contacts whose data were erased, one more cause, and the index of steps that name another card. Large tables are read
under no lock that stops them: checks are validated apart, the index is built beside running writers."""

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CAUSE, NOBODY, STEPS = "change_cause_is_known", "an_erased_contact_is_nobody", "card_steps_by_time"
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
    ("erased", "Se borraron sus datos"),
]


def drop_check(model, name):
    """A run that was cut off behind it is run again."""
    sql = f"ALTER TABLE contacts_{model} DROP CONSTRAINT IF EXISTS {name}"
    return migrations.RunSQL(sql, migrations.RunSQL.noop)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0011_added_contacts_and_same_values")]

    operations = [
        migrations.AlterField(
            "statechange", "cause", models.CharField(choices=CAUSES, max_length=12, verbose_name="causa")
        ),
        migrations.SeparateDatabaseAndState(
            [drop_check("statechange", CAUSE)], [migrations.RemoveConstraint("statechange", CAUSE)]
        ),
        AddConstraintNotValid(
            "statechange",
            models.CheckConstraint(name=CAUSE, condition=Q(cause__in=[name for name, _words in CAUSES])),
        ),
        ValidateConstraint("statechange", CAUSE),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE contacts_contact ADD COLUMN IF NOT EXISTS erased_at timestamptz NULL",
                    "ALTER TABLE contacts_contact DROP COLUMN IF EXISTS erased_at",
                )
            ],
            [
                migrations.AddField(
                    "contact",
                    "erased_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="datos borrados"),
                )
            ],
        ),
        drop_check("contact", NOBODY),
        AddConstraintNotValid(
            "contact",
            models.CheckConstraint(
                name=NOBODY,
                condition=Q(erased_at__isnull=True) | Q(blocked_at__isnull=True, name="", shown_address=""),
            ),
        ),
        ValidateConstraint("contact", NOBODY),
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {STEPS}", migrations.RunSQL.noop),
        AddIndexConcurrently("cardchange", models.Index("at", name=STEPS, condition=Q(field="card"))),
    ]
