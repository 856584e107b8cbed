"""Chats that are in BOT now are with the bot of their origin."""

from django.db import migrations

FILL = """
UPDATE chats_chat c SET bot_id = r.bot_id FROM wittybots_reception r
WHERE r.origin_id = c.origin_id AND c.state = 'BOT' AND c.bot_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("chats", "0005_outside_bots")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
