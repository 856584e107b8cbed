"""The newest note of an agent in a chat; made while chats go on, and what an interrupted build left goes first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0029_header_of_a_broadcast")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS messages_noted", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                "chat", F("id").desc(), name="messages_noted", condition=Q(direction="note", author="agent")
            ),
        ),
    ]
