"""Events that a supervisor sends again: once, in their turn, and moving nobody."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chats import errors
from gateway.endpoints import calls, event_queue
from tests import people
from tests.gateway.endpoints.endpoint_calls import alone, asks, bot_said, claim, event, tell, tell_all
from wittybots.models import Endpoint, Event


def test_what_is_sent_again_is_tried_once_even_if_its_worker_dies(origin, server):
    chat = asks(origin)
    tell(chat)
    event_queue.resend_event(event(chat).pk)
    assert claim(chat).state == "sending"
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert len(server.got) == 1
    assert event(chat).state == "failed"
    assert people.fresh(chat).state == "BOT"


def test_sent_again_any_number_of_times_its_tries_are_counted(origin, server):
    chat = asks(origin)
    tell(chat)
    for number in range(2, 5):
        event_queue.resend_event(event(chat).pk)
        tell(chat)
        assert server.bodies[-1]["attempt"] == event(chat).attempts == number
    Event.objects.update(attempts=32_767)
    assert event_queue.resend_event(event(chat).pk)
    tell(chat)
    assert event(chat).state == "done"


def test_what_is_sent_again_waits_for_what_is_under_way(origin, server):
    chat = asks(origin, "uno")
    tell(chat)
    first = event(chat)
    asks(origin, "dos")
    under_way = claim(chat)
    event_queue.resend_event(first.pk)
    assert tell(chat) == 0
    assert server.texts == ["uno"]
    # it was carrying out the answer
    Event.objects.filter(pk=under_way.pk).update(status_code=200)
    assert tell(chat) == 0
    Event.objects.filter(pk=under_way.pk).update(state="done", next_try_at=None)
    tell(chat)
    assert server.texts == ["uno", "uno"]


@pytest.mark.usefixtures("transactional_db")
def test_while_what_comes_next_is_being_claimed_nobody_claims_what_was_sent_again(origin, server):
    chat = asks(origin, "uno")
    tell(chat)
    first = event(chat)
    asks(origin, "dos")
    with transaction.atomic():
        assert claim(chat).pk == event(chat).pk
        resent = ThreadPoolExecutor(1).submit(alone, lambda: event_queue.resend_event(first.pk))
        assert resent.result(5)
        assert ThreadPoolExecutor(1).submit(alone, lambda: claim(chat)).result(5) is None
    assert claim(chat) is None, "another is under way by now"


@pytest.mark.usefixtures("transactional_db")
def test_what_is_sent_again_meanwhile_is_never_told_beside_another(origin, server):
    chat = asks(origin, "0")
    for number in range(1, 12):
        asks(origin, str(number))
    busy, most = [], []

    def act(_told):
        busy.append(1)
        most.append(len(busy))
        time.sleep(0.01)
        busy.pop()
        return {"messages": []}

    server.act = act
    endpoint = chat.bot.endpoint

    def work(number):
        try:
            for _round in range(25):
                if number == 0:
                    over = Event.objects.filter(chat_id=chat.pk, state="done").order_by("?").first()
                    if over is not None:
                        event_queue.resend_event(over.pk)
                else:
                    calls.call_endpoint(endpoint.pk, chat.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    tell_all(chat)
    assert max(most) == 1
    assert {str(number) for number in range(12)} == set(server.texts)


def test_due_names_what_waits_and_is_nobodys(origin, server):
    first, second = asks(origin, "a", "cust-a"), asks(origin, "b", "cust-b")
    endpoint = first.bot.endpoint
    now = timezone.now()
    assert list(event_queue.find_due(now)) == [(endpoint.pk, first.pk), (endpoint.pk, second.pk)]
    assert list(event_queue.find_due(now, most=1)) == [(endpoint.pk, first.pk)]
    Event.objects.filter(chat_id=first.pk).update(next_try_at=now + timedelta(seconds=5))
    assert list(event_queue.find_due(now)) == [(endpoint.pk, second.pk)]
    assert list(event_queue.find_due(now + timedelta(seconds=5))) == [(endpoint.pk, first.pk), (endpoint.pk, second.pk)]
    Endpoint.objects.update(is_active=False)
    assert list(event_queue.find_due(now)) == []
    assert tell(first) == 0
    assert not server.got


def test_sent_again_it_is_the_same_event_and_its_answer_counts_in_its_round(origin, server):
    server.answers = [{"messages": ["a"]}, {"messages": ["b"]}]
    chat = asks(origin)
    tell(chat)
    again = event(chat)
    assert event_queue.resend_event(again.pk)
    assert not event_queue.resend_event(again.pk), "it waits already"
    tell(chat)
    assert [told.headers["webhook-id"] for told in server.got] == [str(again.uuid)] * 2
    assert bot_said(chat) == ["a", "b"]
    assert event(chat).state == "done"


def test_sent_again_after_the_chat_has_moved_it_is_told_to_nobody(origin, server):
    server.answers = [(404, None, {}), {"messages": ["tarde"]}]
    chat = asks(origin)
    tell(chat)
    assert people.fresh(chat).state == "BANDEJA"
    event_queue.resend_event(event(chat).pk)
    tell(chat)
    assert server.texts == ["Hola"]
    assert event(chat).state == "dropped"
    assert "tarde" not in bot_said(chat)


def test_sent_again_and_failed_again_it_moves_nobody(origin, server):
    server.answers = [{"messages": []}, (500, None, {})]
    chat = asks(origin)
    tell(chat)
    event_queue.resend_event(event(chat).pk)
    tell(chat)
    assert event(chat).state == "failed"
    assert len(server.got) == 2
    assert people.fresh(chat).state == "BOT"


def test_nothing_is_sent_again_to_who_is_switched_off(origin, server):
    chat = asks(origin)
    tell(chat)
    Endpoint.objects.update(is_active=False)
    with pytest.raises(errors.Rejected):
        event_queue.resend_event(event(chat).pk)
    assert event(chat).state == "done"


def test_what_is_sent_again_does_not_wait_for_what_is_new(origin, server):
    chat = asks(origin, "uno")
    tell(chat)
    first = event(chat)
    asks(origin, "dos")
    event_queue.resend_event(first.pk)
    tell(chat)
    assert server.texts == ["uno", "uno", "dos"]
