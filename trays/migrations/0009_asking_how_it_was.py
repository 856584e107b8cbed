"""Trays ask how it was, or not, in their own words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trays", "0008_audit"),
    ]

    operations = [
        migrations.AddField(
            model_name="tray",
            name="asks_score",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Un momento después de cerrar un chat que se tomó de acá, el cliente puntúa del 1 al 5. Su respuesta no reabre el chat. Cada línea puede decir otra cosa.",
                verbose_name="preguntar cómo lo atendieron",
            ),
        ),
        migrations.AddField(
            model_name="tray",
            name="question",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Con tus palabras. Vacía: “¿Cómo te atendimos?”.",
                max_length=300,
                verbose_name="pregunta",
            ),
        ),
        migrations.AddConstraint(
            model_name="tray",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("general", "custom")),
                    models.Q(("asks_score", False), ("question", "")),
                    _connector="OR",
                ),
                name="only_shared_trays_ask",
            ),
        ),
    ]
