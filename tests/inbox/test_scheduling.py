"""Programar: the form, what stands over the composer, and what cancels it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from chats import moves
from chats.messages import scheduled
from chats.models import ScheduledMessage
from inbox.views.scheduling import list_choices
from tests import people
from tests.inbox.pages import HTMX, SECRET, signed_in


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, sender="c-1")


def in_hours(hours):
    return timezone.localtime(timezone.now() + timedelta(hours=hours))


def schedules(client, chat, headers=None, **form):
    wish = {"text": "Ya salió", "at": in_hours(2).isoformat(), "unless_answered": "on"} | form
    return client.post(reverse("schedule", args=[chat.pk]), wish, headers=headers or {})


def test_ana_schedules_by_the_plain_form_and_whoever_sees_the_chat_sees_it(chat, ana, sofia):
    client = signed_in(ana)
    assert "Mañana a las 9:00" in client.get(reverse("schedule", args=[chat.pk])).content.decode()
    answer = schedules(client, chat)
    assert (answer.status_code, answer.url) == (303, reverse("chat", args=[chat.pk]))
    for agent in (ana, sofia):
        page = signed_in(agent).get(reverse("chat", args=[chat.pk])).content.decode()
        assert "data-scheduled-text>Ya salió" in page
    made = ScheduledMessage.objects.get()
    assert made.unless_answered
    assert client.post(reverse("scheduled_cancel", args=[made.pk]), headers=HTMX).status_code == 200
    assert not ScheduledMessage.objects.exists()
    assert client.post(reverse("scheduled_cancel", args=[made.pk])).status_code == 409


def test_an_hour_of_ones_own_is_by_the_clock_of_the_house(chat, ana):
    own = in_hours(3).replace(second=0, microsecond=0)
    assert schedules(signed_in(ana), chat, at="", own=f"{own:%Y-%m-%dT%H:%M}").status_code == 303
    assert ScheduledMessage.objects.get().send_at == own


@pytest.mark.parametrize(
    "wish",
    [
        {"at": ""}, {"at": "mañana"}, {"at": "2026-13-45T99:99"}, {"at": "9999-12-31T23:59:59-12:00"},
        {"at": "2001-01-01T09:00"}, {"text": ""}, {"text": "\x00"}, {"text": "x" * 16_385},
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_wish_that_makes_no_sense_comes_back_with_its_words_and_the_reason(wish, headers, chat, ana):
    answer = schedules(signed_in(ana), chat, headers, **wish)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ScheduledMessage.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_customer_who_writes_while_the_form_is_open_is_read_first(headers, chat, ana):
    client = signed_in(ana)
    seen = scheduled.last_heard_id(chat)
    page = client.get(reverse("schedule", args=[chat.pk]), headers=headers).content.decode()
    assert f'name="heard" value="{seen}"' in page
    people.says(chat.origin, "c-1", "Mejor no, gracias")
    answer = schedules(client, chat, headers, heard=seen)
    assert answer.status_code == 422
    assert "escribió mientras tanto" in answer.content.decode()
    now = scheduled.last_heard_id(chat)
    assert f'name="heard" value="{now}"' in answer.content.decode()
    assert schedules(client, chat, headers, heard=now).status_code in (200, 303)
    assert ScheduledMessage.objects.get().heard_id == now


def test_nobody_schedules_in_a_chat_of_another_nor_after_it_has_gone(chat, ana, bruno, caio):
    assert schedules(signed_in(bruno), chat).status_code == 403
    moves.give_back(chat.pk, ana)
    assert schedules(signed_in(ana), chat).status_code == 409
    assert signed_in(caio).get(reverse("schedule", args=[chat.pk])).status_code == 404
    assert not ScheduledMessage.objects.exists()


def test_who_may_not_see_the_chat_neither_finds_nor_cancels_what_is_scheduled(chat, ana, bruno, caio):
    made = scheduled.schedule_message(chat.pk, ana, SECRET, in_hours(2))
    url = reverse("scheduled_cancel", args=[made.pk])
    for agent in (bruno, caio):
        client = signed_in(agent)
        assert client.get(url).status_code == client.post(url).status_code == 404
        assert SECRET not in client.get(reverse("chat", args=[chat.pk])).content.decode()
        assert list(ScheduledMessage.objects.visible_to(agent)) == []
    assert list(ScheduledMessage.objects.visible_to(ana)) == [made]


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        # a Friday
        ("2026-11-20 07:00", ["Hoy a las 9:00", "Hoy a las 18:00", "Mañana a las 9:00", "Lunes a las 9:00"]),
        ("2026-11-20 17:55", ["Mañana a las 9:00", "Lunes a las 9:00"]),
        ("2026-11-22 12:00", ["Hoy a las 18:00", "Mañana a las 9:00"]),
        ("2026-11-23 12:00", ["Hoy a las 18:00", "Mañana a las 9:00", "Lunes a las 9:00"]),
    ],
)
def test_the_hours_on_offer_are_those_to_come_and_say_what_is_out_of_session(now, offered, chat):
    at = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    chat.session_expires_at = at + timedelta(hours=1)
    choices = list_choices(chat, at)
    assert [one.words for one in choices] == offered
    assert not any(one.fits for one in choices if one.at >= chat.session_expires_at)
    chat.session_expires_at = at + timedelta(days=9)
    assert all(one.fits for one in list_choices(chat, at))
