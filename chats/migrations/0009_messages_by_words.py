"""The index by which messages are searched, built beside running writers; what an interrupted build left goes first."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0008_text_words")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS messages_by_words", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="message",
            index=GinIndex(
                models.Func(models.Func("text", function="text_words"), function="array_to_tsvector"),
                condition=models.Q(("text", ""), _negated=True),
                name="messages_by_words",
            ),
        ),
    ]
