"""A line's own words with which its customers end broadcasts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("origins", "0007_months"),
    ]

    operations = [
        migrations.AddField(
            model_name="origin",
            name="opt_out_words",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Quien escribe solo una de ellas no recibe más difusiones. Con comas; vacío: las de la instalación.",
                max_length=200,
                verbose_name="palabras de baja",
            ),
        ),
    ]
