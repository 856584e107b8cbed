"""Finds snoozed chats; made while chats go on, and what an interrupted build left goes first."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0013_mentions_reminders_snoozes")]

    operations = [
        ValidateConstraint(model_name="chat", name="only_a_held_chat_is_snoozed"),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS chats_snoozed", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="chat",
            index=models.Index("snoozed_until", name="chats_snoozed", condition=models.Q(snoozed_until__isnull=False)),
        ),
    ]
