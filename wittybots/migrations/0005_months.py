"""A new installation has this table in partitions by month from the start. One that stands is moved by `manage.py partition`
once no process of the version before runs any more: that one's statements lean on a key of the whole table."""

from django.db import migrations
from django.utils import timezone

from common import partition_moves


def move_empty(apps, schema_editor):
    partition_moves.move_empty("wittybots_event", timezone.now())


class Migration(migrations.Migration):
    dependencies = [("wittybots", "0004_vacuumed_sooner")]

    operations = [migrations.RunPython(move_empty, migrations.RunPython.noop)]
