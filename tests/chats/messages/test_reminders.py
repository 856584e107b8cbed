"""Reminders: an agent is told of a chat at a time, if the agent may still see it then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chats import moves
from chats.errors import Rejected, Rejection
from chats.messages import reminders
from chats.models import Chat, Reminder
from tests import people
from tests.threads import Crowd

HOUR = timedelta(hours=1)


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas)


def refused(*args, **more):
    with pytest.raises(Rejected) as refusal:
        reminders.set_reminder(*args, **more)
    return refusal.value.code


def test_ana_is_reminded_once_at_the_time_that_she_set(chat, ana):
    now = timezone.now()
    made = reminders.set_reminder(chat.pk, ana, now + HOUR, "  llamar \n al flete ", now=now)
    assert reminders.set_reminder(chat.pk, ana, now + HOUR, now=now) == made
    assert made.text == "llamar al flete"
    assert reminders.list_waiting(ana, [chat.pk]) == {chat.pk: [made]}
    assert reminders.ring_due(now + HOUR / 2) == 0
    assert reminders.ring_due(now + HOUR) == 1
    assert reminders.ring_due(now + HOUR) == 0
    assert Reminder.objects.get().rung_at == now + HOUR
    assert reminders.list_waiting(ana, [chat.pk]) == {}


def test_who_does_not_see_a_chat_sets_none(chat, caio, bruno, sofia):
    now = timezone.now()
    for agent in (caio, bruno):
        assert refused(chat.pk, agent, now + HOUR) == Rejection.FORBIDDEN
    assert reminders.set_reminder(chat.pk, sofia, now + HOUR).agent == sofia
    with pytest.raises(Chat.DoesNotExist):
        reminders.set_reminder(10**9, sofia, now + HOUR)


def test_a_time_that_is_past_or_years_away_is_none(chat, ana):
    now = timezone.now()
    for at in (now, now - HOUR, now + timedelta(days=366)):
        assert refused(chat.pk, ana, at, now=now) == Rejection.INVALID
    assert not Reminder.objects.exists()


def test_of_a_chat_that_went_where_ana_does_not_see_it_she_is_told_nothing(chat, ana, soporte):
    now = timezone.now()
    reminders.set_reminder(chat.pk, ana, now + HOUR)
    moves.send(chat.pk, soporte, ana)
    assert reminders.ring_due(now + HOUR) == 0
    assert not Reminder.objects.exists()


def test_ana_cancels_her_own_and_nobody_anothers(chat, ana, sofia):
    made = reminders.set_reminder(chat.pk, ana, timezone.now() + HOUR)
    assert reminders.cancel_reminder(made.pk, sofia) is None
    assert reminders.cancel_reminder(made.pk, ana) == chat.pk
    assert reminders.cancel_reminder(made.pk, ana) is None
    assert reminders.ring_due(timezone.now() + 2 * HOUR) == 0


def test_what_rang_a_week_ago_is_forgotten(chat, ana):
    now = timezone.now()
    reminders.set_reminder(chat.pk, ana, now + HOUR)
    reminders.ring_due(now + HOUR)
    reminders.set_reminder(chat.pk, ana, now + 300 * HOUR)
    assert reminders.prune_reminders(now + HOUR) == 0
    assert reminders.prune_reminders(now + HOUR + timedelta(days=8)) == 1


def test_sweepers_at_once_ring_each_once(transactional_db, ana):
    origin, now = people.http_origin(), timezone.now()
    for _number in range(5):
        reminders.set_reminder(people.held(origin, ana).pk, ana, now + HOUR)
    with Crowd(2) as crowd:
        assert sum(crowd.at_once(lambda _n: reminders.ring_due(now + HOUR))) == 5
