"""The pump of a process: many chats side by side, each in its order, and what became of them written together."""

import itertools
import json
import threading
from collections import defaultdict

import pytest
from django.db import connection, transaction

from chats import jobs
from chats.messages import replies
from chats.models import Chat, Message
from gateway import tasks
from gateway.outbound import outbox
from gateway.outbound import pump as pumps
from gateway.outbound.pump import SENDERS, Pump
from live import wakes
from tests import people
from tests.gateway.outbound.outbox_runs import takes
from tests.http_server import say
from tests.threads import Crowd

WITHIN = 60


@pytest.fixture
def crowd(transactional_db, api):
    """`crowd(count)`: so many chats of Ana's on a line of WhatsApp, one of each person."""
    ana = people.hire("ana")
    origin = people.whatsapp_origin(api_url=api.url)

    def meet(count):
        return [people.held(origin, ana, sender=f"54911555{n:05d}", address_kind="wa_id") for n in range(count)]

    meet.ana = ana
    return meet


def says(crowd, chat, *texts):
    return [replies.send_reply(chat.pk, crowd.ana, text) for text in texts]


def statuses():
    return list(Message.objects.filter(direction="out").order_by("id").values_list("status", flat=True))


def answer(handler, number):
    say(handler, 200, json.dumps({"messages": [{"id": f"wamid.P{number}"}]}).encode())


def heard(api):
    """What came, by whom it is for, in the order in which it came."""
    told = defaultdict(list)
    for call in api.calls:
        told[call.json["to"]].append(call.json["text"]["body"])
    return told


def in_background(act):
    """Begin `act` on another thread and connection; `.join()` it, and `.came` is what it returned."""

    def run():
        try:
            thread.came = act()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_all_are_on_their_way_at_once(api, crowd):
    for chat in crowd(SENDERS):
        says(crowd, chat, "hola")
    all_here, numbers = threading.Barrier(SENDERS), itertools.count()
    api.answers["messages"] = lambda handler: (all_here.wait(WITHIN), answer(handler, next(numbers)))
    assert pumps.send_due() == SENDERS
    assert statuses() == ["sent"] * SENDERS
    assert Message.objects.filter(external_id__startswith="wamid.P").count() == SENDERS


def test_each_chat_in_its_order_and_each_message_once_whoever_works_at_it(api, crowd):
    chats = crowd(7)
    for chat in chats:
        says(crowd, chat, *(f"{chat.pk} {number}" for number in range(5)))
    with Crowd(3) as workers:
        # of three processes
        sent = workers.at_once(lambda _number: Pump().run())
    assert sum(sent) == 35
    assert statuses() == ["sent"] * 35
    assert sorted(heard(api).values()) == sorted([f"{chat.pk} {number}" for number in range(5)] for chat in chats)


def test_who_hangs_holds_nobody_else(api, crowd):
    slow, *others = crowd(5)
    says(crowd, slow, "lento", "después")
    for chat in others:
        says(crowd, chat, "uno", "dos")
    go_on, arrived, numbers = threading.Event(), threading.Event(), itertools.count()

    def respond(handler):
        if api.calls[-1].json["text"]["body"] == "lento" and not arrived.is_set():
            arrived.set()
            go_on.wait(WITHIN)
        answer(handler, next(numbers))

    # the first that comes is the slow one
    api.answers["messages"] = respond
    pump = in_background(pumps.send_due)
    assert arrived.wait(WITHIN)
    while statuses().count("sent") < 8:
        assert pump.is_alive()
    assert statuses()[:2] == ["sending", "queued"]
    go_on.set()
    pump.join(WITHIN)
    assert (pump.came, set(statuses())) == (10, {"sent"})


def test_what_comes_while_it_runs_leaves_with_it_and_nobody_runs_beside_it(api, crowd):
    first, second = crowd(2)
    says(crowd, first, "uno")
    go_on, arrived, numbers = threading.Event(), threading.Event(), itertools.count()
    api.answers["messages"] = lambda handler: (arrived.set(), go_on.wait(WITHIN), answer(handler, next(numbers)))
    pump = in_background(pumps.send_due)
    assert arrived.wait(WITHIN)
    says(crowd, second, "dos")
    assert pumps.send_due() == 0  # at once: the one that runs has heard of it
    while len(api.calls) < 2:
        assert pump.is_alive()
    go_on.set()
    pump.join(WITHIN)
    assert (pump.came, statuses()) == (2, ["sent", "sent"])


def test_however_often_there_was_nothing_to_do_what_comes_then_leaves(api, crowd):
    pump, [chat] = Pump(), crowd(1)
    assert [pump.run() for _ in range(10)] == [0] * 10
    takes(api)
    says(crowd, chat, "hola")
    assert (pump.run(), statuses()) == (1, ["sent"])


def test_a_worker_that_ends_finishes_what_it_has_begun_and_begins_nothing_more(api, crowd):
    [chat] = crowd(1)
    says(crowd, chat, "uno", "dos")
    go_on, arrived, numbers, pump = threading.Event(), threading.Event(), itertools.count(), Pump()
    api.answers["messages"] = lambda handler: (arrived.set(), go_on.wait(WITHIN), answer(handler, next(numbers)))
    running = in_background(pump.run)
    assert arrived.wait(WITHIN)
    pump.is_ending = True
    go_on.set()
    running.join(WITHIN)
    assert (running.came, statuses()) == (1, ["sent", "queued"])


def test_a_chat_that_somebody_holds_waits_alone(api, crowd):
    held, other = crowd(2)
    says(crowd, held, "más tarde")
    says(crowd, other, "ya")
    with transaction.atomic():
        Chat.objects.select_for_update(no_key=True).get(pk=held.pk)
        pump = in_background(pumps.send_due)
        while statuses() != ["queued", "sent"]:
            assert pump.is_alive()
    pump.join(WITHIN)
    assert (pump.came, statuses()) == (2, ["sent", "sent"])


