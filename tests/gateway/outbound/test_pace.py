"""Limits of networks, lines and chats: who is held, for how long, and that no try is burned."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats.messages import replies
from chats.models import Message
from gateway.outbound import claims
from live import throttle
from origins import health, pace
from origins.capabilities import CAPABILITIES
from origins.models import Origin
from tests import people
from tests.gateway.outbound.outbox_runs import fresh, held, passed, refuses, takes
from tests.pumping import deliver_chat


def test_the_pair_limit_holds_its_chat_only_and_burns_no_attempt(api, origin, chat, ana):
    other = held(origin, ana, sender="5491155550202")
    refuses(api, 131056)
    message = replies.send_reply(chat.pk, ana, "Va")
    for _ in range(len(claims.BACKOFF) + 3):
        deliver_chat(chat.pk)
        assert fresh(message).status == "queued"
        passed(chat)
    assert fresh(message).attempts == 0
    takes(api)
    theirs = replies.send_reply(other.pk, ana, "Otro")
    assert deliver_chat(other.pk) == 1
    assert fresh(theirs).status == "sent"
    # and one real trouble after all that is not the end of it
    api.answers["messages"] = (500, {})
    deliver_chat(chat.pk)
    assert fresh(message).status == "queued"


def test_a_time_that_the_network_names_is_kept(api, db, ana):
    telegram = people.telegram_origin(api_url=api.url)
    api.answers[""] = (429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 37}})
    chat = held(telegram, ana)
    message = replies.send_reply(chat.pk, ana, "Va")
    before = timezone.now()
    deliver_chat(chat.pk)
    assert before + timedelta(seconds=36) < fresh(message).next_try_at < timezone.now() + timedelta(seconds=38)
    assert chat.pk not in claims.find_due_chats(timezone.now())


@pytest.mark.parametrize("code", [130429, 80007, 4])
def test_the_lines_limit_holds_the_whole_line(api, origin, chat, ana, code):
    other = held(origin, ana, sender="5491155550202")
    refuses(api, code)
    first, second = replies.send_reply(chat.pk, ana, "uno"), replies.send_reply(other.pk, ana, "dos")
    deliver_chat(chat.pk)
    assert (fresh(first).status, fresh(first).attempts) == ("queued", 0)
    deliver_chat(other.pk)
    assert len(api.calls) == 1
    assert pace.reserve_send(origin, other.pk) > 0
    assert fresh(second).attempts == 0
    takes(api)
    # what is longer than a moment supervisors see, too
    Origin.objects.update(held_until=None)
    for one in (chat, other):
        passed(one)
        assert deliver_chat(one.pk) == 1


@pytest.mark.parametrize("code", [190, 131042, 131031, 10])
def test_an_account_in_trouble_waits_and_nothing_is_burned(api, origin, chat, ana, code):
    other = held(origin, ana, sender="5491155550202")
    elsewhere = held(people.whatsapp_origin(line_id="2", account_id="2000009", api_url=api.url), ana)
    refuses(api, code)
    first, second = replies.send_reply(chat.pk, ana, "uno"), replies.send_reply(other.pk, ana, "dos")
    third = replies.send_reply(elsewhere.pk, ana, "tres")
    for _ in range(len(claims.BACKOFF) + 3):
        deliver_chat(chat.pk)
        assert (fresh(first).status, fresh(first).attempts) == ("queued", 0)
        assert chat.pk not in claims.find_due_chats(timezone.now())
        Origin.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    deliver_chat(chat.pk)
    origin.refresh_from_db()
    assert origin.trouble
    assert origin.trouble_at
    assert origin.held_until > timezone.now()
    # nobody of this line tries meanwhile, others do
    calls = len(api.calls)
    deliver_chat(other.pk)
    assert len(api.calls) == calls
    assert claims.find_due_chats(timezone.now()) == [elsewhere.pk]
    assert claims.find_due_chats(timezone.now() + health.PROBE_PAUSE + timedelta(seconds=1)) == [
        chat.pk,
        other.pk,
        elsewhere.pk,
    ]
    takes(api)
    assert deliver_chat(elsewhere.pk) == 1
    origin.refresh_from_db()
    assert origin.trouble  # of the other line's account it says nothing
    Origin.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert deliver_chat(chat.pk) == 1
    origin.refresh_from_db()
    assert (origin.trouble, origin.trouble_at, origin.held_until) == ("", None, None)
    assert set(claims.find_due_chats(timezone.now())) == {other.pk}
    assert deliver_chat(other.pk) == 1
    assert {fresh(one).status for one in (first, second, third)} == {"sent"}


def test_a_failed_receipt_for_the_account_stops_the_line_too(api, origin, chat, ana):
    first, second = (replies.send_reply(chat.pk, ana, text) for text in ("uno", "dos"))
    Message.objects.filter(pk=second.pk).update(next_try_at=timezone.now() + timedelta(hours=1))
    deliver_chat(chat.pk)
    failed = people.wa_status(fresh(first).external_id, "failed", ours=first.uuid, code=131042)
    people.post_meta(Client(), origin, people.wa_statuses(failed))
    origin.refresh_from_db()
    assert origin.trouble
    assert fresh(first).status == "failed"
    passed(chat)
    Origin.objects.filter(pk=origin.pk).update(held_until=timezone.now() + health.PROBE_PAUSE)
    assert deliver_chat(chat.pk) == 0
    assert fresh(second).status == "queued"


@pytest.fixture
def frozen(monkeypatch):
    """The clock of the rates stands; called with seconds, it goes on by them. What is drawn is the least there is."""
    now, script = int(time.time()), throttle._RESERVE
    assert "redis.call('TIME')" in script

    def go_on(seconds):
        nonlocal now
        now += seconds
        monkeypatch.setattr(throttle, "_RESERVE", script.replace("redis.call('TIME')", f"{{{now}, 0}}"))

    go_on(0)
    monkeypatch.setattr(claims.random, "uniform", lambda least, _most: least)
    return go_on


def test_a_chat_of_telegram_may_send_five_at_once_and_then_one_a_second(api, db, ana, asked, frozen):
    telegram = people.telegram_origin(api_url=api.url)
    chat = held(telegram, ana)
    for number in range(8):
        replies.send_reply(chat.pk, ana, f"n{number}")
    began = timezone.now()
    assert deliver_chat(chat.pk) == 5
    waiting = Message.objects.filter(chat=chat, status="queued").order_by("id").first()
    assert began < waiting.next_try_at <= timezone.now() + timedelta(seconds=1.1)
    assert waiting.attempts == 0
    frozen(1)
    passed(chat)
    assert deliver_chat(chat.pk) == 1
    assert [call.json["text"] for call in api.calls] == [f"n{n}" for n in range(6)]


def test_a_pair_of_whatsapp_may_borrow_45_and_others_are_not_held(origin, chat, ana):
    assert [pace.reserve_send(origin, chat.pk) for _ in range(45)] == [0] * 45
    assert 5 < pace.reserve_send(origin, chat.pk) <= 6
    assert pace.reserve_send(origin, chat.pk + 1) == 0


def test_a_line_has_its_own_limit(origin, monkeypatch):
    # slow enough for any machine
    monkeypatch.setitem(CAPABILITIES, "whatsapp", replace(CAPABILITIES["whatsapp"], line_rate=1 / 60, line_burst=8))
    waits = [pace.reserve_send(origin, 10_000_000 + number) for number in range(10)]
    assert waits[:8] == [0] * 8
    assert all(0 < wait <= 60 for wait in waits[8:])
