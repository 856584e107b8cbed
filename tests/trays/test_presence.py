"""Who is there: the switch on, and a socket heard from in the last minute."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from inbox.views.workspaces import list_destinations
from tests import people
from tests.threads import Crowd
from trays import presence
from trays.models import Agent, LastSeen, Presence, PresenceChange

pytestmark = pytest.mark.django_db


def seen_ago(agent, seconds):
    presence.note_seen([agent.pk])
    LastSeen.objects.filter(agent=agent).update(at=F("at") - timedelta(seconds=seconds))


def test_whoever_never_came_or_is_gone_for_a_minute_is_not_there(ventas, soporte, ana, bruno, caio):
    assert presence.count_available() == presence.Availability(0, {})
    presence.note_seen([ana.pk])
    seen_ago(bruno, presence.SEEN_SECONDS - 5)
    seen_ago(caio, presence.SEEN_SECONDS + 1)
    assert presence.count_available() == presence.Availability(2, {ventas.pk: 2})


def test_whoever_switched_off_or_was_deactivated_is_not_there(ventas, ana, bruno, caio):
    presence.note_seen([ana.pk, bruno.pk, caio.pk])
    Agent.objects.filter(pk=ana.pk).update(is_available=False)
    Agent.objects.filter(pk=bruno.pk).update(is_active=False)
    assert presence.count_available().everyone == 1
    assert presence.count_available().by_tray.get(ventas.pk, 0) == 0


def test_an_agent_of_several_trays_is_one_person(ventas, ana, soporte):
    people.tray("Otra", ana)
    presence.note_seen([ana.pk])
    found = presence.count_available()
    assert (found.everyone, sorted(found.by_tray.values())) == (1, [1, 1])


def test_whoever_has_no_tray_counts_for_general(ventas, dora):
    presence.note_seen([dora.pk])
    assert presence.count_available() == presence.Availability(1, {})
    shown = {one.name: one.available for one in list_destinations()}
    assert (shown["General"], shown["Ventas"]) == (1, 0)


def test_words_in_a_row_are_one_write(ana):
    presence.note_seen([ana.pk])
    first = LastSeen.objects.get(agent=ana).at
    presence.note_seen([ana.pk])
    assert LastSeen.objects.get(agent=ana).at == first
    presence.note_seen([0, ana.pk + 1000])  # nobody's
    assert LastSeen.objects.count() == 1


def said_of(agent):
    return list(PresenceChange.objects.filter(agent=agent).order_by("pk").values_list("was", "became", "reason"))


def test_what_lists_show_of_an_agent_is_what_is_true(ana, bruno, caio, dora):
    presence.note_seen([ana.pk, bruno.pk])
    seen_ago(caio, presence.SEEN_SECONDS + 1)
    presence.set_presence(bruno, is_available=False, reason="Almuerzo")
    shown = dict(Agent.objects.annotate(how=presence.presence_of()).values_list("pk", "how"))
    wanted = {ana: Presence.AVAILABLE, bruno: Presence.AWAY, caio: Presence.OFF, dora: Presence.OFF}
    assert {agent: shown[agent.pk] for agent in wanted} == wanted


def test_ana_goes_to_lunch_and_comes_back_and_each_is_logged_once(ana):
    assert presence.set_presence(ana, is_available=False, reason="Almuerzo")
    assert not presence.set_presence(ana, is_available=False, reason="Almuerzo")
    away = Agent.objects.get(pk=ana.pk)
    assert presence.set_presence(ana, is_available=False, reason="Reunión")
    still = Agent.objects.get(pk=ana.pk)
    assert (still.away_reason, still.available_since) == ("Reunión", away.available_since)
    assert presence.set_presence(ana, is_available=True, reason="Almuerzo")
    assert not presence.set_presence(ana, is_available=True)
    assert Agent.objects.get(pk=ana.pk).away_reason == ""
    assert said_of(ana) == [
        ("available", "away", "Almuerzo"), ("away", "away", "Reunión"), ("away", "available", ""),
    ]  # fmt: skip


def test_who_comes_and_who_is_gone_is_logged_once(ana, bruno):
    presence.note_seen([ana.pk, bruno.pk])
    presence.set_presence(bruno, is_available=False, reason="Almuerzo")
    assert presence.log_comings() == 2
    assert presence.log_comings() == 0
    LastSeen.objects.filter(agent=ana).update(at=F("at") - timedelta(seconds=presence.SEEN_SECONDS + 1))
    assert presence.log_comings() == 1
    assert presence.log_comings() == 0
    assert said_of(ana) == [("off", "available", ""), ("available", "off", "")]
    assert said_of(bruno) == [("available", "away", "Almuerzo"), ("off", "away", "Almuerzo")]
    gone = PresenceChange.objects.get(agent=ana, became="off")
    assert gone.at == LastSeen.objects.get(agent=ana).at


@pytest.mark.django_db(transaction=True)
def test_who_comes_is_logged_while_others_are_being_noted_and_those_the_next_time(ana, bruno):
    presence.note_seen([ana.pk, bruno.pk])
    with Crowd(1) as crowd, transaction.atomic():
        LastSeen.objects.filter(agent=ana).update(at=Now())
        # waits for nobody: two that wait for each other's rows would never end
        assert crowd.at_once(lambda _number: logged_at_once()) == [1]
    assert (said_of(ana), len(said_of(bruno))) == ([], 1)
    assert presence.log_comings() == 1
    assert said_of(ana) == [("off", "available", "")]


def logged_at_once():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        return presence.log_comings()


def test_what_was_logged_a_year_ago_is_forgotten(ana, bruno):
    now = timezone.now()
    for days in (900, 366, 364, 0):
        PresenceChange.objects.create(agent=ana, was="off", became="away", at=now - timedelta(days=days))
    assert presence.prune_log(now) == 2
    assert presence.prune_log(now) == 0
    assert PresenceChange.objects.count() == 2
    assert presence.prune_log(now + timedelta(days=800)) == 2
    assert not PresenceChange.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"was": "off", "became": "off"}, {"was": "lost", "became": "away"}, {"was": "away", "became": "gone"},
        {"was": "away", "became": "available", "reason": "Almuerzo"},
    ],
)  # fmt: skip
def test_the_database_takes_no_change_of_ana_that_is_none(ana, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        PresenceChange.objects.create(agent=ana, at=ana.date_joined, **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Agent.objects.filter(pk=ana.pk).update(away_reason="Almuerzo")
