"""Messages of an hour, for figures of lines; made while chats go on, and what an interrupted build left goes first."""

from django.contrib.postgres.indexes import BrinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0025_ways_and_outcomes")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS messages_by_time", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="message",
            index=BrinIndex(
                OpClass("created_at", name="timestamptz_minmax_multi_ops"), name="messages_by_time", pages_per_range=32
            ),
        ),
    ]
