"""The steps of an hour, for reports; made while chats go on, and what an interrupted build left goes first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0008_blocked_contacts")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS changes_by_time", migrations.RunSQL.noop),
        AddIndexConcurrently(model_name="statechange", index=models.Index("at", name="changes_by_time")),
    ]
