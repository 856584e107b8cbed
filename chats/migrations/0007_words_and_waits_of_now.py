"""What lists say of the chats that stand somewhere, and since when each waits for an answer: in batches, each a
transaction of its own. An expired chat gets its own with its next message."""

from typing import Any

from django.db import migrations
from django.utils.translation import gettext as _

BATCH = 500
_FILL = """
WITH batch AS (
    SELECT id, unread FROM chats_chat WHERE id > %(after)s AND state <> 'EXPIRADO' ORDER BY id LIMIT %(most)s
    FOR NO KEY UPDATE
), filled AS (
    UPDATE chats_chat c SET
        preview = CASE WHEN said.withdrawn_at IS NULL
            THEN left(btrim(regexp_replace(said.text, '\\s+', ' ', 'g')), 140) ELSE %(withdrawn)s END,
        preview_kind = CASE WHEN said.withdrawn_at IS NULL THEN said.kind ELSE 'text' END,
        preview_author = said.author, preview_agent_id = said.agent_id, preview_at = said.created_at,
        asked_at = CASE WHEN c.unread > 0 THEN
            (SELECT created_at FROM chats_message WHERE chat_id = c.id AND direction = 'in'
             ORDER BY id DESC OFFSET batch.unread - 1 LIMIT 1) END,
        answered_at = (SELECT created_at FROM chats_message
                       WHERE chat_id = c.id AND direction = 'out' AND author = 'agent' AND kind <> ALL(%(commands)s)
                       ORDER BY created_at DESC, id DESC LIMIT 1)
    FROM batch CROSS JOIN LATERAL (
        (SELECT text, kind, author, agent_id, created_at, withdrawn_at, 0 AS rank FROM chats_message
         WHERE chat_id = batch.id AND (author = 'agent' OR (author = 'customer' AND kind <> 'choice'))
           AND direction <> 'note' AND kind <> ALL(%(commands)s)
         ORDER BY created_at DESC, id DESC LIMIT 1)
        UNION ALL
        (SELECT text, kind, author, agent_id, created_at, withdrawn_at, 1 FROM chats_message
         WHERE chat_id = batch.id AND direction <> 'note' AND kind <> ALL(%(commands)s)
         ORDER BY created_at DESC, id DESC LIMIT 1)
        ORDER BY rank LIMIT 1
    ) said
    WHERE c.id = batch.id
)
SELECT max(id) FROM batch
"""
COMMANDS = ["reaction", "edit", "withdrawal"]


def fill(apps: Any, schema_editor: Any) -> None:
    after, withdrawn = 0, _("Mensaje retirado")
    with schema_editor.connection.cursor() as cursor:
        while after is not None:
            cursor.execute(_FILL, {"after": after, "most": BATCH, "commands": COMMANDS, "withdrawn": withdrawn})
            after = cursor.fetchone()[0]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("chats", "0006_words_and_waits")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
