"""Snoozes: a held chat set aside by its agent until a time, or until its customer writes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chats import expiry, moves, undo
from chats.errors import Rejected, Rejection
from chats.messages import replies, snoozing
from chats.models import Chat, Reminder
from tests import people
from tests.threads import Crowd
from trays.models import Tray

HOUR = timedelta(hours=1)


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, sender="marta")


def lines(chat):
    return [one.payload["snooze"] for one in chat.messages.filter(payload__has_key="snooze").order_by("pk")]


def refused(*args, **more):
    with pytest.raises(Rejected) as refusal:
        snoozing.snooze_chat(*args, **more)
    return refusal.value.code


def test_ana_sets_her_chat_aside_and_it_stays_hers_with_a_line_that_says_so(chat, ana):
    until = timezone.now() + HOUR
    asked = chat.asked_at
    snoozing.snooze_chat(chat.pk, ana, until)
    snoozing.snooze_chat(chat.pk, ana, until)
    after = people.fresh(chat)
    assert (after.snoozed_until, after.agent, after.state) == (until, ana, "AGENTE")
    assert (after.asked_at, after.asks_for_answer, after.is_snoozed) == (asked, False, True)
    assert lines(chat) == ["snoozed"]
    assert list(Chat.objects.snoozed()) == [chat]
    assert people.all_consistent()


def test_only_its_agent_sets_it_aside_and_only_until_a_time_to_come(chat, ana, bruno, sofia, http_origin, ventas):
    now = timezone.now()
    for agent in (bruno, sofia):
        assert refused(chat.pk, agent, now + HOUR) == Rejection.FORBIDDEN
    assert refused(people.waiting(http_origin, ventas).pk, ana, now + HOUR) == Rejection.CONFLICT
    for until in (now, now - HOUR, now + timedelta(days=91)):
        assert refused(chat.pk, ana, until, now=now) == Rejection.INVALID
    assert not Chat.objects.snoozed().exists()
    assert lines(chat) == []


def test_an_answer_of_the_customer_wakes_it(chat, ana, http_origin):
    replies.send_reply(chat.pk, ana, "¿A qué hora pasás?")
    snoozing.snooze_chat(chat.pk, ana, timezone.now() + HOUR)
    people.says(http_origin, "marta", "A las 10")
    after = people.fresh(chat)
    assert (after.snoozed_until, after.asks_for_answer, after.agent) == (None, True, ana)


def test_what_comes_a_day_late_wakes_nothing(chat, ana, http_origin):
    until = timezone.now() + HOUR
    snoozing.snooze_chat(chat.pk, ana, until)
    people.says(http_origin, "marta", "de ayer", at=timezone.now() - timedelta(hours=25))
    assert people.fresh(chat).snoozed_until == until


def test_on_time_it_is_back_at_its_old_wait_and_its_agent_is_told(chat, ana):
    now = timezone.now()
    snoozing.snooze_chat(chat.pk, ana, now + HOUR, now=now)
    assert snoozing.return_due(now + HOUR / 2) == 0
    assert snoozing.return_due(now + HOUR) == 1
    assert snoozing.return_due(now + HOUR) == 0
    after = people.fresh(chat)
    assert (after.snoozed_until, after.asked_at) == (None, chat.asked_at)
    assert lines(chat) == ["snoozed", "returned"]
    [told] = Reminder.objects.all()
    assert (told.agent, told.chat, told.is_return, told.rung_at) == (ana, chat, True, now + HOUR)


def test_ana_brings_it_back_herself_and_no_other_does(chat, ana, bruno):
    snoozing.snooze_chat(chat.pk, ana, timezone.now() + HOUR)
    with pytest.raises(Rejected):
        snoozing.wake_chat(chat.pk, bruno)
    snoozing.wake_chat(chat.pk, ana)
    snoozing.wake_chat(chat.pk, ana)
    assert not people.fresh(chat).is_snoozed
    assert lines(chat) == ["snoozed", "woken"]


@pytest.mark.parametrize("ends", [
    lambda chat, ana: moves.give_back(chat.pk, ana),
    lambda chat, ana: moves.send(chat.pk, Tray.objects.general(), ana),
    lambda chat, ana: moves.close(chat.pk, ana),
    lambda chat, ana: expiry.expire(now=chat.session_expires_at),
], ids=["give_back", "send", "close", "expiry"])  # fmt: skip
def test_every_move_ends_it(ends, chat, ana):
    snoozing.snooze_chat(chat.pk, ana, timezone.now() + HOUR)
    ends(chat, ana)
    assert people.fresh(chat).snoozed_until is None
    assert snoozing.return_due(timezone.now() + 2 * HOUR) == 0
    assert not Reminder.objects.exists()


def test_undoing_a_move_does_not_bring_the_snooze_back(chat, ana):
    snoozing.snooze_chat(chat.pk, ana, timezone.now() + HOUR)
    moves.close(chat.pk, ana)
    undo.undo_move(chat.pk, ana)
    assert not people.fresh(chat).is_snoozed


def test_sweepers_at_once_bring_each_back_once_in_batches(transactional_db, ana):
    origin, now = people.http_origin(), timezone.now()
    for _number in range(5):
        snoozing.snooze_chat(people.held(origin, ana).pk, ana, now + HOUR)
    with Crowd(2) as crowd:
        done = crowd.at_once([lambda _n: snoozing.return_due(now + HOUR, batch=2)] * 2)
    assert sum(done) == Reminder.objects.count() == 5
    assert not Chat.objects.snoozed().exists()
