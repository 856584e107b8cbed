"""How sounds look, and the index of a chat's files, built beside running writers (as 0009)."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0015_scheduled_messages")]
    operations = [
        migrations.AddField(
            "attachment", "peaks", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
        migrations.AddField("attachment", "seconds", models.PositiveIntegerField(null=True)),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS files_of_chat", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "attachment",
            models.Index(models.F("chat"), models.OrderBy(models.F("id"), descending=True), name="files_of_chat"),
        ),
        # the longer one serves for it
        migrations.AlterField(
            "attachment",
            "chat",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="chats.chat",
            ),
        ),
    ]
