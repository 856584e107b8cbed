"""The index of the blocked, built beside running writers."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0007_people")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS contacts_blocked", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                models.F("active_at").desc(),
                models.F("id").desc(),
                name="contacts_blocked",
                condition=models.Q(blocked_at__isnull=False),
            ),
        ),
    ]
