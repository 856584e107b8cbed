"""Lines ask how it was as their trays say, always or never."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("origins", "0002_connections"),
    ]

    operations = [
        migrations.AddField(
            model_name="origin",
            name="asks_score",
            field=models.CharField(
                choices=[("trays", "Lo que diga cada bandeja"), ("always", "Siempre"), ("never", "Nunca")],
                db_default="trays",
                default="trays",
                help_text="Al cliente, después de que un agente cerró su chat.",
                max_length=6,
                verbose_name="preguntar cómo lo atendieron",
            ),
        ),
        migrations.AddConstraint(
            model_name="origin",
            constraint=models.CheckConstraint(
                condition=models.Q(("asks_score__in", ("trays", "always", "never"))), name="line_asks_is_known"
            ),
        ),
    ]
