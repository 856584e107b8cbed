"""Disponible or Ausente and why: chosen from a list or in own words, logged, and shown where a chat is sent to somebody."""

import pytest

from chats import moves
from tests import people
from tests.inbox.pages import signed_in
from trays import presence
from trays.models import Agent, PresenceChange

pytestmark = pytest.mark.django_db


def now(agent):
    return Agent.objects.values_list("is_available", "away_reason").get(pk=agent.pk)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"reason": "Almuerzo"}, "Almuerzo"),
        ({"reason": "", "own": "  Voy al banco\n"}, "Voy al banco"),
        ({"reason": "Almuerzo", "own": "\u202eocnab"}, "ocnab"),
        ({}, ""),
        ({"own": "x" * 60}, "x" * 60),
    ],
)
def test_ana_is_away_and_says_why(ana, typed, kept):
    answer = signed_in(ana).post("/presence/", {"available": "0"} | typed)
    assert answer.status_code == 302
    assert now(ana) == (False, kept)
    (change,) = PresenceChange.objects.all()
    assert (change.agent, change.was, change.became, change.reason) == (ana, "available", "away", kept)


def test_a_reason_that_is_too_long_is_refused_and_changes_nothing(ana):
    answer = signed_in(ana).post("/presence/", {"available": "0", "own": "x" * 61})
    assert answer.status_code == 422
    assert "hasta 60 caracteres" in answer.content.decode()
    assert now(ana) == (True, "")
    assert not PresenceChange.objects.exists()


@pytest.mark.parametrize("said", [{}, {"available": ""}, {"available": "no", "reason": "Almuerzo"}])
def test_what_is_neither_available_nor_away_changes_nothing(ana, said):
    answer = signed_in(ana).post("/presence/", said)
    assert answer.status_code == 422
    assert "Elegí entre Disponible y Ausente" in answer.content.decode()
    assert now(ana) == (True, "")
    assert not PresenceChange.objects.exists()


def test_the_switch_says_how_ana_is_and_leads_back(ana):
    client = signed_in(ana)
    page = client.get("/bandejas/", follow=True).content.decode()
    assert "Presencia de Ana Ferreyra: Disponible" in page
    assert 'value="Almuerzo"' in page
    client.post("/presence/", {"available": "0", "own": "<b>banco</b>"})
    page = client.get("/bandejas/", follow=True).content.decode()
    assert "Presencia de Ana Ferreyra: Ausente" in page
    assert "&lt;b&gt;banco&lt;/b&gt;" in page
    assert "<b>banco</b>" not in page
    client.post("/presence/", {"available": "1"})
    assert now(ana) == (True, "")


def test_whoever_sends_a_chat_to_an_agent_sees_how_they_are(http_origin, ventas, ana, bruno, caio, sofia):
    chat = people.waiting(http_origin, ventas)
    moves.take(chat.pk, ana)
    presence.note_seen([bruno.pk, caio.pk])
    presence.set_presence(caio, is_available=False, reason="Reunión")
    page = signed_in(ana).get(f"/chat/{chat.pk}/").content.decode()
    menu = page.split("wa-send-list")[1].split("</form>")[0]
    of = {name: next(row for row in menu.split("<button") if name in row) for name in ("Bruno", "Caio", "Sofía")}
    assert "disponible" in of["Bruno"]
    assert "ausente: Reunión" in of["Caio"]
    assert "sin conexión" in of["Sofía"]
    assert "is-away" in of["Caio"]
    assert "is-off" in of["Sofía"]
