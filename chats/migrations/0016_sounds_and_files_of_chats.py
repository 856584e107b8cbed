"""How sounds look, and the index of a chat's files, built beside running writers (as 0009). Run again, it goes on."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

CHAT = models.ForeignKey(
    db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="chats.chat"
)
ADD = """ALTER TABLE chats_attachment
    ADD COLUMN IF NOT EXISTS peaks varchar(64) DEFAULT '' NOT NULL,
    ADD COLUMN IF NOT EXISTS seconds integer NULL CHECK (seconds >= 0)"""
REMOVE = "ALTER TABLE chats_attachment DROP COLUMN IF EXISTS peaks, DROP COLUMN IF EXISTS seconds"
# as Django named it; AlterField would make the foreign key anew too, and hold the chats while it looks at all files
OF_CHAT = "chats_attachment_chat_id_298338fd"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0015_scheduled_messages")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(ADD, REMOVE)],
            [
                migrations.AddField(
                    "attachment", "peaks", models.CharField(blank=True, db_default="", default="", max_length=64)
                ),
                migrations.AddField("attachment", "seconds", models.PositiveIntegerField(null=True)),
            ],
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS files_of_chat", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "attachment",
            models.Index(models.F("chat"), models.OrderBy(models.F("id"), descending=True), name="files_of_chat"),
        ),
        # the longer one serves for it
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {OF_CHAT}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {OF_CHAT} ON chats_attachment (chat_id)",
                )
            ],
            [migrations.AlterField("attachment", "chat", CHAT)],
        ),
    ]
