"""Who is there: the switch on, and a socket heard from in the last minute."""

from datetime import timedelta

import pytest
from django.db.models import F

from inbox.views.workspaces import list_destinations
from tests import people
from trays import presence
from trays.models import Agent, LastSeen

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
