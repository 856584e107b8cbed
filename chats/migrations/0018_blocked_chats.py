"""Whether the contact of a chat is blocked. A constant for all there are: no row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0017_waits_for_an_agent"),
    ]

    operations = [
        migrations.AddField(
            model_name="chat",
            name="is_blocked",
            field=models.BooleanField(db_default=False, default=False, verbose_name="bloqueado"),
        ),
    ]
