"""The pump of the calls: many calls side by side, each chat in its order, and one that hangs holds up nobody else."""

import threading
from concurrent.futures import ThreadPoolExecutor

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


def test_who_commits_wakes_it_once_and_the_sweep_finds_what_nobody_woke_it_for(origin, server):
    for number in range(3):
        asks(origin, str(number))
    assert wakes.hear_wake(jobs.CALLS)
    assert not wakes.hear_wake(jobs.CALLS)
    tasks.sweep_calls.apply()
    tasks.call_endpoints()
    assert server.texts == ["0", "1", "2"]
