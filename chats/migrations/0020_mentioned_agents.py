"""Whom notes of a chat name. Empty for all there are, without a row that is written; its index is made while chats go on."""

import django.contrib.postgres.fields
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0019_messages_of_agents")]

    operations = [
        migrations.AddField(
            model_name="chat",
            name="mentioned_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS chats_that_mention", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="chat",
            index=models.Index(
                "tray",
                "waiting_since",
                "id",
                name="chats_that_mention",
                condition=models.Q(("state", "BANDEJA"), models.Q(("mentioned_ids", []), _negated=True)),
            ),
        ),
    ]
