"""The chats that an agent holds, in the order in which they ask for answers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chats.messages import replies
from inbox.held_chats import read_held
from tests import people
from tests.inbox.pages import signed_in


@pytest.fixture
def held(http_origin, ana):
    now = timezone.now()
    return [
        people.held(http_origin, ana, name=f"Cliente {number}", sender=f"c-{number}",
                    at=now - timedelta(minutes=50 - number))
        for number in range(4)
    ]  # fmt: skip


def order(agent):
    found = read_held(agent)
    return [str(one.contact)[-1] for one in found.waiting], [str(one.contact)[-1] for one in found.answered]


def test_who_waits_longest_for_an_answer_stands_first_and_the_newest_answer_after_them(http_origin, ana, held):
    now = timezone.now()
    assert order(ana) == (["0", "1", "2", "3"], [])
    replies.send_reply(held[0].pk, ana, "a las 10", now=now - timedelta(minutes=9))
    replies.send_reply(held[2].pk, ana, "a las 11", now=now - timedelta(minutes=8))
    assert order(ana) == (["1", "3"], ["2", "0"])
    # the wait began with the first thing that nobody has answered, however often it was said again
    people.says(http_origin, "c-0", "¿hola?", at=now - timedelta(minutes=7), now=now)
    people.says(http_origin, "c-1", "¿hola?")
    people.says(http_origin, "c-0", "¿hola?")
    assert order(ana) == (["1", "3", "0"], ["2"])
    # a note is no answer
    replies.write_note(held[1].pk, ana, "es mayorista")
    assert order(ana) == (["1", "3", "0"], ["2"])


def test_one_and_many_cost_the_same(http_origin, ana, held):
    with CaptureQueriesContext(connection) as few:
        read_held(ana)
    for number in range(20):
        people.held(http_origin, ana, sender=f"d-{number}")
    with CaptureQueriesContext(connection) as many:
        read_held(ana)
    assert len(few) == len(many)
    page = signed_in(ana).get(reverse("chats")).content.decode()
    assert "is-list" in page
    assert "24 tuyos" in page


def test_the_next_without_an_answer_is_found_after_the_one_in_use(http_origin, ana, held):
    replies.send_reply(held[1].pk, ana, "a las 10")
    client, url = signed_in(ana), reverse("next_unanswered")
    assert client.get(url).url == reverse("chat", args=[held[0].pk])
    assert client.get(url, {"despues": held[0].pk}).url == reverse("chat", args=[held[2].pk])
    assert client.get(url, {"despues": held[3].pk}).url == reverse("chat", args=[held[0].pk])
    for odd in ("x", "-1", "9" * 30, held[1].pk):
        assert client.get(url, {"despues": odd}).url == reverse("chat", args=[held[0].pk])
    for chat in (held[0], held[2], held[3]):
        replies.send_reply(chat.pk, ana, "a las 11")
    assert client.get(url).url == reverse("chats")
