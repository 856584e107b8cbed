"""Whether the contact of a chat is blocked. A constant for all there are: no row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
<<<<<<<< HEAD:chats/migrations/0018_blocked_chats.py
        ("chats", "0017_waits_for_an_agent"),
========
        ("chats", "0016_sounds_and_files_of_chats"),
>>>>>>>> 4e76f23 (Contacts go out and come in as CSV, carried out by a worker: each row whole or listed with its reason):chats/migrations/0017_blocked_chats.py
    ]

    operations = [
        migrations.AddField(
            model_name="chat",
            name="is_blocked",
            field=models.BooleanField(db_default=False, default=False, verbose_name="bloqueado"),
        ),
    ]
