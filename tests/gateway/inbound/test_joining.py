"""What comes at once is answered as one, in its order; whoever fails, nobody is left waiting."""

import json
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection
from django.test import Client

from chats.models import Message
from chats.receive import receiving
from gateway.inbound import joining, whole_bodies
from gateway.inbound.joining import Joiner
from origins.models import Body
from tests import people


class Desk:
    """Answers each number with its double, when it is let; a number below zero breaks all that stand with it."""

    def __init__(self, most=10):
        self.calls, self.let, self.begun = [], queue.SimpleQueue(), queue.SimpleQueue()
        self.joiner = Joiner(self.answer_all, most)
        self.pool = ThreadPoolExecutor(10)

    def answer_all(self, asked):
        self.calls.append(list(asked))
        self.begun.put(None)
        self.let.get(timeout=30)
        if min(asked) < 0:
            raise ValueError("below zero")
        return [2 * one for one in asked]

    def ask(self, *numbers, key="k"):
        """Each from a thread of its own, in this order; returns once all of them wait."""
        asked = []
        for number in numbers:
            before = self.count_waiting()
            asked.append(self.pool.submit(self.joiner.ask, key, number))
            wait_until(lambda before=before, one=asked[-1]: self.count_waiting() > before or one.done())
        return asked

    def begin(self, number, key="k"):
        """One that comes alone; returns when it is worked at."""
        asked = self.pool.submit(self.joiner.ask, key, number)
        self.begun.get(timeout=30)
        return asked

    def count_waiting(self):
        with self.joiner.lock:
            return sum(len(waiting) for waiting in self.joiner.waiting.values())

    def free(self, times=1):
        for _time in range(times):
            self.let.put(None)


def wait_until(condition):
    turn = threading.Event()
    for _try in range(3000):
        if condition():
            return
        turn.wait(0.01)
    raise AssertionError("it did not come to that")


def results(asked):
    return [one.exception(30) or one.result() for one in asked]


def test_who_comes_alone_is_answered_alone_and_leaves_nothing():
    desk = Desk()
    desk.free()
    assert desk.joiner.ask("k", 4) == 8
    assert (desk.calls, desk.joiner.waiting) == ([[4]], {})


def test_all_who_came_meanwhile_are_answered_by_the_next_call_in_their_order():
    desk = Desk(most=3)
    first = desk.begin(1)
    rest = desk.ask(2, 3, 4, 5)
    desk.free(3)
    assert results([first, *rest]) == [2, 4, 6, 8, 10]
    assert desk.calls == [[1], [2, 3, 4], [5]]
    assert desk.joiner.waiting == {}


def test_an_error_is_told_to_all_of_its_call_and_to_nobody_else():
    desk = Desk(most=2)
    first = desk.begin(1)
    rest = desk.ask(2, -3, 4)
    desk.free(3)
    found = results([first, *rest])
    assert (found[0], found[3]) == (2, 8)
    assert [type(one) for one in found[1:3]] == [ValueError] * 2


class Ended(BaseException):
    pass


def test_who_is_ended_while_working_for_all_leaves_nobody_waiting(monkeypatch):
    desk = Desk(most=1)
    first = desk.begin(1)
    rest = desk.ask(2)
    monkeypatch.setattr(desk.joiner, "answer_all", lambda asked: (_ for _ in ()).throw(Ended()))
    desk.free()
    assert results([first]) == [2]
    assert isinstance(rest[0].exception(30), Ended)
    assert desk.joiner.waiting == {}


def test_who_is_ended_while_waiting_is_waited_for_by_nobody(monkeypatch):
    desk = Desk()
    first = desk.begin(1)

    def wait(_call, _seconds):
        raise Ended

    with monkeypatch.context() as patched:
        patched.setattr(joining._Call, "wait", wait)
        with pytest.raises(Ended):
            desk.joiner.ask("k", 2)
    desk.free()
    assert results([first]) == [2]
    assert desk.joiner.waiting == {}


def test_one_key_waits_for_no_other():
    desk = Desk()
    one, other = desk.begin(1, key="a"), desk.begin(2, key="b")
    desk.free(2)
    assert results([one, other]) == [2, 4]


def test_who_has_waited_too_long_comes_again_and_is_not_answered_behind_its_back(monkeypatch):
    monkeypatch.setattr(joining, "MAX_WAIT_SECONDS", 0.05)
    desk = Desk()
    first = desk.begin(1)
    [late] = desk.ask(2)
    assert isinstance(late.exception(30), OperationalError)
    desk.free()
    assert results([first]) == [2]
    assert (desk.calls, desk.joiner.waiting) == ([[1]], {})


# --- bodies ---------------------------------------------------------------------------------------


def test_webhooks_that_come_at_once_are_one_transaction_and_each_is_told_what_became_of_its_own(
    transactional_db, monkeypatch
):
    origin = people.http_origin()
    people.waiting(origin, sender="c-0")
    calls, begun, let = [], threading.Event(), threading.Event()
    really = receiving.receive_bodies

    def receive(origin, bodies):
        calls.append(len(bodies))
        if len(calls) == 1:
            begun.set()
            assert let.wait(30)
        return really(origin, bodies)

    monkeypatch.setattr(receiving, "receive_bodies", receive)

    def post(body):
        try:
            return people.post_signed(Client(), origin, body).json()
        finally:
            connection.close()

    def said(number, sender="c-0"):
        return {"messages": [{"id": f"said-{number}", "from": sender, "text": f"n{number}"}]}

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(post, said(0))
        assert begun.wait(30)
        rest = [pool.submit(post, body) for body in (said(1), said(2), said(2), said(3, "c-new"))]
        joined = whole_bodies.joined
        wait_until(lambda: len(joined.waiting.get(origin.pk, ())) == 4)
        let.set()
        answers = [one.result(30) for one in (first, *rest)]
    assert calls[:2] == [1, 4]
    assert [answer["accepted"] for answer in (answers[0], answers[1], answers[4])] == [1, 1, 1]
    # the same bytes twice: one of them brought it
    assert sorted(answer["accepted"] for answer in answers[2:4]) == [0, 1]
    assert Message.objects.filter(origin=origin, external_id__startswith="said-").count() == 4
    assert Body.objects.filter(origin=origin).count() == 4
    assert joined.waiting == {}


def test_while_nobody_can_store_all_who_wait_are_told_to_come_again(transactional_db, monkeypatch):
    origin = people.http_origin()
    people.waiting(origin, sender="c-0")

    def receive(_origin, _bodies):
        raise OperationalError("gone")

    monkeypatch.setattr(receiving, "receive_bodies", receive)
    answer = people.post_signed(Client(), origin, {"messages": [{"id": "m", "from": "c-0", "text": "a"}]})
    assert (answer.status_code, json.loads(answer.content)) == (503, {"reason": "try again"})
    assert not Body.objects.exists()
