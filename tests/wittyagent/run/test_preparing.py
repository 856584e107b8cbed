"""What is prepared before anything serves, where several start at once."""

import threading
import time

import pytest
from django.db import connection

from wittyagent.run import preparing

WAITING = """SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%wittyagent.migrate%%' AND pid <> pg_backend_pid()
             AND datname = current_database()"""


@pytest.mark.django_db(transaction=True)
def test_an_index_is_made_concurrently_while_another_start_waits_for_its_turn():
    turns = []

    def start():
        with preparing._alone_on_database():
            turns.append("second")

    other = threading.Thread(target=start)
    with preparing._alone_on_database(), connection.cursor() as cursor:
        other.start()
        latest, waiting = time.monotonic() + 60, 0
        while waiting < 2 and time.monotonic() < latest:
            cursor.execute(WAITING)
            waiting = cursor.fetchone()[0]
        assert waiting == 2
        cursor.execute("SET statement_timeout = '30s'")
        cursor.execute("CREATE INDEX CONCURRENTLY probe ON trays_tray (name)")
        cursor.execute("DROP INDEX CONCURRENTLY probe")
        cursor.execute("RESET statement_timeout")
        turns.append("first")
    other.join(60)
    assert turns == ["first", "second"]
