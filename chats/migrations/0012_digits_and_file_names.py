"""The indexes of numbers and of file names, built beside running writers (as 0009)."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0011_text_digits")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS messages_by_digits", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="message",
            index=GinIndex(
                OpClass(models.Func("text", function="text_digits"), name="gin_trgm_ops"),
                condition=models.Q(("text__regex", "[0-9]{3}")),
                name="messages_by_digits",
            ),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS files_by_words", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="attachment",
            index=GinIndex(
                models.Func(models.Func("name", function="text_words"), function="array_to_tsvector"),
                condition=models.Q(("message__isnull", False)),
                name="files_by_words",
            ),
        ),
    ]
