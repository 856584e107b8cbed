"""Alarms: told once when one begins, again after a day, once when it is over; by one of several who look at once."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from gateway.alarms import telling, watch
from gateway.alarms.facts import Found, Trouble
from gateway.models import Alarm
from live import feed
from tests import people
from tests.threads import Crowd

BEGAN = timezone.now().replace(microsecond=0)
TROUBLE = Trouble("worker", "No da señales lo que envía.", "Mirá que esté en marcha.", page="/supervision/")


def later(**time):
    return BEGAN + timedelta(**time)


def look(*troubles, at, unknown=()):
    """One look in which these are found. Returns how many alarms were told."""
    watch.keep_found(Found(list(troubles), set(unknown)), at)
    return watch.tell_due(at)


@pytest.fixture
def admin(db):
    return people.hire("admin", first_name="Marcela", is_superuser=True, email="marcela@example.org")


def test_an_alarm_is_told_once_again_after_a_day_and_once_when_it_is_over(admin, mail_server, webhook):
    told = [look(TROUBLE, at=later(seconds=seconds)) for seconds in (0, 30, 60, 90, 3600, 86_000, 86_500, 90_000)]
    assert told == [0, 0, 1, 0, 0, 0, 1, 0]
    assert [look(at=later(seconds=90_000 + seconds)) for seconds in (60, 119, 120, 150)] == [0, 0, 1, 0]
    assert not Alarm.objects.exists()
    begun, again, over = mail_server.mails
    assert begun["To"] == "marcela@example.org"
    assert begun["Subject"] == again["Subject"] == "WittyAgent: No da señales lo que envía."
    text = " ".join(begun.get_content().split())
    since = timezone.localtime(BEGAN).strftime("%d/%m/%Y %H:%M")
    assert text.startswith(f"No da señales lo que envía. Mirá que esté en marcha. Desde {since}.")
    assert over["Subject"].strip() == "WittyAgent: Se resolvió: No da señales lo que envía."
    bodies = [told.body for told in webhook.got]
    assert [body["alarms"][0]["state"] for body in bodies] == ["standing", "standing", "over"]
    assert bodies[0]["text"] == bodies[0]["content"]
    assert bodies[0]["alarms"][0] == {
        "name": "worker", "state": "standing", "words": TROUBLE.words, "advice": TROUBLE.advice,
        "since": BEGAN.isoformat(),
    }  # fmt: skip


def test_what_flaps_is_told_once(admin, webhook):
    told = [look(*[TROUBLE] * (number % 2), at=later(seconds=number * 30)) for number in range(1, 40)]
    assert sum(told) == 1
    assert len(webhook.got) == 1


def test_what_lasts_for_less_than_a_minute_is_no_alarm(admin, webhook):
    look(TROUBLE, at=BEGAN)
    look(TROUBLE, at=later(seconds=50))
    assert [look(at=later(seconds=seconds)) for seconds in (60, 90, 120, 180)] == [0, 0, 0, 0]
    assert not Alarm.objects.exists()


def test_what_nobody_can_tell_of_is_not_over(admin, webhook):
    for seconds in (0, 60):
        look(TROUBLE, at=later(seconds=seconds))
    for minutes in range(2, 12):
        assert look(at=later(minutes=minutes), unknown=["worker"]) == 0
    assert Alarm.objects.get().told_at is not None


def test_what_could_not_be_told_is_told_later(admin, webhook):
    webhook.answers = [(500, {}), (500, {}), {}]
    look(TROUBLE, at=BEGAN)
    assert [look(TROUBLE, at=later(seconds=seconds)) for seconds in (60, 90, 200, 340, 400)] == [0, 0, 0, 1, 0]
    assert len(webhook.got) == 3


def test_one_that_takes_it_is_enough(admin, webhook, mail_server):
    mail_server.answer = "550 no such user"
    look(TROUBLE, at=BEGAN)
    assert look(TROUBLE, at=later(seconds=60)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_who_look_at_once_one_tells(webhook):
    look(TROUBLE, at=BEGAN)
    with Crowd(4) as crowd:
        told = crowd.at_once(lambda _number: look(TROUBLE, at=later(seconds=61)))
    assert sorted(told) == [0, 0, 0, 1]
    assert len(webhook.got) == 1


def test_without_anybody_to_tell_it_stands_all_the_same(db):
    for seconds in (0, 60, 120):
        assert look(TROUBLE, at=later(seconds=seconds)) == 0
    assert [row.words for row in watch.read_standing(later(seconds=120))] == [TROUBLE.words]


def test_mails_go_to_whom_the_settings_name_or_to_administrators(admin, ana, settings):
    assert telling.find_mailed() == ["marcela@example.org"]
    settings.ALARM_MAILS = ["ops@example.org"]
    assert telling.find_mailed() == ["ops@example.org"]


def test_a_notice_can_be_tried(db, webhook, capsys):
    call_command("alarms", "--try")
    assert capsys.readouterr().out == "told\n"
    assert webhook.got[0].body["text"].startswith("Prueba: así avisa WittyAgent")


# --- what pages show -------------------------------------------------------------------------------


@pytest.fixture
def without_worker(all_well, monkeypatch):
    """As this process knows after its looks; nothing runs that a web process would need for it."""
    feed.current_feed().redis.delete("signs:worker")
    monkeypatch.setattr(watch, "_standing", ())
    watch.look()
    Alarm.objects.update(began_at=timezone.now() - timedelta(minutes=2))
    watch.look()


@pytest.mark.parametrize("page", ["/bandejas/", "/supervision/", "/admin/trays/tray/"])
def test_supervisors_are_told_on_every_page_that_no_worker_runs_and_agents_are_not(
    without_worker, client, sofia, ana, page
):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    shown = " ".join(client.get(page).content.decode().split())
    assert 'id="alarms"' in shown
    assert "No da señales lo que envía (worker)." in shown
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert 'id="alarms"' not in client.get("/bandejas/").content.decode()


def test_the_admins_first_page_has_the_same_list_and_asks_for_it_again(without_worker, client, sofia, ana):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    page, again = client.get("/admin/").content.decode(), client.get("/admin/warnings/").content.decode()
    for shown in (page, again):
        assert shown.count("No da señales lo que envía (worker).") == 1
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/warnings/").status_code in (302, 403)
