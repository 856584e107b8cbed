"""Files that attachments borrow, and sounds to be measured; made while chats go on, and what an interrupted build left
goes first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0023_trade_words")]

    operations = [
        migrations.AddField(
            model_name="attachment", name="is_borrowed", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS borrowed_files", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="attachment",
            index=models.Index("file", name="borrowed_files", condition=models.Q(is_borrowed=True)),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS sounds_to_measure", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="attachment",
            index=models.Index("id", name="sounds_to_measure", condition=models.Q(peaks="", mime__startswith="audio/")),
        ),
    ]
