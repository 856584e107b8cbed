"""*Posponer* and *Recordarme*: the forms, what they answer, and what agents are told."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from chats import moves
from chats.messages import reminders, replies, snoozing
from chats.models import Reminder
from inbox.chosen_times import offer_times
from inbox.held_chats import read_held
from inbox.models import AgentSettings
from inbox.notices.kinds import Kind
from inbox.notices.news import describe_news, find_all
from inbox.templatetags.ui import time_ahead
from tests import people
from tests.inbox.pages import HTMX, pane_of, signed_in, words_of

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("America/Montevideo")


@pytest.fixture
def chat(http_origin, ana, ventas):
    return people.held(http_origin, ana, ventas, name="Marta Gómez")


def soon(hours=1):
    return (timezone.now() + timedelta(hours=hours)).isoformat()


def test_the_offered_times_are_of_the_installations_clock():
    friday = datetime(2026, 11, 20, 15, 30, tzinfo=ZONE)
    offered = {one.label: one.at for one in offer_times(friday)}
    assert offered["mañana 9:00"] == datetime(2026, 11, 21, 9, tzinfo=ZONE)
    assert offered["lunes 9:00"] == datetime(2026, 11, 23, 9, tzinfo=ZONE)
    assert time_ahead(offered["lunes 9:00"], friday) == "lunes 9:00"
    # a Monday itself means the next one; on a Sunday tomorrow is Monday
    assert {one.label: one.at for one in offer_times(friday + timedelta(days=3))}["lunes 9:00"].day == 30
    assert [one.label for one in offer_times(friday + timedelta(days=2))][-1] == "mañana 9:00"


def test_ana_snoozes_with_a_plain_form_and_finds_it_at_the_end_of_hers(chat, ana, http_origin):
    client, url = signed_in(ana), reverse("snooze", args=[chat.pk])
    assert "mañana 9:00" in client.get(url).content.decode()
    answer = client.post(url, {"until": soon()})
    assert (answer.status_code, answer.url) == (303, reverse("chats"))
    other = people.held(http_origin, ana)
    held = read_held(ana)
    assert ([*held.waiting, *held.answered], held.snoozed) == ([other], [chat])
    page = words_of(client.get(reverse("chats")).content.decode())
    assert "Pospuestos 1" in page
    assert "Pospuesto hasta" in page
    assert "Ana lo pospuso hasta" in words_of(pane_of(client, chat))


def test_ana_sets_a_chat_aside_without_a_time_until_marta_answers(chat, ana, http_origin):
    client, url = signed_in(ana), reverse("snooze", args=[chat.pk])
    assert "hasta que conteste" in client.get(url).content.decode()
    assert "hasta que conteste" not in client.get(reverse("remind", args=[chat.pk])).content.decode()
    assert client.post(url, {"until": "respuesta"}).status_code == 303
    assert read_held(ana).snoozed == [chat]
    assert "Ana lo pospuso hasta que conteste" in words_of(pane_of(client, chat))
    assert "Pospuesto hasta que el cliente conteste." in words_of(pane_of(client, chat))
    assert "Pospuesto hasta que conteste" in words_of(client.get(reverse("chats")).content.decode())
    assert snoozing.return_due(timezone.now() + timedelta(days=400)) == 0
    people.says(http_origin, chat.contact.addresses.get().value, "¿Y?")
    assert not people.fresh(chat).is_snoozed
    # a reminder needs a time
    assert client.post(reverse("remind", args=[chat.pk]), {"until": "respuesta"}).status_code == 422


def test_the_undo_bar_brings_it_back_into_its_pane(chat, ana):
    client = signed_in(ana)
    client.get(reverse("chat", args=[chat.pk]))
    answer = client.post(reverse("snooze", args=[chat.pk]), {"until": soon()}, headers=HTMX)
    done = json.loads(answer["HX-Trigger"])["undo"]
    assert done["title"].startswith("Pospuesto hasta ")
    assert f'id="pane-{chat.pk}"' not in answer.content.decode()
    back = client.post(done["url"], headers=HTMX)
    assert f'id="pane-{chat.pk}"' in back.content.decode()
    assert not people.fresh(chat).is_snoozed


def test_a_snoozed_chat_counts_as_unanswered_nowhere(chat, ana):
    client = signed_in(ana)
    unread = f'{{"{chat.pk}": 1}}'
    assert unread in client.get(reverse("chats")).content.decode()
    snoozing.snooze_chat(chat.pk, ana, timezone.now() + HOUR)
    assert unread not in client.get(reverse("chats")).content.decode()


@pytest.mark.parametrize("given", [
    {}, {"until": "mañana"}, {"until": "2026-13-40T99:00"}, {"until": "0001-01-01T00:00"}, {"until": "9999-12-31T23:59"},
    {"day": "2031-01-01"}, {"hour": "09:00"}, {"day": "2020-01-01", "hour": "09:00"}, {"day": "x" * 5000, "hour": "\x00"},
])  # fmt: skip
@pytest.mark.parametrize("name", ["snooze", "remind"])
def test_a_time_that_is_none_is_refused_in_the_form_and_nothing_is_written(name, given, chat, ana):
    answer = signed_in(ana).post(reverse(name, args=[chat.pk]), given, headers=HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not people.fresh(chat).is_snoozed
    assert not Reminder.objects.exists()


def test_own_time_is_of_the_installation(chat, ana):
    day = (timezone.localtime() + timedelta(days=2)).date()
    signed_in(ana).post(reverse("snooze", args=[chat.pk]), {"day": day.isoformat(), "hour": "10:30"})
    assert people.fresh(chat).snoozed_until == datetime(day.year, day.month, day.day, 10, 30, tzinfo=ZONE)


def test_anothers_chat_is_neither_snoozed_nor_woken_nor_reminded_of(chat, ana, bruno, sofia):
    for name in ("snooze", "wake", "remind"):
        answer = signed_in(bruno).post(reverse(name, args=[chat.pk]), {"until": soon()}, headers=HTMX)
        assert answer.status_code == 403, name
        assert signed_in(bruno).post(reverse(name, args=[10**9]), {"until": soon()}).status_code == 404
    # a supervisor sees it, but it is not hers to set aside
    assert signed_in(sofia).post(reverse("snooze", args=[chat.pk]), {"until": soon()}, headers=HTMX).status_code == 403
    assert signed_in(sofia).get(reverse("snooze", args=[chat.pk])).status_code == 302
    moves.give_back(chat.pk, ana)
    assert signed_in(ana).post(reverse("snooze", args=[chat.pk]), {"until": soon()}, headers=HTMX).status_code == 409


def test_a_reminder_stands_in_its_agents_pane_and_is_cancelled_there(chat, ana, sofia):
    client, headers = signed_in(ana), {**HTMX, "HX-Target": f"pane-{chat.pk}"}
    client.get(reverse("chat", args=[chat.pk]))
    answer = client.post(reverse("remind", args=[chat.pk]), {"until": soon(), "text": "<b>flete</b>"}, headers=headers)
    assert "&lt;b&gt;flete&lt;/b&gt;" in answer.content.decode()
    assert "flete" not in pane_of(signed_in(sofia), chat)
    cancel = reverse("reminder_cancel", args=[Reminder.objects.get().pk])
    assert signed_in(sofia).post(cancel).status_code == 404
    assert signed_in(sofia).get(cancel).status_code == 404
    assert client.get(cancel).url == reverse("chat", args=[chat.pk])
    assert "flete" not in client.post(cancel, headers=headers).content.decode()
    assert client.post(cancel, headers=headers).status_code == 404
    assert not Reminder.objects.exists()


# --- notices ---------------------------------------------------------------------------------------


def told(agent, **own):
    found = find_all(agent, [Kind.REMINDER])
    return describe_news(agent, AgentSettings(agent=agent, **own), found), found[Kind.REMINDER]


def test_a_reminder_is_news_for_its_agent_alone_and_its_words_only_where_wanted(chat, ana, sofia):
    now = timezone.now()
    reminders.set_reminder(chat.pk, ana, now + HOUR, "llamar al flete", now=now)
    assert told(ana) == (None, {})
    reminders.ring_due(now + HOUR)
    notice, marks = told(ana)
    assert (notice.title, notice.body, notice.url) == ("Marta Gómez", "Recordatorio", f"/chat/{chat.pk}/")
    assert list(marks.values()) == [chat.pk]
    assert told(ana, shows_text=True)[0].body == "llamar al flete"
    assert told(sofia) == (None, {})


def test_of_a_chat_that_left_since_it_rang_nothing_is_said(chat, ana, soporte):
    reminders.set_reminder(chat.pk, ana, timezone.now() + HOUR)
    reminders.ring_due(timezone.now() + 2 * HOUR)
    moves.send(chat.pk, soporte, ana)
    assert told(ana) == (None, {})


def test_who_snoozed_a_chat_is_told_that_it_is_back_and_of_each_at_the_same_time(chat, ana, http_origin):
    now = timezone.now()
    other = people.held(http_origin, ana)
    for one in (chat, other):
        replies.send_reply(one.pk, ana, "mañana te digo")
        snoozing.snooze_chat(one.pk, ana, now + HOUR)
    snoozing.return_due(now + HOUR)
    notice, marks = told(ana)
    assert set(marks.values()) == {chat.pk, other.pk}
    assert notice.title == "2 recordatorios"


def test_an_unanswered_chat_that_is_snoozed_is_no_news(chat, ana, http_origin):
    people.says(http_origin, chat.contact.shown_address, "¿Seguís ahí?")
    assert find_all(ana, [Kind.ANSWER])[Kind.ANSWER]
    snoozing.snooze_chat(chat.pk, ana, timezone.now() + HOUR)
    assert find_all(ana, [Kind.ANSWER]) == {Kind.ANSWER: {}}
