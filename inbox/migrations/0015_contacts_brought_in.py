"""Of a file of contacts that came in: how many it added."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0014_words_of_copies"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactcsv",
            name="added",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
