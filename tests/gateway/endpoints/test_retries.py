"""Calls that fail: tried again after a while, given up, and the chat goes to people."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.endpoints import calls, event_queue, turns
from tests import http_server, people
from tests.gateway.endpoints.endpoint_calls import asks, bot_said, event, notes, tell, tell_all
from wittybots.connectors import http_call
from wittybots.models import Endpoint, Event


@pytest.fixture
def in_a_hurry(monkeypatch):
    """The waits between tries, a hundred times as short."""
    backoff = tuple(timedelta(seconds=seconds) for seconds in (0.01, 0.05, 0.3))
    for module in (calls, event_queue):
        monkeypatch.setattr(module, "LEASE", replace(event_queue.LEASE, backoff=backoff))


FAILURES = {
    "500": (500, None, {}),
    "400": (400, None, {}),
    "cut": http_server.cut,
    "cut in the answer": http_server.cut_in_the_answer,
    "page": http_server.text("<html>Hola</html>", "text/html"),
    "not JSON": http_server.text("{no"),
    "2 MB": http_server.text('"' + "x" * 2_000_000 + '"'),
    "redirect inside": (302, None, {"Location": "http://169.254.169.254/"}),
}


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.usefixtures("in_a_hurry")
def test_after_four_tries_the_chat_goes_to_people_and_the_customer_is_told_once(how, origin, server):
    server.answers = [FAILURES[how]]
    chat = asks(origin)
    tell_all(chat)
    assert len(server.got) == 4
    assert len({told.headers["webhook-id"] for told in server.got}) == 1
    assert [body["attempt"] for body in server.bodies] == [1, 2, 3, 4]
    failed = event(chat)
    assert (failed.state, failed.attempts) == ("failed", 4)
    assert failed.reason
    chat = people.fresh(chat)
    assert (chat.state, chat.tray.kind) == ("BANDEJA", "general")
    assert "bot no pudo responder" in notes(chat)
    assert bot_said(chat) == [chat.bot.farewell]
    endpoint = chat.bot.endpoint
    assert endpoint.failing_since
    assert endpoint.trouble == failed.reason


def test_it_is_tried_again_after_one_five_and_thirty_seconds(origin, server):
    server.answers = [(503, None, {})]
    chat = asks(origin)
    for pause in (1, 5, 30):
        tell(chat)
        waits = event(chat)
        assert waits.state == "queued"
        assert waits.status_code == 503
        assert abs((waits.next_try_at - timezone.now()).total_seconds() - pause) < 0.5
        assert tell(chat) == 0
        Event.objects.filter(pk=waits.pk).update(next_try_at=timezone.now())
    tell(chat)
    assert event(chat).state == "failed"
    assert len(server.got) == 4


def test_too_many_requests_may_ask_for_more_time_than_that(origin, server):
    server.answers = [(429, None, {"Retry-After": "20"})]
    chat = asks(origin)
    tell(chat)
    assert 19 < (event(chat).next_try_at - timezone.now()).total_seconds() <= 20


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_where_no_try_can_help_nobody_waits(status, origin, server):
    server.answers = [(status, None, {})]
    chat = asks(origin)
    tell(chat)
    assert len(server.got) == 1
    assert event(chat).state == "failed"
    assert people.fresh(chat).state == "BANDEJA"


def test_an_address_inside_is_refused_when_used(origin, server, settings):
    settings.ALLOWED_INTERNAL_HOSTS = []
    chat = asks(origin)
    tell(chat)
    assert not server.got
    assert event(chat).state == "failed"
    assert "adentro de la red" in event(chat).reason
    assert people.fresh(chat).state == "BANDEJA"


@pytest.mark.parametrize("how", [http_server.hang, http_server.trickle])
def test_a_hang_and_a_trickle_are_cut_when_their_time_is_over(how, origin, server, monkeypatch):
    """Neither ends by itself. That the time is five seconds: test_connectors."""
    monkeypatch.setattr(http_call, "WITHIN", 0.8)
    server.answers = [how]
    chat = asks(origin)
    began = time.monotonic()
    tell(chat)
    took = time.monotonic() - began
    assert event(chat).state == "queued"
    # at the least the time that it had, and no more than passed here
    assert 0.8 * 960 < event(chat).took_ms <= took * 1000 + 1


def test_one_success_ends_the_trouble(origin, server):
    server.answers = [(500, None, {}), {"messages": []}]
    chat = asks(origin)
    tell(chat)
    endpoint = Endpoint.objects.get()
    assert endpoint.failing_since
    since = endpoint.failing_since
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.trouble) == (None, "")
    assert endpoint.heard_at > since


def test_a_second_failure_does_not_move_the_first(origin, server):
    server.answers = [(500, None, {})]
    chat = asks(origin)
    tell(chat)
    since = Endpoint.objects.get().failing_since
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert Endpoint.objects.get().failing_since == since


@pytest.mark.usefixtures("in_a_hurry")
def test_a_step_that_could_not_be_told_moves_nobody(db, server):
    bot = people.external_bot(url=server.url, events=["conversation_created"])
    server.answers = [(500, None, {})]
    chat = asks(people.received_by(bot))
    tell_all(chat)
    assert event(chat).state == "failed"
    assert people.fresh(chat).state == "BOT"


def test_a_surprise_of_ours_is_tried_again(origin, server, monkeypatch):
    chat = asks(origin)
    monkeypatch.setattr(turns.serializers, "serialize_contact", lambda _contact: 1 / 0)
    tell(chat)
    assert event(chat).state == "queued"
    monkeypatch.undo()
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert event(chat).state == "done"
