"""Apart from what changes the tables: these are read whole while messages may still be written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chats", "0006_whose_bot")]

    operations = [
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                models.F("bot"), models.F("id"), condition=models.Q(("bot__isnull", False)), name="chats_of_a_bot"
            ),
        ),
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                models.F("bot_due_at"), condition=models.Q(("state", "BOT")), name="chats_that_a_bot_owes"
            ),
        ),
    ]
