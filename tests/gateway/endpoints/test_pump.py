"""The pump of the calls: many calls side by side, each chat in its order, and one that hangs holds up nobody else."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chats import jobs
from chats.models import Chat
from gateway import tasks
from gateway.endpoints import event_queue
from gateway.endpoints import pump as pumps
from gateway.endpoints.pump import MAX_CALLS, MAX_CALLS_WHILE_FAILING, Pump
from live import wakes
from tests import http_server, people
from tests.gateway.endpoints.endpoint_calls import alone, asks, bot_said
from tests.threads import Crowd
from wittybots.connectors import http_call
from wittybots.models import Endpoint, Event

WITHIN = 60

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def other(listening):
    """Another bot, on a line of its own."""
    other = listening(http_server.BotServer())
    other.line = people.received_by(people.external_bot(url=other.url, events=["message_created"]))
    return other


class Hangs:
    """What a bot does with each event until it may go on."""

    def __init__(self, server):
        self.may_end, self.arrived = threading.Event(), threading.Semaphore(0)
        server.act = self.act

    def act(self, _told):
        self.arrived.release()
        return self.may_end.wait(300) and {"messages": []}

    def wait_for(self, count):
        for _number in range(count):
            assert self.arrived.acquire(timeout=WITHIN)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(http_call, "WITHIN", 300.0)


def states():
    return list(Event.objects.order_by("id").values_list("state", flat=True))


def test_all_that_is_due_is_told_and_each_chat_in_its_order(origin, server):
    server.answers = [{"messages": ["Sí", "¿Algo más?"]}]
    for number in range(3):
        for sender in "abcde":
            asks(origin, f"{sender} {number}", f"cust-{sender}")
    assert pumps.send_due() == 15
    assert states() == ["done"] * 15
    for sender in "abcde":
        assert [words for words in server.texts if words[0] == sender] == [f"{sender} {n}" for n in range(3)]
    assert all(bot_said(chat) == ["Sí", "¿Algo más?"] * 3 for chat in Chat.objects.all())


def test_several_workers_tell_each_event_once(origin, server):
    server.answers = [http_server.delayed(0.005, {"messages": []})]
    for number in range(4):
        for sender in "abcde":
            asks(origin, f"{sender} {number}", f"cust-{sender}")
    with Crowd(3) as workers:
        sent = workers.at_once(lambda _number: Pump().run())
    assert sum(sent) == 20
    for sender in "abcde":
        assert [words for words in server.texts if words[0] == sender] == [f"{sender} {n}" for n in range(4)]


@pytest.mark.usefixtures("patient")
def test_one_that_hangs_holds_up_no_other_however_much_waits_for_it(origin, server, other, pool, monkeypatch):
    monkeypatch.setattr("gateway.pump.MOST_KEYS", 5)
    hangs = Hangs(server)
    for number in range(MAX_CALLS + 7):
        asks(origin, "Hola", f"cust-{number}")
    chat = asks(other.line)
    other.answers = [{"messages": ["Acá estoy"]}]
    running = pool.submit(alone, pumps.send_due)
    hangs.wait_for(MAX_CALLS)
    while not bot_said(chat):
        assert not running.done()
    # also what comes while it hangs
    second = asks(other.line, "Hola", "cust-2")
    assert pumps.send_due() == 0
    while not bot_said(second):
        assert not running.done()
    assert server.most_busy == MAX_CALLS
    hangs.may_end.set()
    assert running.result(WITHIN) == MAX_CALLS + 9
    assert server.most_busy == MAX_CALLS
    assert set(states()) == {"done"}


@pytest.mark.usefixtures("patient")
def test_a_wake_is_heard_while_another_call_hangs(origin, server, other):
    """Nobody sweeps here, and nobody runs it by hand."""
    hangs, pump = Hangs(server), Pump()
    other.answers = [{"messages": ["Acá estoy"]}]
    pump.listen()
    try:
        asks(origin)
        hangs.wait_for(1)
        for number in range(3):
            chat = asks(other.line, "Hola", f"cust-{number}")
            # it is done a moment after its answer stands in the chat
            while states() != ["sending", *["done"] * (number + 1)]:
                assert all(one.is_alive() for one in pump.listeners)
            assert bot_said(chat) == ["Acá estoy"]
    finally:
        hangs.may_end.set()
        pump.stop()
        for one in pump.listeners:
            one.join(WITHIN)


@pytest.mark.usefixtures("patient")
def test_what_comes_for_one_that_is_full_is_told_when_it_has_room(origin, server, other, pool):
    hangs, slow = Hangs(server), Hangs(other)
    chats = [asks(origin, "Hola", f"cust-{number}") for number in range(MAX_CALLS)]
    asks(other.line)
    running = pool.submit(alone, pumps.send_due)
    hangs.wait_for(MAX_CALLS)
    slow.wait_for(1)
    late = asks(origin, "Hola", "cust-late")
    assert pumps.send_due() == 0
    # the other one hangs still
    hangs.may_end.set()
    hangs.wait_for(1)
    while Event.objects.get(chat_id=late.pk).state != "done":
        assert not running.done()
    slow.may_end.set()
    assert running.result(WITHIN) == len(chats) + 2


def test_one_with_much_to_do_leaves_the_others_their_turn(db):
    pump = Pump()
    pump._add([(endpoint, chat) for endpoint in (1, 2, 3) for chat in range(100)])
    pump._add([(4, 1)])
    assert (4, 1) in pump._take_keys()
    # two threads, and one has room for both
    pump.busy.update({1: 8, 2: 8, 3: 6})
    pump._add([(5, 1)])
    assert {endpoint for endpoint, _chat in pump._take_keys()} == {3, 5}


@pytest.mark.usefixtures("patient")
def test_one_that_fails_gets_few_threads_from_the_first_moment(origin, server, other, pool):
    Endpoint.objects.filter(url=server.url).update(failing_since=timezone.now())
    hangs = Hangs(server)
    for number in range(6):
        asks(origin, "Hola", f"cust-{number}")
    chat = asks(other.line)
    other.answers = [{"messages": ["Acá estoy"]}]
    running = pool.submit(alone, pumps.send_due)
    hangs.wait_for(2)
    while not bot_said(chat):
        assert not running.done()
    assert server.most_busy == MAX_CALLS_WHILE_FAILING == 2
    hangs.may_end.set()
    assert running.result(WITHIN) == 7


def test_a_chat_that_somebody_holds_when_its_answer_comes_holds_up_no_other(origin, server, pool):
    server.answers = [{"messages": ["Sí"]}]
    held, free = asks(origin, "Hola", "cust-1"), asks(origin, "Hola", "cust-2")
    with transaction.atomic():
        Chat.objects.select_for_update(no_key=True).get(pk=held.pk)
        running = pool.submit(alone, pumps.send_due)
        while not bot_said(free):
            assert not running.done()
        assert bot_said(held) == []
    assert running.result(WITHIN) == 2
    assert bot_said(held) == ["Sí"]


def test_a_worker_that_ends_finishes_what_it_has_begun_and_begins_nothing_more(origin, server, pool):
    hangs, pump = Hangs(server), Pump()
    asks(origin, "uno")
    asks(origin, "dos")
    running = pool.submit(alone, pump.run)
    hangs.wait_for(1)
    pump.stop()
    hangs.may_end.set()
    assert running.result(WITHIN) == 1
    assert states() == ["done", "queued"]


def test_a_connection_that_is_cut_when_the_answer_is_to_be_written_loses_nothing(origin, server, monkeypatch):
    server.answers = [{"messages": ["Sí"]}]
    chat = asks(origin)
    really, cut = event_queue.keep_answered, []

    def cut_once(*given, **more):
        if not cut:
            cut.append(1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return really(*given, **more)

    monkeypatch.setattr(event_queue, "keep_answered", cut_once)
    pumps.send_due()
    assert (bot_said(chat), states(), len(server.got)) == (["Sí"], ["done"], 1)


def test_an_answer_waits_for_its_chat_as_long_as_it_takes_and_is_not_asked_for_again(origin, server, pool, monkeypatch):
    monkeypatch.setattr(event_queue, "CLAIM", timedelta(milliseconds=300))
    server.answers = [{"messages": ["Sí"]}]
    held = asks(origin)
    with transaction.atomic():
        Chat.objects.select_for_update(no_key=True).get(pk=held.pk)
        running = pool.submit(alone, pumps.send_due)
        while Event.objects.get().status_code is None:
            assert not running.done()
        time.sleep(0.5)
        # another worker, after the claim of a call has run out
        assert Pump().run() == 0
    assert running.result(WITHIN) == 1
    assert (bot_said(held), len(server.got)) == (["Sí"], 1)


def test_one_whose_words_no_database_keeps_holds_up_no_other(origin, server, other, monkeypatch):
    server.answers = [{"messages": ["Sí"], "attributes": {"a\x00b\ud800": [1]}}]
    other.answers = [{"messages": ["Sí"]}]
    chats = asks(origin), asks(other.line)
    pumps.send_due()
    assert [bot_said(chat) for chat in chats] == [["Sí"], ["Sí"]]
    assert states() == ["done", "done"]


def test_who_commits_wakes_it_once_and_the_sweep_finds_what_nobody_woke_it_for(origin, server):
    for number in range(3):
        asks(origin, str(number))
    assert wakes.hear_wake(jobs.CALLS)
    assert not wakes.hear_wake(jobs.CALLS)
    tasks.sweep_calls.apply()
    tasks.call_endpoints()
    assert server.texts == ["0", "1", "2"]
