"""Claims of workers that die or hang, and how many calls one endpoint may have at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from gateway.endpoints import calls, concurrency, event_queue
from tests import http_server, people
from tests.gateway.endpoints.endpoint_calls import asks, bot_said, event, events, notes, tell
from wittybots.connectors import http_call
from wittybots.models import Endpoint, Event


def test_a_claim_of_a_dead_worker_runs_out_and_the_event_is_told_again(origin, server):
    chat = asks(origin)
    claimed = event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now())
    assert claimed.state == "sending"
    assert tell(chat) == 0
    assert (chat.bot.endpoint.pk, chat.pk) not in event_queue.find_due(timezone.now())
    later = timezone.now() + event_queue.CLAIM
    assert (chat.bot.endpoint.pk, chat.pk) in event_queue.find_due(later)
    Event.objects.update(next_try_at=timezone.now())
    assert tell(chat) == 1
    assert server.bodies[0]["attempt"] == 2
    assert not event_queue.finish_event(claimed, "done", reason=""), "the dead one came back, and has nothing to say"


def test_an_answer_is_never_carried_out_twice(origin, server, monkeypatch):
    server.answers = [{"messages": ["una vez"]}]
    chat = asks(origin)
    real = calls.carry_out

    def dies(*given):
        real(*given)
        raise SystemExit

    monkeypatch.setattr(calls, "carry_out", dies)
    with pytest.raises(SystemExit):
        tell(chat)
    monkeypatch.setattr(calls, "carry_out", real)
    assert event(chat).state == "sending"
    Event.objects.update(next_try_at=timezone.now())
    asks(origin, "otra cosa")
    server.answers = [{"messages": ["dos"]}]
    tell(chat)
    assert bot_said(chat) == ["una vez", "dos"]
    assert server.texts == ["Hola", "otra cosa"]
    assert [one.state for one in events(chat)] == ["done", "done"]


@pytest.mark.usefixtures("transactional_db")
def test_one_that_hangs_does_not_take_all_threads(origin, server, monkeypatch):
    monkeypatch.setattr(concurrency, "MAX_CALLS", 2)
    monkeypatch.setattr(http_call, "WITHIN", 300.0)
    may_end = threading.Event()
    arrived = threading.Semaphore(0)

    def act(_told):
        arrived.release()
        return may_end.wait(300) and {"messages": []}

    server.act = act
    chats = [asks(origin, "Hola", f"cust-{number}") for number in range(6)]
    ended, started = threading.Semaphore(0), timezone.now()

    def work(chat):
        try:
            tell(chat)
        finally:
            ended.release()
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        try:
            told = [pool.submit(work, chat) for chat in chats]
            assert all(ended.acquire(timeout=120) for _number in range(4)), "the others did not wait for it"
            # the second of the two may still be on its way to the server
            assert arrived.acquire(timeout=120)
            assert arrived.acquire(timeout=120)
            over = timezone.now()
            assert sum(not one.done() for one in told) >= server.most_busy == 2
        finally:
            may_end.set()
    assert server.most_busy == 2
    waiting = Event.objects.filter(state="queued", attempts=0)
    assert waiting.count() == 4
    for one in waiting:
        assert one.next_try_at - started > timedelta(seconds=0.5)
        assert one.next_try_at - over < timedelta(seconds=2)
    assert not concurrency._calls


@pytest.mark.usefixtures("transactional_db")
def test_one_that_fails_gets_few_threads_from_the_first_moment(origin, server, monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 0.6)
    Endpoint.objects.update(failing_since=timezone.now())
    server.answers = [http_server.hang]
    chats = [asks(origin, "Hola", f"cust-{number}") for number in range(6)]

    def work(chat):
        try:
            tell(chat)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, chats))
    assert server.most_busy == concurrency.MAX_CALLS_WHILE_FAILING == 2


@pytest.mark.parametrize("many", [0, 100, 900])
def test_the_more_find_it_busy_the_less_often_they_ask(many, origin, server, monkeypatch):
    drawn = []
    monkeypatch.setattr(concurrency, "MAX_CALLS", 0)
    monkeypatch.setattr(concurrency.random, "uniform", lambda *bounds: drawn.append(bounds) or bounds[0])
    chat = asks(origin)
    endpoint = chat.bot.endpoint
    Event.objects.bulk_create(Event(endpoint=endpoint, kind="message_created", chat_id=-n) for n in range(1, many + 1))
    began = timezone.now()
    tell(chat)
    pause = (event(chat).next_try_at - began).total_seconds()
    # half a second, and as much again for each fifty that wait, of which it is one; from some moment while it was told
    least = {0: 0.51, 100: 1.51, 900: 5.0}[many]
    assert least <= pause <= least + (timezone.now() - began).total_seconds()
    assert drawn == [(1, 1.5)]


def test_a_worker_that_dies_in_the_last_try_makes_nobody_wait_for_ever(origin, server):
    server.answers = [(500, None, {})]
    chat = asks(origin)
    Event.objects.update(state="sending", attempts=event_queue.LAST_ATTEMPT, next_try_at=timezone.now())
    tell(chat)
    assert len(server.got) == 1
    assert (event(chat).state, event(chat).attempts) == ("failed", event_queue.LAST_ATTEMPT + 1)
    assert people.fresh(chat).state == "BANDEJA"
    assert "bot no pudo responder" in notes(chat)


def test_what_kills_every_worker_is_given_up_and_what_comes_next_has_its_turn(origin, server):
    server.answers = [{"messages": []}]
    chat = asks(origin)
    made = 0
    while event_queue.claim_first(chat.bot.endpoint, chat.pk, timezone.now()).state == "sending":
        made += 1
        assert made <= event_queue.MAX_CLAIMS
        Event.objects.update(next_try_at=timezone.now())
    assert made == event_queue.MAX_CLAIMS
    assert (event(chat).state, event(chat).reason) == ("failed", "Se cortó la llamada")
    Event.objects.update(state="sending", next_try_at=timezone.now())
    tell(chat)
    assert not server.got
    assert people.fresh(chat).state == "BANDEJA"
