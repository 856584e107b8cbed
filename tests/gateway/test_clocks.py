"""A clock that jumped: nothing is written or done by it, until it agrees with the database's again."""

import time
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from chats.messages import replies
from chats.models import Chat
from common import clocks
from gateway import tasks
from gateway.alarms import watch
from gateway.outbound import pump
from origins.models import Body
from tests import people
from tests.inbox.pages import HTMX, signed_in


@pytest.mark.parametrize("jump", [timedelta(days=1, hours=1), timedelta(days=400), -timedelta(hours=1)])
def test_nobody_expires_and_nothing_is_forgotten_by_a_clock_that_jumped(jump, http_origin, settings, caplog):
    chat = people.waiting(http_origin)
    kept = Body.objects.create(origin=http_origin, raw=b"{}", digest=b"x" * 32)
    settings.MESSAGES_KEPT_DAYS = 30
    with time_machine.travel(time.time() + jump.total_seconds()):
        assert tasks.expire_due() is None
        assert tasks.prune() is None
        assert tasks.forget_old() is None
        assert tasks.send_scheduled() is None
    assert people.fresh(chat).state == "BANDEJA"
    assert chat.messages.get(direction="in").text
    assert Body.objects.filter(pk=kept.pk).exists()
    assert "expire_due waits: the clock here and that of the database are" in caplog.text
    # what is due by both is done
    type(chat).objects.filter(pk=chat.pk).update(session_expires_at=timezone.now() - timedelta(minutes=1))
    assert tasks.expire_due() == 1


@pytest.fixture
def watched(db, monkeypatch):
    """What this process sees, with the look that tests go without (tests/conftest.py)."""
    for name, value in {"apart": 0.0, "offset": None, "note": partial(clocks.Watched.note, clocks.watched)}.items():
        monkeypatch.setattr(clocks.watched, name, value)
    return clocks.watched


@pytest.fixture
def jumped(watched):
    """A day and an hour ahead: all sessions would be over."""
    watch.read_clock()
    with time_machine.travel(time.time() + 25 * 3600):
        yield watched


def test_a_clock_that_jumps_is_seen_at_once_and_so_is_one_that_is_right_again(watched, django_assert_num_queries):
    assert not watched.are_apart()  # nobody has looked
    watch.read_clock()
    with django_assert_num_queries(0):
        assert not watched.are_apart()
    with time_machine.travel(time.time() + 3600):
        assert watched.are_apart()
        # what was seen holds, without asking anew
        with django_assert_num_queries(0):
            assert watched.are_apart()
    assert not watched.are_apart()


def test_what_a_network_sends_is_left_for_it_to_send_again(jumped, http_origin, client):
    body = {"messages": [{"id": "m1", "from": "marta", "text": "Hola"}]}
    answer = people.post_signed(client, http_origin, body)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "El reloj del servidor está mal" in answer.json()["reason"]
    assert not Body.objects.exists()
    assert not Chat.objects.exists()


def test_it_is_taken_once_the_clock_is_right(watched, http_origin, client):
    watch.read_clock()
    body = {"messages": [{"id": "m1", "from": "marta", "text": "Hola"}]}
    with time_machine.travel(time.time() + 25 * 3600):
        assert people.post_signed(client, http_origin, body).status_code == 503
    assert people.post_signed(client, http_origin, body).status_code == 200
    assert Chat.objects.get().state == "BANDEJA"


def test_an_agent_and_a_program_are_told_so_in_words(watched, http_origin, ana):
    chat = people.waiting(http_origin)
    client, watched.apart, watched.offset = signed_in(ana), 3600.0, time.time() - time.monotonic()
    take = reverse("take", args=[chat.pk])
    page = client.post(take)
    assert page.status_code == 503
    assert "El reloj del servidor está mal" in page.content.decode()
    assert client.post(take, headers=HTMX)["HX-Reswap"] == "none"
    problem = client.post("/api/v1/conversations/1/messages", "{}", content_type="application/json")
    assert (problem.status_code, problem["Content-Type"]) == (503, "application/problem+json")
    assert people.fresh(chat).state == "BANDEJA"
    # what is there is shown all the same, and who asks whether this process is ready is told
    assert client.get("/bandejas/").status_code in (200, 302)
    assert client.get("/readyz").json()["wrong"]["clock"].startswith("3600 s")


def test_nothing_is_sent_by_a_worker_whose_clock_jumped(watched, ana):
    said = replies.send_reply(people.held(people.http_origin(callback_url="http://127.0.0.1:9/"), ana).pk, ana, "Va")
    watched.apart, watched.offset = -3600.0, time.time() - time.monotonic()
    assert pump.send_due() == 0
    said.refresh_from_db()
    assert (said.status, said.attempts, said.next_try_at) == ("queued", 0, None)
