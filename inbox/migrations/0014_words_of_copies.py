"""The states of copies have the words of all files."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0013_lent_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="datacopy",
            name="state",
            field=models.CharField(
                choices=[("running", "en curso"), ("done", "lista"), ("failed", "no se pudo")],
                default="running",
                max_length=8,
            ),
        ),
    ]
