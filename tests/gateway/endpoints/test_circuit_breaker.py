"""An endpoint tried by hand, switched off after a day of failures, and its log."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.endpoints import calls, circuit_breaker, event_queue
from tests import http_server, people
from tests.gateway.endpoints.endpoint_calls import asks, event, notes, tell
from wittybots.models import Endpoint, Event


@pytest.mark.parametrize(
    ("answer", "state"), [(None, "done"), ((500, None, {}), "failed"), (http_server.cut, "failed")]
)
def test_a_ping_is_one_call_and_says_what_came_of_it(answer, state, bot, server):
    server.answers = [answer]
    ping = event_queue.send_ping(bot.endpoint)
    assert (ping.kind, ping.chat_id, ping.state) == ("ping", None, "queued")
    calls.call_endpoint(bot.endpoint.pk, None)
    ping.refresh_from_db()
    assert ping.state == state
    assert len(server.got) == 1
    assert server.bodies[0]["event"] == "ping"
    assert Endpoint.objects.get().failing_since is None


def test_an_endpoint_that_is_switched_off_can_be_tried_by_hand(bot, server):
    Endpoint.objects.update(is_active=False)
    ping = event_queue.send_ping(bot.endpoint)
    calls.call_endpoint(bot.endpoint.pk, None)
    ping.refresh_from_db()
    assert ping.state == "done"


def test_after_a_day_of_failures_it_is_switched_off_and_its_chats_go_to_people(origin, server, sofia):
    server.answers = [(500, None, {})]
    chat = asks(origin)
    tell(chat)
    now = timezone.now()
    assert circuit_breaker.switch_off_failing(now) == 0
    assert circuit_breaker.switch_off_failing(now + timedelta(hours=23)) == 0
    Event.objects.update(created_at=now + timedelta(hours=23))
    assert circuit_breaker.switch_off_failing(now + timedelta(hours=24, minutes=1)) == 1
    assert circuit_breaker.switch_off_failing(now + timedelta(hours=25)) == 0
    endpoint = Endpoint.objects.get()
    assert not endpoint.is_active
    assert endpoint.switched_off_at
    assert endpoint.trouble
    assert event(chat).state == "failed"
    chat = people.fresh(chat)
    assert (chat.state, chat.tray.kind) == ("BANDEJA", "general")
    assert "se apagó" in notes(chat)


def test_one_failure_long_ago_switches_nothing_off(origin, server):
    server.answers = [(404, None, {})]
    tell(asks(origin))
    assert circuit_breaker.switch_off_failing(timezone.now() + timedelta(hours=30)) == 0
    assert Endpoint.objects.get().is_active


def test_the_log_is_forgotten(origin, server):
    chat = asks(origin)
    tell(chat)
    old = event(chat)
    Event.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    asks(origin, "nuevo")
    assert event_queue.prune_events(timezone.now() - timedelta(days=30), batch=1) == 1
    assert not Event.objects.filter(pk=old.pk).exists()
    assert Event.objects.count() == 1
