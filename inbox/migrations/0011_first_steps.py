"""Owners put the card of first steps away."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0010_contact_csv")]

    operations = [
        migrations.AddField(
            model_name="agentsettings",
            name="hides_first_steps",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
