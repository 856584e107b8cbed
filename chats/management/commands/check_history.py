"""`manage.py check_history`: every chat's place, rebuilt from its history and compared with what is written.

The place is what the last change of the contact says, by id. Only an agent's chat remembers
the tray to which it goes back: taken or assigned, the tray of that change; reopened, the last one that it
was in (not Conversaciones Cerradas), else General; undone, what it was before. Without any change it is nowhere yet.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

BATCH = 2000  # contacts a statement
MAX_LINES = 100

_LAST_OF_BATCH = """
SELECT max(id) FROM (SELECT id FROM contacts_contact WHERE id > %s ORDER BY id LIMIT %s) AS batch
"""

# a row for each column that says something else than the history
_DIFFERENCES = """
SELECT p.id, d.field, d.written, d.expected
FROM contacts_contact p
LEFT JOIN chats_chat c ON c.contact_id = p.id
LEFT JOIN LATERAL (
    SELECT * FROM contacts_statechange WHERE contact_id = p.id ORDER BY id DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
    SELECT id FROM contacts_statechange WHERE contact_id = p.id ORDER BY id DESC OFFSET 1 LIMIT 1
) before ON true
LEFT JOIN LATERAL (
    SELECT id, cause, from_tray_id FROM contacts_statechange
    WHERE last.cause IN ('taken', 'assigned', 'reopened', 'undone') AND last.state = 'AGENTE'
      AND contact_id = p.id AND cause IN ('taken', 'assigned', 'reopened')
    ORDER BY id DESC LIMIT 1
) began ON true
LEFT JOIN LATERAL (
    SELECT s.tray_id AS id FROM contacts_statechange s JOIN trays_tray t ON t.id = s.tray_id
    WHERE began.cause = 'reopened' AND s.contact_id = p.id AND s.id < began.id AND t.kind <> 'closed'
    ORDER BY s.id DESC LIMIT 1
) stood ON true
CROSS JOIN LATERAL (VALUES
    ('contact.state', p.state, COALESCE(last.state, '')),
    ('contact.tray', p.tray_id::text, last.tray_id::text),
    ('contact.agent', p.agent_id::text, last.agent_id::text),
    ('contact.current', p.current_id::text, last.id::text),
    ('contact.previous', p.previous_id::text, before.id::text),
    ('chat.state', c.state, COALESCE(last.state, '')),
    ('chat.tray', c.tray_id::text, last.tray_id::text),
    ('chat.agent', c.agent_id::text, last.agent_id::text),
    ('chat.change', c.change_id::text, last.id::text),
    ('chat.taken_from', c.taken_from_id::text, CASE
        WHEN began.cause IN ('taken', 'assigned') THEN began.from_tray_id
        WHEN began.cause = 'reopened' THEN COALESCE(stood.id, (SELECT id FROM trays_tray WHERE kind = 'general'))
    END::text)
) AS d (field, written, expected)
WHERE p.id > %s AND p.id <= %s AND d.written IS DISTINCT FROM d.expected
ORDER BY p.id, d.field
"""


class Command(BaseCommand):
    help = "Compares every chat's place with its history. Exit 1 and a list where they differ."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        lines = list(islice(found, MAX_LINES))
        for contact, field, written, expected in lines:
            self.stdout.write(
                f"contact {contact}: {field} is {written or 'empty'}, by its history {expected or 'empty'}"
            )
        if lines:
            raise CommandError(f"differences in all: {len(lines) + sum(1 for _more in found)}")
        self.stdout.write("every chat is where its history says")


def differences() -> Iterator[tuple[int, str, str | None, str | None]]:
    """(contact id, column, what it says, what it should), batch by batch."""
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_LAST_OF_BATCH, [after, BATCH])
            until = cursor.fetchone()[0]
            if until is None:
                return
            cursor.execute(_DIFFERENCES, [after, until])
            yield from cursor.fetchall()
            after = until
