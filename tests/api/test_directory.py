"""Trays and contacts, as bots and integrations look them up."""

from datetime import time

import pytest
from django.utils import timezone

from chats import moves
from chats.messages import replies
from contacts.models import Address, Contact
from tests import people
from tests.api.asking import problem
from trays import presence
from trays.models import Agent, Opening, Tray

SECRET = "mi tarjeta es la 4111"


# --- trays ----------------------------------------------------------------------------------------


def trays(asker):
    return {one["name"]: one for one in asker.get("/trays").json()["items"]}


def test_the_trays_are_those_one_may_hand_over_to(integration, ventas, soporte, ana, bruno):
    presence.note_seen([ana.pk, bruno.pk])
    people.tray("Vieja")
    Tray.objects.filter(name="Vieja").update(archived_at=timezone.now())
    found = trays(integration)
    assert list(found) == ["General", "Soporte", "Ventas"]
    assert found["Ventas"] == {
        "id": ventas.pk, "name": "Ventas", "kind": "custom", "agents_available": 2, "open_now": True, "opens_at": None,
    }  # fmt: skip


def test_who_could_attend_now_is_counted(integration, ventas, soporte, ana, bruno, caio, sofia):
    def counted():
        return [trays(integration)[name]["agents_available"] for name in ("General", "Ventas", "Soporte")]

    assert counted() == [0, 0, 0], "nobody is in front of a page"
    presence.note_seen([one.pk for one in (ana, bruno, caio, sofia)])
    assert counted() == [4, 2, 1]
    Agent.objects.filter(pk=ana.pk).update(is_available=False)
    Agent.objects.filter(pk=caio.pk).update(is_active=False)
    assert counted() == [2, 1, 0]


def test_a_tray_says_when_it_opens(integration, ventas):
    # one minute of the day, which it is not now
    minute = timezone.localtime().replace(hour=(timezone.localtime().hour + 12) % 24, minute=0)
    for weekday in range(7):
        Opening.objects.create(tray=ventas, weekday=weekday, opens=time(minute.hour, 0), closes=time(minute.hour, 1))
    found = trays(integration)["Ventas"]
    assert found["open_now"] is False
    assert timezone.localtime(timezone.datetime.fromisoformat(found["opens_at"])).hour == minute.hour


def test_trays_cost_the_same_with_1_and_with_30(integration, ana, bruno, django_assert_num_queries):
    integration.get("/me")
    with django_assert_num_queries(5):
        integration.get("/trays")
    for number in range(30):
        made = people.tray(f"Bandeja {number}", ana, bruno)
        Opening.objects.create(tray=made, weekday=0, opens=time(9), closes=time(18))
    with django_assert_num_queries(5):
        assert len(integration.get("/trays").json()["items"]) == 31


# --- contacts -------------------------------------------------------------------------------------


def test_a_contact_is_shown_with_both_states_and_no_message(integration, http_origin, ventas, ana):
    chat = people.waiting(http_origin, ventas, name="Marta Gómez", sender="marta", text=SECRET)
    moves.take(chat.pk, ana)
    moves.send(chat.pk, ventas, ana, note=f"nota {SECRET}")
    moves.take(chat.pk, ana)
    replies.write_note(chat.pk, ana, SECRET)
    answer = integration.get(f"/contacts/{chat.contact_id}")
    found = answer.json()
    assert (found["id"], found["name"], found["origin"]) == (chat.contact_id, "Marta Gómez", http_origin.name)
    assert found["identifiers"] == [{"kind": "http", "value": "marta"}]
    current, previous = found["current"], found["previous"]
    assert (current["state"], current["tray"], current["agent"], current["cause"]) == (
        "AGENTE",
        None,
        str(ana),
        "taken",
    )
    assert (previous["state"], previous["tray"], previous["agent"], previous["cause"]) == (
        "BANDEJA",
        "Ventas",
        None,
        "sent",
    )
    assert current["at"] > previous["at"]
    assert "4111" not in answer.content.decode()
    assert "4111" not in integration.get("/contacts").content.decode()


def test_a_revoked_address_is_not_shown(integration, http_origin):
    chat = people.waiting(http_origin, sender="marta")
    Address.objects.create(contact=chat.contact, origin=http_origin, kind="phone", value="+5491155550171")
    Address.objects.filter(value="marta").update(revoked_at=timezone.now())
    found = integration.get(f"/contacts/{chat.contact_id}").json()
    assert found["identifiers"] == [{"kind": "phone", "value": "+5491155550171"}]


@pytest.mark.parametrize("number", [1, 987654, 2**63 - 1])
def test_a_contact_that_is_not_there(number, integration):
    problem(integration.get(f"/contacts/{number}"), 404, "not-found")


def test_a_contact_whose_first_message_is_still_on_its_way_is_not_there_yet(integration, http_origin):
    chat = people.nowhere(http_origin)
    problem(integration.get(f"/contacts/{chat.contact_id}"), 404, "not-found")
    assert integration.get("/contacts").json()["items"] == []


def test_contacts_are_found_by_name_address_and_state(integration, http_origin, ventas, ana):
    marta = people.waiting(http_origin, ventas, name="Marta Gómez", sender="5491100")
    people.held(http_origin, ana, ventas, name="Núria", sender="5491101")

    def names(query):
        return [one["name"] for one in integration.get(f"/contacts?{query}").json()["items"]]

    assert names("q=marta") == ["Marta Gómez"]
    assert names("q=5491101") == ["Núria"]
    assert set(names("q=54911")) == {"Marta Gómez", "Núria"}
    assert names("state=AGENTE") == ["Núria"]
    assert names("state=BANDEJA&q=54911") == ["Marta Gómez"]
    assert names("q=nadie") == []
    for odd in ("%25", "_", "%27%20OR%201%3D1", "%5C"):
        assert names(f"q={odd}") == []
    # NUL is nothing to look for
    assert set(names("q=%00")) == {"Marta Gómez", "Núria"}
    assert Contact.objects.get(pk=marta.contact_id).state == "BANDEJA"


@pytest.mark.parametrize(
    "query",
    [
        "state=ABIERTO",
        "state=bot",
        "q=" + "x" * 101,
        "cursor=x",
        "cursor=%00",
        "cursor=bm90LGE",
        "cursor=" + "A" * 500,
        "limit=101",
        "limit=-1",
    ],
)
def test_an_odd_search_is_refused(query, integration):
    problem(integration.get(f"/contacts?{query}"), 422, "invalid")


def test_contacts_are_paged_last_active_first(integration, http_origin):
    made = [people.waiting(http_origin, name=f"Cliente {number}").contact_id for number in range(7)]
    # all active in the same moment: the id decides
    Contact.objects.update(active_at=timezone.now())
    seen, cursor = [], ""
    while True:
        page = integration.get(f"/contacts?limit=3&cursor={cursor}").json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        assert page["has_more"] == bool(cursor)
        if not cursor:
            break
    assert seen == sorted(made, reverse=True)


def test_contacts_cost_the_same_with_1_and_with_30(integration, http_origin, ventas, ana, django_assert_num_queries):
    integration.get("/me")
    people.held(http_origin, ana, ventas)
    with django_assert_num_queries(6):
        integration.get("/contacts")
    for _ in range(30):
        people.held(http_origin, ana, ventas)
    with django_assert_num_queries(6):
        assert len(integration.get("/contacts").json()["items"]) == 31
