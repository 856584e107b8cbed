"""Agents' answers of an hour, for reports; made while chats go on, and what an interrupted build left goes first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0018_blocked_chats")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS messages_of_agents", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                "created_at", name="messages_of_agents", condition=models.Q(author="agent", direction="out")
            ),
        ),
    ]
