"""Links to come in, in the admin: made for whom one may, by mail or shown once, and what is said of them after."""

from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox import tasks
from tests import people
from tests.backoffice.pages import errors, history, opened, page
from tests.inbox.pages import signed_in
from trays import entry_links, two_steps
from trays.models import Agent, EntryLink, hire

NEW = {"username": "dario", "first_name": "Darío", "last_name": "Ríos"}
CHOSEN = {"new_password1": "mate-amargo-17", "new_password2": "mate-amargo-17"}


@pytest.fixture
def dario(db):
    return hire(username="dario", first_name="Darío", email="dario@almacen.example")


def shown_link(response):
    """The link that the page shows to copy; None where it shows none."""
    _before, mark, after = response.content.decode().partition('id="entry-url">')
    return after.partition("<")[0] if mark else None


def entry_of(client, agent):
    """The words of the page about how the agent comes in: the state, and the last link."""
    form = client.get(page("trays_agent", "change", agent.pk)).context["adminform"]
    admin, shown = form.model_admin, form.model_admin.get_queryset(client.get("/admin/").wsgi_request).get(pk=agent.pk)
    return admin.entry(shown), admin.last_link(shown)


def test_whoever_is_hired_gets_a_link_that_is_shown_once(as_sofia):
    answer = as_sofia.post(page("trays_agent", "add"), NEW, follow=True)
    link = shown_link(answer)
    assert link is not None
    assert shown_link(as_sofia.get(answer.redirect_chain[-1][0])) is None
    person = Client()
    assert "Hola, Darío" in person.get(urlsplit(link).path, follow=True).content.decode()
    assert person.post("/entrar/", CHOSEN).status_code == 302
    assert Agent.objects.get(username="dario").check_password(CHOSEN["new_password1"])
    assert "Enlace para entrar" in history()
    assert link not in str(history())


def test_whoever_is_hired_with_a_mail_gets_it_there(as_sofia, settings, django_capture_on_commit_callbacks):
    settings.SENDS_MAIL = True
    answer = as_sofia.post(page("trays_agent", "add"), NEW | {"email": "dario@almacen.example"}, follow=True)
    assert "recibe el enlace en dario@almacen.example" in answer.content.decode()
    assert shown_link(answer) is None
    tasks.mail_entry_links()
    assert [one.to for one in mail.outbox] == [["dario@almacen.example"]]


def test_without_a_mail_server_the_link_is_copied(as_sofia):
    answer = as_sofia.post(page("trays_agent", "add"), NEW | {"email": "dario@almacen.example"}, follow=True)
    assert shown_link(answer) is not None
    assert tasks.mail_entry_links() == 0


def test_a_mail_is_one_persons(as_sofia, dario):
    new = {"username": "dora", "first_name": "Dora", "email": "DARIO@almacen.example"}
    assert "Ya hay alguien con ese mail" in errors(as_sofia.post(page("trays_agent", "add"), new))
    assert not Agent.objects.filter(username="dora").exists()


def test_nobody_types_a_password_of_another(as_admin, ana):
    for name, args in (("add", ()), ("change", (ana.pk,)), ("link", (ana.pk,))):
        assert 'type="password"' not in as_admin.get(page("trays_agent", name, *args)).content.decode()


@pytest.mark.parametrize("how", ["copy", "mail"])
def test_a_link_is_asked_for_and_made(how, as_sofia, dario, settings):
    settings.SENDS_MAIL = True
    address = page("trays_agent", "link", dario.pk)
    asked = as_sofia.get(address).content.decode()
    assert "Mandarlo a dario@almacen.example" in asked
    assert not EntryLink.objects.exists()
    answer = as_sofia.post(address, {"how": how}, follow=True)
    assert (shown_link(answer) is None) == (how == "mail")
    assert EntryLink.objects.get().mail_to == (dario.email if how == "mail" else "")
    assert history() == ["Enlace para entrar"]


def test_a_link_is_for_whom_one_may(as_sofia, sofia, ana, admin):
    other = people.hire("otra", role="supervisor")
    for agent, status in ((other, 403), (admin, 403), (ana, 302), (sofia, 302)):
        assert as_sofia.post(page("trays_agent", "link", agent.pk), {"how": "copy"}).status_code == status
    assert set(EntryLink.objects.values_list("agent", flat=True)) == {ana.pk, sofia.pk}
    assert "Enlace para entrar</a>" not in as_sofia.get(page("trays_agent", "change", other.pk)).content.decode()


def test_nobody_sends_another_supervisors_links_to_himself(as_sofia, ana):
    other = people.hire("otra", role="supervisor", first_name="Otra", email="otra@almacen.example")
    address = page("trays_agent", "change", other.pk)
    assert as_sofia.post(address, opened(as_sofia, address) | {"email": ["sofia@mal.example"]}).status_code == 302
    other.refresh_from_db()
    assert other.email == "otra@almacen.example"
    of_ana = page("trays_agent", "change", ana.pk)
    assert as_sofia.post(of_ana, opened(as_sofia, of_ana) | {"email": ["ana@almacen.example"]}).status_code == 302
    ana.refresh_from_db()
    assert ana.email == "ana@almacen.example"


def test_a_link_is_revoked(as_sofia, dario, sofia):
    token = entry_links.make_link(dario, sofia)
    as_sofia.post(page("trays_agent", "revoke", dario.pk))
    assert entry_links.find_link(token) is None
    assert history() == ["el enlace ya no sirve"]
    assert "Anular el enlace" not in as_sofia.get(page("trays_agent", "change", dario.pk)).content.decode()


