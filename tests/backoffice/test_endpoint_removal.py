"""Removing an endpoint: it gets nothing more, keeps no secret, and holds up no chat."""

import threading
import time as clock
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats.models import Chat
from gateway.endpoints import calls, event_queue, removal
from tests import people
from tests.backoffice.bot_pages import integration, text_of
from tests.backoffice.pages import delete, page
from wittybots.models import Endpoint, Event


def test_deleting_one_takes_its_log_without_reading_it(as_sofia):
    endpoint = integration()
    Event.objects.bulk_create(
        Event(endpoint=endpoint, kind="conversation_closed", chat_id=1) for _number in range(3_000)
    )
    path = page("wittybots_endpoint", "delete", endpoint.pk)
    with CaptureQueriesContext(connection) as queries:
        assert as_sofia.get(path).status_code == 200
    assert not any('FROM "wittybots_event"' in query["sql"] for query in queries)
    as_sofia.post(path, {"post": "yes"})
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(timezone.now()) == 0, "who saw it before may still be writing"
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


def later():
    return timezone.now() + removal.KEEP_REMOVED


def is_shown_nowhere(client, endpoint):
    """Neither in lists nor in the log nor among what has to be watched, and it has no page."""
    # that it was deleted is said once
    client.get(page("wittybots_endpoint", "changelist"))
    texts = [text_of(client.get(page(f"wittybots_{name}", "changelist"))) for name in ("endpoint", "event")]
    texts.append(text_of(client.get("/supervision/")))
    gone = client.get(page("wittybots_endpoint", "change", endpoint.pk)).status_code == 302
    return gone and not any(endpoint.name in text for text in texts)


def test_one_that_was_removed_gets_nothing_and_keeps_no_secret(as_sofia, http_origin):
    endpoint = integration()
    event_queue.send_ping(endpoint)
    delete(as_sofia, endpoint, "list")
    people.says(http_origin, "cust-1", "Hola")
    assert Event.objects.count() == 1
    assert calls.call_endpoint(endpoint.pk, None) == 0
    as_sofia.post(page("wittybots_endpoint", "on", endpoint.pk))
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.secret, Event.objects.get().state) == (False, "", "queued")


def on_its_own(act):
    try:
        act()
    finally:
        connection.close()


@pytest.mark.parametrize("how", ["page", "list"])
def test_one_is_deleted_while_chats_move(transactional_db, as_sofia, how):
    endpoint = integration()
    Event.objects.bulk_create(Event(endpoint=endpoint, kind="conversation_closed", chat_id=1) for _number in range(200))
    go_on, origin = threading.Event(), people.http_origin()

    def move():
        number = 0
        while not go_on.is_set():
            number += 1
            people.says(origin, f"cust-{number}", "Hola")

    pool = ThreadPoolExecutor(3)
    busy = [pool.submit(on_its_own, move) for _number in range(3)]
    try:
        clock.sleep(0.2)
        response = delete(as_sofia, endpoint, how)
    finally:
        go_on.set()
        for one in busy:
            one.result(20)
    assert response.status_code == 200
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("how", ["page", "list"])
def test_a_chat_that_moves_as_one_is_deleted_still_moves(transactional_db, as_sofia, how):
    endpoint, origin = integration(), people.http_origin()
    written = threading.Event()

    def write():
        with transaction.atomic():
            people.says(origin, "cust-1", "Hola")
            written.set()
            clock.sleep(0.5)

    late = ThreadPoolExecutor(1).submit(on_its_own, write)
    assert written.wait(5)
    assert "error" not in text_of(delete(as_sofia, endpoint, how)).lower()
    late.result(10)
    assert people.all_consistent()
    assert Chat.objects.count() == 1
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("how", ["page", "list"])
def test_an_event_that_comes_between_is_deleted_too(transactional_db, as_sofia, how):
    endpoint, late = integration(), []

    def write():
        Event.objects.create(endpoint_id=endpoint.pk, kind="ping")

    def between(execute, sql, *more):
        if sql.startswith('DELETE FROM "wittybots_endpoint"') and not late:
            late.append(ThreadPoolExecutor(1).submit(on_its_own, write).result(10))
        return execute(sql, *more)

    response = delete(as_sofia, endpoint, how)
    with connection.execute_wrapper(between):
        assert removal.prune_removed(later()) == 0
    assert late
    assert response.status_code == 200
    assert len(response.context["messages"]) == 1
    assert is_shown_nowhere(as_sofia, endpoint)
    assert removal.prune_removed(later()) == 1
    assert not Endpoint.objects.exists()
    assert not Event.objects.exists()