def test_a_chat_that_somebody_holds_when_its_answer_comes_holds_up_no_other(api, crowd):
    held, other = crowd(2)
    says(crowd, held, "uno")
    says(crowd, other, "dos")
    go_on, numbers = threading.Event(), itertools.count()
    api.answers["messages"] = lambda handler: (go_on.wait(WITHIN), answer(handler, next(numbers)))
    pump = in_background(pumps.send_due)
    while len(api.calls) < 2:
        assert pump.is_alive()
    with transaction.atomic():
        Chat.objects.select_for_update(no_key=True).get(pk=held.pk)
        go_on.set()
        while statuses() != ["sending", "sent"]:
            assert pump.is_alive()
    pump.join(WITHIN)
    assert (pump.came, statuses()) == (2, ["sent", "sent"])


def test_the_next_one_leaves_however_often_it_was_woken_while_the_first_hung(api, crowd):
    [chat] = crowd(1)
    says(crowd, chat, "uno", "dos")
    go_on, arrived, numbers = threading.Event(), threading.Event(), itertools.count()
    api.answers["messages"] = lambda handler: (arrived.set(), go_on.wait(WITHIN), answer(handler, next(numbers)))
    pump = in_background(pumps.send_due)
    assert arrived.wait(WITHIN)
    assert [pumps.send_due() for _ in range(6)] == [0] * 6
    go_on.set()
    pump.join(WITHIN)
    assert (pump.came, statuses()) == (2, ["sent", "sent"])


def test_an_id_that_is_given_twice_holds_up_nobody(api, crowd):
    for chat in crowd(4):
        says(crowd, chat, "hola")
    all_here = threading.Barrier(4)
    api.answers["messages"] = lambda handler: (all_here.wait(WITHIN), answer(handler, 1))
    assert pumps.send_due() == 4
    assert statuses() == ["sent"] * 4
    assert Message.objects.filter(external_id="wamid.P1").count() == 1


def test_what_fails_fails_alone(api, crowd):
    chats = crowd(3)
    for number, chat in enumerate(chats):
        says(crowd, chat, f"{number}")
    numbers = itertools.count()

    def respond(handler):
        refused = {"error": {"code": 131026, "message": "x"}}
        if handler.said == "1":
            return say(handler, 400, json.dumps(refused).encode())
        return answer(handler, next(numbers))

    really = api.answer_request

    def listen(handler, raw):
        handler.said = json.loads(raw)["text"]["body"]
        really(handler, raw)

    api.answer_request = listen
    api.answers["messages"] = respond
    assert pumps.send_due() == 2
    assert statuses() == ["sent", "failed", "sent"]


def test_a_connection_that_is_cut_when_the_answer_is_to_be_written_loses_nothing(api, crowd, monkeypatch):
    first, second = crowd(2)
    says(crowd, first, "uno")
    takes(api)
    really, cut = outbox.record_accepted, []

    def cut_once(taken, **how):
        if not cut:
            cut.append(1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return really(taken, **how)

    monkeypatch.setattr(outbox, "record_accepted", cut_once)
    pumps.send_due()
    says(crowd, second, "dos")
    pumps.send_due()
    assert len(api.calls) == 2
    assert statuses() == ["sent", "sent"]


# --- waking it ---------------------------------------------------------------------------------------


def wakes_given():
    return wakes.current_feed().redis.llen("wake:outbox")


def test_many_wakes_are_one_until_it_is_heard(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(10):
            jobs.deliver()
    assert wakes_given() == 1
    assert wakes.hear_wake(jobs.OUTBOX)
    assert not wakes.hear_wake(jobs.OUTBOX)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.deliver()
    assert wakes.hear_wake(jobs.OUTBOX)


def test_wakes_for_the_same_moment_are_one_and_come_when_all_of_it_is_due(
    db, asked, time_machine, django_capture_on_commit_callbacks
):
    time_machine.move_to(1_800_000_000.05, tick=False)
    with django_capture_on_commit_callbacks(execute=True):
        for seconds in (2.0, 2.1, 2.19):
            jobs.deliver_later(seconds)
        jobs.deliver_later(2.3)
    [(_, first), (_, second)] = asked
    assert first == pytest.approx(2.2)
    assert second == pytest.approx(2.45)


def test_a_wake_that_nobody_could_be_given_is_given_the_next_time(
    db, monkeypatch, time_machine, django_capture_on_commit_callbacks
):
    time_machine.move_to(1_800_000_000.05, tick=False)
    told = iter([False, True])
    given = []
    monkeypatch.setattr(jobs, "_send_task", lambda *what, **_more: given.append(what) or next(told))
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            jobs.deliver_later(30)
    assert len(given) == 2


def test_the_task_hears_the_wake_before_it_looks(api, crowd):
    [chat] = crowd(1)
    wakes.give_wake(jobs.OUTBOX)
    says(crowd, chat, "hola")
    tasks.deliver()
    assert wakes_given() == 0
    assert statuses() == ["sent"]


def test_a_pump_that_listens_sends_when_it_is_woken_until_it_is_to_end(api, crowd):
    pump, [chat] = Pump(), crowd(1)
    takes(api)
    pump.listen()
    try:
        for number in range(1, 4):
            says(crowd, chat, "hola")
            while statuses() != ["sent"] * number:
                assert all(one.is_alive() for one in pump.listeners)
    finally:
        pump.stop()
        for one in pump.listeners:
            one.join(WITHIN)
    assert not any(one.is_alive() for one in pump.listeners)
