"""When an agent was reminded, and who waits for one: an index that is made while chats go on. Safe to run again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Greatest


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0016_sounds_and_files_of_chats")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE chats_chat ADD COLUMN IF NOT EXISTS reminded_at timestamptz NULL",
                    "ALTER TABLE chats_chat DROP COLUMN reminded_at",
                )
            ],
            [migrations.AddField("chat", "reminded_at", models.DateTimeField(null=True))],
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS chats_unanswered", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="chat",
            index=models.Index(
                models.F("taken_from"),
                Greatest("asked_at", "waiting_since"),
                name="chats_unanswered",
                condition=models.Q(asked_at__isnull=False, state="AGENTE"),
            ),
        ),
    ]
