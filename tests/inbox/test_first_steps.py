"""First steps: what a new owner sees beside the trays, ticked by the data, until it is done or put away."""

import pytest
from django.utils import timezone

from contacts.models import Contact
from gateway.status.first_steps import read_first_steps
from inbox.models import AgentSettings
from origins.models import Origin
from tests import people
from wittybots.models import MenuVersion

CARD = 'id="first-steps"'


@pytest.fixture
def owner(db):
    return people.hire("olga", first_name="Olga", is_superuser=True, role="supervisor")


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def open_steps(rf):
    found = read_first_steps(rf.get("/"))
    return [step.title for step in found.steps if not step.is_done]


def test_a_step_ticks_by_what_is_there_and_in_any_order(owner, rf):
    everything = open_steps(rf)
    assert len(everything) == 5
    people.tray("Ventas", owner)
    assert "Creá las bandejas" not in open_steps(rf)
    people.hire("ana")
    assert "Sumá a tu equipo" not in open_steps(rf)
    line = Origin.objects.create(kind="telegram", name="Telegram Norte")
    assert "Conectá una línea" in open_steps(rf)
    Origin.objects.filter(pk=line.pk).update(heard_at=timezone.now())
    assert "Conectá una línea" not in open_steps(rf)


def test_olga_copies_the_line_of_her_web_chat_and_puts_the_card_away(as_owner, owner):
    web = people.web_origin()
    shown = as_owner.get("/bandejas/").content.decode()
    assert CARD in shown
    assert f"/{web.key}" in shown.split('id="first-snippet"')[1].split("</code>")[0]
    assert as_owner.post("/bandejas/primeros-pasos/ocultar/").url == "/bandejas/"
    assert AgentSettings.of(owner).hides_first_steps
    assert CARD not in as_owner.get("/bandejas/").content.decode()
    # in the admin it can be found again
    assert CARD in as_owner.get("/admin/").content.decode()


def test_agents_and_supervisors_see_no_first_steps(client, owner, ana, sofia):
    for person in (ana, sofia):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        assert CARD not in client.get("/bandejas/").content.decode()
        assert client.get("/bandejas/primeros-pasos/").status_code == 404


def test_the_card_alone_says_how_far_it_is_and_that_all_is_done(as_owner, owner, ana):
    web, telegram = people.web_origin(), Origin.objects.create(kind="telegram", name="Telegram Norte")
    for address in ("/bandejas/primeros-pasos/", "/bandejas/primeros-pasos/?en=admin"):
        shown = as_owner.get(address).content.decode()
        assert CARD in shown
        assert "1 de 5 listos" in shown
        assert ("Ocultar" in shown) is ("en=admin" not in address)
    people.tray("Ventas", owner)
    people.with_bot(web, farewell="Chau")
    MenuVersion.objects.update(saved_by=owner)
    Origin.objects.filter(pk=telegram.pk).update(heard_at=timezone.now())
    Contact.objects.create(origin=web)
    shown = as_owner.get("/bandejas/primeros-pasos/").content.decode()
    assert "Todo listo" in shown
    assert "data-url" not in shown
