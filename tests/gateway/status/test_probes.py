"""The probes of liveness and readiness: what is wrong is named, and nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats.models import Message
from gateway.status import lines, system
from live import feed, signs
from origins.models import Body, Origin
from tests import people
from tests.gateway.status.line_status import origin, unsent
from wittybots.models import Event

LONG_AGO = timedelta(minutes=7)


@pytest.fixture
def all_work(db):
    """Worker, caller and clock have just given a sign of life."""
    for role in system.ROLES:
        signs.give_sign(role)


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


def wrong(client):
    answer = client.get("/readyz")
    assert (answer.status_code == 503) == bool(answer.json()["wrong"])
    return answer.json()["wrong"]


def test_while_all_is_well_it_is_ready_and_says_how_old_each_sign_is(all_work, client):
    answer = client.get("/readyz").json()
    assert (answer["ready"], answer["wrong"]) == (True, {})
    assert set(answer["signs"]) == {"worker", "caller", "beat"}
    assert answer["oldest"] == {"messages": None, "bodies": None, "calls": None}


@pytest.mark.parametrize("role", system.ROLES)
def test_who_gives_no_sign_is_named(all_work, client, role, monkeypatch):
    redis = feed.current_feed().redis
    redis.delete(f"signs:{role}")
    assert wrong(client) == {role: "no sign of life yet"}
    redis.zadd(f"signs:{role}", {"other-host:1": int(redis.time()[0]) - 120})
    assert set(wrong(client)) == {role}
    # of several the latest counts, from whichever host
    signs.give_sign(role)
    assert wrong(client) == {}


def test_without_redis_that_is_what_it_names(db, client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    feed._feed = None
    assert set(wrong(client)) == {"redis"}


def test_what_is_due_and_waits_too_long_is_named(all_work, client):
    one = origin(callback_url="https://example.com/in")
    unsent(one, 0)
    now = timezone.now()
    Message.objects.filter(status="queued").update(created_at=now - LONG_AGO)
    assert set(wrong(client)) == {"messages"}
    Message.objects.filter(status="queued").update(next_try_at=now + LONG_AGO)
    assert wrong(client) == {}, "it waits for its next try, not for the worker"
    Message.objects.filter(status="queued").update(next_try_at=None)
    Origin.objects.filter(pk=one.pk).update(trouble="El token venció")
    assert wrong(client) == {}, "it waits for somebody to mend the line, which says so itself"

    Body.objects.create(origin=one, raw=b"{}", digest=b"1", received_at=now - LONG_AGO, state="received")
    assert set(wrong(client)) == {"bodies"}


def test_a_call_that_waits_too_long_is_named(all_work, client):
    endpoint = people.external_bot().endpoint
    Event.objects.create(endpoint=endpoint, kind="ping", state="queued", created_at=timezone.now() - LONG_AGO)
    assert set(wrong(client)) == {"calls"}


def test_a_newer_database_is_named_and_refused(all_work, client):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('chats', '0999_drones', now())")
    assert "chats.0999_drones" in wrong(client)["migrations"]
    assert system.find_newer_migrations() == ["chats.0999_drones"]


def test_secrets_of_another_key_are_named_kept_and_readable_again(all_work, client, sofia, settings):
    one, other = people.http_origin(secret="el secreto"), people.http_origin(name="La otra")
    theirs = settings.SECRET_KEY
    settings.SECRET_KEY = "otra"
    other = Origin.objects.get(pk=other.pk)
    other.secret = other.previous_secret = other.access_token = other.verify_token = ""
    other.secret = "nuevo"
    other.save()
    assert wrong(client)["secrets"] == f"sealed with another SECRET_KEY: origin {one.pk}"
    # sessions are signed with it as well
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    board = client.get("/supervision/").content.decode()
    assert board.count("otra SECRET_KEY") == 1
    line = next(line for line in lines.list_line_statuses() if line.origin.pk == one.pk)
    assert line.level == "bad"
    # nobody can tell whether it is signed: the sender is to come again
    answer = people.post_signed(client, one, {"messages": []})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    # what is saved in the meantime takes nothing away
    unread = Origin.objects.get(pk=one.pk)
    unread.name = "Con otro nombre"
    unread.save()
    settings.SECRET_KEY_FALLBACKS = [theirs]
    assert Origin.objects.get(pk=one.pk).secret == "el secreto"
    assert wrong(client) == {}


def test_the_board_says_who_gives_no_sign(all_work, as_sofia):
    assert "No da señales" not in as_sofia.get("/supervision/").content.decode()
    feed.current_feed().redis.delete("signs:worker")
    assert "No da señales lo que envía (worker)" in as_sofia.get("/supervision/").content.decode()


def test_it_asks_as_much_however_much_there_is(all_work, client):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get("/readyz")
        return len(queries)

    few = asked()
    for _number in range(10):
        unsent(origin(), 1)
    assert asked() == few
