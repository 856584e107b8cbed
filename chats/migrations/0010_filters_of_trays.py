"""Indexes of what trays are filtered and sorted by, made while chats go on; what an interrupted build left goes first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0009_messages_by_words")]

    operations = [
        *(
            migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop)
            for name in ("chats_that_ask", "chats_that_end", "chats_of_a_line")
        ),
        AddIndexConcurrently(
            model_name="chat",
            index=models.Index(
                "tray",
                "asked_at",
                "id",
                name="chats_that_ask",
                condition=models.Q(asked_at__isnull=False, state="BANDEJA"),
            ),
        ),
        AddIndexConcurrently(
            model_name="chat",
            index=models.Index(
                "tray", "session_expires_at", name="chats_that_end", condition=models.Q(state="BANDEJA")
            ),
        ),
        AddIndexConcurrently(
            model_name="chat",
            index=models.Index(
                "tray", "origin", "waiting_since", name="chats_of_a_line", condition=models.Q(state="BANDEJA")
            ),
        ),
    ]
