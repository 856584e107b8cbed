"""The indexes that the migrations make."""

import pytest
from django.apps import apps
from django.db import connection

# where a few rows stand, Django's own index for a foreign key costs nothing
SMALL = {"Membership", "MenuVersion", "Template", "Connection"}
BEGINNINGS = """
SELECT one.indexrelid::regclass::text, longer.indexrelid::regclass::text
FROM pg_index one JOIN pg_index longer ON longer.indrelid = one.indrelid AND longer.indexrelid <> one.indexrelid
WHERE one.indrelid = %s::regclass AND NOT one.indisunique
  AND one.indexprs IS NULL AND one.indpred IS NULL AND longer.indpred IS NULL
  AND starts_with(longer.indkey::text || ' ', one.indkey::text || ' ')
  AND starts_with(longer.indclass::text || ' ', one.indclass::text || ' ')
"""


@pytest.mark.django_db
def test_no_large_table_keeps_an_index_that_is_the_beginning_of_another():
    """Each would be written with every row, and nothing is found by it that the longer one does not find."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model.__module__.partition(".")[0] not in (
                "chats",
                "contacts",
                "gateway",
                "origins",
                "trays",
                "wittybots",
            ):
                continue
            cursor.execute(BEGINNINGS, [model._meta.db_table])
            if model.__name__ not in SMALL and (rows := cursor.fetchall()):
                found[model.__name__] = rows
    assert found == {}