def test_the_page_says_where_the_person_is_with_it(as_sofia, dario, sofia, settings):
    assert entry_of(as_sofia, dario) == ("Sin contraseña", "ninguno")
    token = entry_links.make_link(dario, sofia)
    state, link = entry_of(as_sofia, dario)
    assert state == "Invitado"
    assert link.startswith("se dio para copiar; vence el")
    EntryLink.objects.update(made_at=timezone.now() - timedelta(days=3), ends_at=timezone.now() - timedelta(days=2))
    state, link = entry_of(as_sofia, dario)
    assert state == "Enlace vencido"
    assert link.startswith("venció el")
    token = entry_links.make_link(dario, sofia, mail_to=dario.email)
    assert entry_of(as_sofia, dario)[1] == "está saliendo por mail a dario@almacen.example"
    tasks.mail_entry_links()
    assert entry_of(as_sofia, dario)[1].startswith("salió por mail a dario@almacen.example; vence el")
    entry_links.use_link(token, CHOSEN["new_password1"])
    state, link = entry_of(as_sofia, dario)
    assert state == "Activo"
    assert link.startswith("usado el")
    for _try in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login/", {"username": "dario", "password": "no"})
    assert entry_of(as_sofia, dario)[0] == "Bloqueado por intentos fallidos"
    as_sofia.post(page("trays_agent", "unlock", dario.pk))
    assert entry_of(as_sofia, dario)[0] == "Activo"
    as_sofia.post(page("trays_agent", "deactivate", dario.pk))
    assert entry_of(as_sofia, dario)[0] == "Desactivado"


def test_a_mail_address_that_is_mended_ends_what_went_to_the_wrong_one(as_sofia, dario, sofia):
    address = page("trays_agent", "change", dario.pk)
    mailed = entry_links.make_link(dario, sofia, mail_to=dario.email)
    as_sofia.post(address, opened(as_sofia, address) | {"email": ["dario.rios@almacen.example"]})
    assert entry_links.find_link(mailed) is None
    given = entry_links.make_link(dario, sofia)
    as_sofia.post(address, opened(as_sofia, address) | {"email": ["rios@almacen.example"]})
    assert entry_links.find_link(given) is not None


def test_the_page_says_that_a_link_is_worth_nothing_since_its_maker_could_not_make_it(as_sofia, dario, sofia):
    entry_links.make_link(dario, sofia)
    Agent.objects.filter(pk=dario.pk).update(role="supervisor")
    state, link = entry_of(as_sofia, dario)
    assert state == "Enlace vencido"
    assert link.startswith("ya no sirve")


def test_a_mail_that_did_not_go_out_is_said(as_sofia, dario, sofia):
    entry_links.make_link(dario, sofia, mail_to=dario.email)
    EntryLink.objects.update(mail_failure="el servidor de mail no lo tomó")
    said = "el mail a dario@almacen.example todavía no salió: el servidor de mail no lo tomó"
    assert entry_of(as_sofia, dario)[1] == said
    EntryLink.objects.update(token="", next_try_at=None)
    assert entry_of(as_sofia, dario)[1].endswith("no salió: el servidor de mail no lo tomó. Hacé otro")


def test_the_list_says_it_of_all_with_as_many_queries(as_sofia, dario, sofia, django_assert_num_queries):
    entry_links.make_link(dario, sofia)
    address = page("trays_agent", "changelist")
    as_sofia.get(address)
    with CaptureQueriesContext(connection) as few:
        assert "Invitado" in as_sofia.get(address).content.decode()
    for number in range(5):
        entry_links.make_link(hire(username=f"nueva{number}"), sofia)
    with django_assert_num_queries(len(few)):
        as_sofia.get(address)


# --- the second step --------------------------------------------------------------------------------


@pytest.fixture
def ana_with_app(ana):
    secret = two_steps.make_secret()
    assert two_steps.turn_on(ana, secret, pyotp.TOTP(secret).now())
    return ana


def test_an_administrator_takes_the_second_step_off_and_the_sessions_end(as_admin, ana_with_app):
    ana = ana_with_app
    there = signed_in(ana)
    address = page("trays_agent", "two-steps", ana.pk)
    said = as_admin.get(page("trays_agent", "change", ana.pk)).content.decode()
    assert address in said
    assert f"{two_steps.CODES} códigos de respaldo sin usar" in said
    assert "se cierran sus sesiones" in as_admin.get(address).content.decode()
    as_admin.post(address)
    assert not two_steps.is_on(ana)
    assert there.get("/bandejas/").status_code == 302
    assert Client().post("/login/", {"username": "ana", "password": people.PASSWORD}).url == "/bandejas/"
    assert history() == ["ya no se le pide el código; se cerraron sus sesiones"]
    assert address not in as_admin.get(page("trays_agent", "change", ana.pk)).content.decode()


def test_a_supervisor_does_not(as_sofia, ana_with_app):
    address = page("trays_agent", "two-steps", ana_with_app.pk)
    assert address not in as_sofia.get(page("trays_agent", "change", ana_with_app.pk)).content.decode()
    chosen = {"action": "two-steps", "confirmed": "two-steps", "_selected_action": [ana_with_app.pk]}
    as_sofia.post(page("trays_agent", "changelist"), chosen)
    for method in ("get", "post"):
        assert getattr(as_sofia, method)(address).status_code == 403
    assert two_steps.is_on(ana_with_app)


def test_all_sessions_of_an_agent_are_ended_at_once(as_sofia, ana, bruno):
    hers, his = [signed_in(ana), signed_in(ana)], signed_in(bruno)
    as_sofia.post(page("trays_agent", "sessions", ana.pk))
    assert [one.get("/bandejas/").status_code for one in hers] == [302, 302]
    assert his.get("/bandejas/").status_code == 200
