"""What may be some seconds old is read from a streaming replica while that is near, and from the primary where not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection, connections, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from chats import moves
from chats.models import Chat
from common import replica
from common.replica import ask_replica, fetch_from_replica
from inbox.contact_csv.exporting import write_export
from inbox.models import ContactCsv
from inbox.search.filters import Filters
from inbox.search.messages import find_ids, find_messages
from inbox.search.words import read_words
from reports import reading, rollup
from reports.periods import Period
from tests import people, replicas
from tests.wittyagent.run.running import wait_for
from wittyagent.postgres.limits import limited_statements
from wittyagent.run.embedded.server import socket_folder

WHERE = "SELECT pg_is_in_recovery()"


@pytest.fixture(scope="module")
def standby(tmp_path_factory):
    """A second PostgreSQL that follows the tests' own: (the server, its process)."""
    if django_settings.DATABASES["default"]["HOST"] != str(socket_folder(Path(os.environ["WITTY_DATA"]))):
        pytest.fail("the tests' PostgreSQL is not our own: a replica of it cannot be made here")
    with replicas.following(Path(os.environ["WITTY_DATA"]), tmp_path_factory.mktemp("replica")) as server_and_process:
        yield server_and_process


@pytest.fixture
def following(standby, transactional_db, settings, monkeypatch):
    """The replica of this worker's database, as if DATABASE_REPLICA_URL named it."""
    second, _process = standby
    mine = {**connection.settings_dict, "HOST": str(second.sockets), "CONN_MAX_AGE": 0}
    monkeypatch.setitem(settings.DATABASES, replica.REPLICA, mine)
    monkeypatch.setitem(connections.settings, replica.REPLICA, mine)
    monkeypatch.setattr(replica, "_look", replica._Look())
    monkeypatch.setattr(replica, "LOOK_SECONDS", 0)
    # a busy machine is no lag, and other tests write to the same server
    monkeypatch.setattr(replica, "MAX_LAG_SECONDS", 3600)
    # by hand: what tests may connect to was settled before it was there
    connections[replica.REPLICA].connect()
    yield connections[replica.REPLICA]
    run_on_replica("SELECT pg_wal_replay_resume()")
    connections[replica.REPLICA].close()
    del connections[replica.REPLICA]


def run_on_replica(sql):
    with connections[replica.REPLICA].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def written():
    """Up to where the primary has written: with all that is committed, though the tests' server is in no hurry."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = local")
        # a commit that has nothing but a number is left to be flushed later
        cursor.execute("SELECT pg_logical_emit_message(true, 'tests', 'written')")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn()::text")
        return cursor.fetchone()[0]


def caught_up():
    place = written()
    wait_for(lambda: run_on_replica(f"SELECT pg_last_wal_replay_lsn() >= '{place}'::pg_lsn"))


def is_on_replica():
    return fetch_from_replica(WHERE, None) == [(True,)]


def test_without_one_the_primary_is_asked(db):
    assert fetch_from_replica(WHERE, None) == [(False,)]
    assert ask_replica(lambda alias: alias) == "default"


def test_it_is_asked_while_it_is_near_and_again_once_it_is(following, monkeypatch, http_origin):
    caught_up()
    assert is_on_replica()
    run_on_replica("SELECT pg_wal_replay_pause() IS NULL")
    wait_for(lambda: run_on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused")
    people.waiting(http_origin)
    written()
    # what it has not heard is not older than that yet
    assert is_on_replica()
    monkeypatch.setattr(replica, "MAX_LAG_SECONDS", -1)
    assert not is_on_replica()
    monkeypatch.setattr(replica, "MAX_LAG_SECONDS", 3600)
    run_on_replica("SELECT pg_wal_replay_resume() IS NULL")
    caught_up()
    assert is_on_replica()


def test_nothing_is_written_there(following):
    caught_up()
    with pytest.raises(Exception, match="read-only"):
        ask_replica(lambda alias: Chat.objects.using(alias).create(pk=1) if alias != "default" else None)


def test_where_it_fails_the_primary_answers(following):
    caught_up()
    asked = []

    def ask(alias):
        asked.append(alias)
        if alias == replica.REPLICA:
            raise OperationalError("the connection is lost")
        return alias

    assert ask_replica(ask) == "default"
    assert asked == [replica.REPLICA, "default"]
    # and is left alone for a while
    assert not is_on_replica()


def test_a_mistake_is_no_failure_of_it(following):
    caught_up()
    with pytest.raises(ProgrammingError):
        fetch_from_replica("SELECT nothing_like_it", None)
    assert is_on_replica()


def test_search_finds_there_and_asks_the_primary_who_may_see_it(following, http_origin, ana, bruno, ventas):
    chat = people.waiting(http_origin, ventas, text="quiero una heladera")
    words = read_words("heladera")
    caught_up()
    run_on_replica("SELECT pg_wal_replay_pause() IS NULL")
    wait_for(lambda: run_on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused")
    assert len(find_messages(ana, words, Filters()).messages) == 1
    # the replica has not heard that somebody else has it now, and does not say who may see it
    moves.take(chat.pk, bruno)
    assert is_on_replica()
    assert len(find_ids(ana, words, Filters(), "")) == 1
    assert find_messages(ana, words, Filters()).messages == []


def test_reports_and_exports_read_there(following, http_origin, sofia, ventas):
    people.waiting(http_origin, ventas)
    rollup.roll_up(rollup.begin_of_hour(timezone.now()))
    job = ContactCsv.objects.create(agent=sofia, kind=ContactCsv.Kind.OUT, state=ContactCsv.State.RUNNING)
    caught_up()
    today = timezone.localdate()
    asked = []
    following.execute_wrappers.append(lambda execute, sql, *rest: (asked.append(sql), execute(sql, *rest))[1])
    assert reading.read_total(Period(today, today)) is not None
    write_export(job)
    assert any("reports_hourfigure" in sql for sql in asked)
    assert any("contacts_contact" in sql for sql in asked)


def test_one_that_hangs_is_given_up_and_the_primary_answers(following):
    caught_up()
    assert is_on_replica()
    backend = run_on_replica("SELECT pg_backend_pid()")
    replica._look.again_at = float("inf")
    os.kill(backend, signal.SIGSTOP)
    try:
        with limited_statements(0.5):
            assert fetch_from_replica(WHERE, None) == [(False,)]
            assert fetch_from_replica(WHERE, None) == [(False,)]
    finally:
        os.kill(backend, signal.SIGCONT)
        following.connect()


def test_the_environment_names_it(tmp_path):
    told = {"DATABASE_REPLICA_URL": "postgres://reader:secret@replica.internal:5432/witty", "WITTY_DATA": str(tmp_path)}
    ask = "from wittyagent.settings import DATABASES as d; print(d['replica']['HOST'], d['replica']['ENGINE'])"
    said = subprocess.run(
        [sys.executable, "-c", ask], env=os.environ | told, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["replica.internal", "wittyagent.postgres"]
