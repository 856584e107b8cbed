"""Agents in the admin: hired, given trays, deactivated, and what each role may change."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.test import Client

from chats import access
from tests import people
from tests.backoffice.pages import errors, history, page
from tests.threads import Crowd, start
from trays import presence
from trays.models import Agent
from wittybots import tokens

NEW = {"username": "dario", "first_name": "Darío", "last_name": "Ríos"}


def test_an_agent_is_hired_with_his_personal_tray(as_sofia):
    response = as_sofia.post(page("trays_agent", "add"), NEW)
    assert response.status_code == 302, errors(response)
    made = Agent.objects.get(username="dario")
    assert not made.has_usable_password()
    assert (made.role, made.is_superuser, made.personal_tray.kind) == ("agent", False, "personal")
    assert {entry.object_id for entry in LogEntry.objects.all()} == {str(made.pk)}


def test_supervisors_screens_get_a_new_personal_tray(as_sofia, sofia, ana, orders, django_capture_on_commit_callbacks):
    read = orders("everyone", f"agent.{sofia.pk}", f"agent.{ana.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(page("trays_agent", "add"), NEW)
    assert sorted(read()) == sorted([("everyone", "!resync"), (f"agent.{sofia.pk}", "!close 4012")])


def test_a_supervisor_cannot_hire_a_supervisor_or_an_administrator(as_sofia):
    as_sofia.post(page("trays_agent", "add"), NEW | {"role": "supervisor", "is_superuser": "on", "is_staff": "on"})
    made = Agent.objects.get(username="dario")
    assert (made.role, made.is_superuser) == ("agent", False)


def test_a_user_name_is_one_persons(as_sofia, ana):
    assert "Ya existe" in errors(as_sofia.post(page("trays_agent", "add"), NEW | {"username": "Ana"}))


def test_a_user_name_taken_at_the_same_instant_too(as_sofia, ana, monkeypatch):
    from backoffice import agents

    calls = []

    def looked_before(form):
        calls.append(form)
        return form.cleaned_data["username"] if len(calls) == 1 else really(form)

    really = agents.HireForm.clean_username
    monkeypatch.setattr(agents.HireForm, "clean_username", looked_before)
    monkeypatch.setattr(agents.HireForm, "validate_unique", lambda form: None)
    assert "Ya existe" in errors(as_sofia.post(page("trays_agent", "add"), NEW | {"username": "ana"}))
    assert len(calls) == 2


def test_the_agents_page_gives_and_takes_trays(
    as_sofia, ana, ventas, soporte, orders, django_capture_on_commit_callbacks
):
    old = people.tray("Depósito", ana)
    access.archive_tray(old)
    read = orders(f"agent.{ana.pk}")
    shown = " ".join(as_sofia.get(page("trays_agent", "change", ana.pk)).content.decode().split())
    assert re.findall(r"</span> <label[^>]*> (\w+) <span class=\"adm-sub\">(\d+ personas?)<", shown) == [
        ("Soporte", "1 persona"),
        ("Ventas", "2 personas"),
    ]
    with django_capture_on_commit_callbacks(execute=True):
        response = as_sofia.post(
            page("trays_agent", "change", ana.pk),
            {"first_name": "Anita", "last_name": "Ferreyra", "trays": [soporte.pk]},
        )
    assert response.status_code == 302, errors(response)
    ana.refresh_from_db()
    assert ana.first_name == "Anita"
    assert set(ana.trays.all()) == {soporte, old}
    assert (f"agent.{ana.pk}", "!close 4012") in read()
    assert "Acceso dado a Soporte. Acceso quitado de Ventas" in history()


@pytest.mark.parametrize("who", ["ana", "sofia"])
def test_role_and_administrator_are_read_only_to_supervisors(as_sofia, ana, sofia, who):
    agent = {"ana": ana, "sofia": sofia}[who]
    forged = {
        "username": "otra", "first_name": "Nueva", "last_name": "", "role": "supervisor", "is_superuser": "on",
        "is_active": "", "password": "x",
    }  # fmt: skip
    before = (agent.username, agent.role, agent.is_superuser, agent.is_active, agent.password)
    assert as_sofia.post(page("trays_agent", "change", agent.pk), forged).status_code == 302
    agent.refresh_from_db()
    assert agent.first_name == "Nueva"
    assert (agent.username, agent.role, agent.is_superuser, agent.is_active, agent.password) == before


def test_supervisors_cannot_touch_an_administrator(as_sofia, admin):
    seen = as_sofia.get(page("trays_agent", "change", admin.pk))
    assert seen.status_code == 200
    assert "Guardar" not in seen.content.decode()
    assert as_sofia.post(page("trays_agent", "change", admin.pk), {"first_name": "X"}).status_code == 403
    for act in ("deactivate", "activate", "unlock", "sessions", "revoke", "link"):
        assert as_sofia.post(page("trays_agent", act, admin.pk)).status_code == 403
    chosen = {"action": "deactivate", "confirmed": "deactivate", "_selected_action": [admin.pk]}
    as_sofia.post(page("trays_agent", "changelist"), chosen)
    admin.refresh_from_db()
    assert admin.is_active
    assert admin.first_name == "Marcela"


def test_an_administrator_makes_a_supervisor_and_his_sockets_come_anew(
    as_admin, ana, orders, django_capture_on_commit_callbacks
):
    read = orders(f"agent.{ana.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        response = as_admin.post(
            page("trays_agent", "change", ana.pk),
            {"username": "ana", "first_name": "Ana", "last_name": "Ferreyra", "role": "supervisor"},
        )
    assert response.status_code == 302, errors(response)
    ana.refresh_from_db()
    assert ana.is_supervisor
    assert read() == [(f"agent.{ana.pk}", "!close 4012")]


def test_the_last_administrator_cannot_step_down(as_admin, admin):
    form = {"username": "admin", "first_name": "Marcela", "last_name": "", "role": "agent"}
    assert "único administrador" in errors(as_admin.post(page("trays_agent", "change", admin.pk), form))
    people.hire("otro", is_superuser=True)
    assert as_admin.post(page("trays_agent", "change", admin.pk), form).status_code == 302
    admin.refresh_from_db()
    assert not admin.is_superuser


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_step_down_at_once_one_stays(transactional_db, as_admin, admin):
    other = people.hire("otro", first_name="Otro", is_superuser=True)
    outside = Client()
    outside.force_login(other, backend="django.contrib.auth.backends.ModelBackend")

    def step_down(client, agent):
        form = {"username": agent.username, "first_name": agent.first_name, "last_name": "", "role": "agent"}
        return client.post(page("trays_agent", "change", agent.pk), form)

    with transaction.atomic():
        assert step_down(as_admin, admin).status_code == 302
        late = start(lambda: step_down(outside, other))
    assert "único administrador" in errors(late.result())
    assert list(Agent.objects.filter(is_superuser=True)) == [other]


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_are_changed_at_once_wait_for_each_other_and_for_nothing_else(
    transactional_db, as_admin, admin
):
    other = people.hire("otro", first_name="Otro", is_superuser=True)

    def step_down(agent):
        client = Client()
        client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
        form = {"username": agent.username, "first_name": agent.first_name, "last_name": "", "role": "agent"}
        return client.post(page("trays_agent", "change", agent.pk), form).status_code

    with Crowd(2) as crowd:
        both = crowd.at_once([lambda _number: step_down(admin), lambda _number: step_down(other)])
        assert both in ([200, 302], [302, 200])
        assert Agent.objects.filter(is_superuser=True).count() == 1


def test_deactivating_goes_through_the_moves(
    as_sofia, ana, ventas, http_origin, orders, django_capture_on_commit_callbacks
):
    held = people.held(http_origin, ana, ventas)
    own = people.waiting(http_origin, ana.personal_tray)
    address = page("trays_agent", "deactivate", ana.pk)
    asked = as_sofia.get(address).content.decode()
    assert "1 chat que atiende vuelve a su bandeja" in asked
    assert "1 de su bandeja personal pasa a General" in asked
    read = orders(f"agent.{ana.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(address)
    ana.refresh_from_db()
    assert not ana.is_active
    assert people.fresh(held).tray == ventas
    assert people.fresh(own).tray.kind == "general"
    assert (f"agent.{ana.pk}", "!close 4012") in read()
    as_sofia.post(page("trays_agent", "activate", ana.pk))
    ana.refresh_from_db()
    assert ana.is_active
    assert [line.split(";")[0] for line in history()] == ["desactivado", "activo otra vez"]


@pytest.mark.parametrize("ending", ["deactivated", "sessions ended", "both"])
def test_an_old_cookie_never_works_again(ending, as_sofia, ana):
    outside = Client()
    outside.post("/login/", {"username": "ana", "password": people.PASSWORD})
    copied = Client()
    copied.cookies.load({"sessionid": outside.cookies["sessionid"].value})
    assert copied.get("/bandejas/").status_code == 200
    if ending != "sessions ended":
        as_sofia.post(page("trays_agent", "deactivate", ana.pk))
        as_sofia.post(page("trays_agent", "activate", ana.pk))
    if ending != "deactivated":
        as_sofia.post(page("trays_agent", "sessions", ana.pk))
    for client in (outside, copied):
        answer = client.get("/bandejas/")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/")
    # who comes back signs in, and a second time out and in changes nothing of that
    assert outside.post("/login/", {"username": "ana", "password": people.PASSWORD}).status_code == 302
    assert outside.get("/bandejas/").status_code == 200


def test_a_new_version_signs_nobody_out(ana):
    assert ana.get_session_auth_hash() == AbstractBaseUser.get_session_auth_hash(ana)


def test_who_deactivates_a_supervisor_is_told_of_the_tokens_that_go_on(as_admin, sofia):
    tokens.issue_token("producción", by=sofia)
    tokens.revoke_token(tokens.issue_token("vieja", by=sofia)[0])
    asked = as_admin.get(page("trays_agent", "deactivate", sofia.pk)).content.decode()
    assert "1 clave de la API que hizo sigue valiendo (producción)" in asked


def test_the_last_administrator_is_not_deactivated_and_it_says_why(as_admin, admin):
    response = as_admin.post(page("trays_agent", "deactivate", admin.pk), follow=True)
    assert "Es el único administrador" in response.content.decode()
    admin.refresh_from_db()
    assert admin.is_active
    assert history() == []


def test_a_supervisor_unlocks_a_login(as_sofia, ana, client, settings):
    settings.AXES_ENABLED = True
    outside = Client()
    wrong = {"username": "ana", "password": "no"}
    for _attempt in range(settings.AXES_FAILURE_LIMIT):
        locked = outside.post("/login/", wrong)
    right = {"username": "ana", "password": people.PASSWORD}
    assert locked.status_code == 429
    assert outside.post("/login/", right).status_code == 429
    as_sofia.post(page("trays_agent", "unlock", ana.pk))
    assert outside.post("/login/", right).status_code == 302
    assert history() == ["ya puede volver a intentar entrar"]


def test_a_supervisor_reads_how_an_agent_is_and_how_that_changed(as_sofia, ana, bruno):
    presence.note_seen([ana.pk])
    presence.log_comings()
    presence.set_presence(ana, is_available=False, reason="<i>Almuerzo</i>")
    said = as_sofia.get(page("trays_agent", "change", ana.pk)).content.decode()
    assert "Sin conexión → Disponible" in said
    assert "Disponible → Ausente (&lt;i&gt;Almuerzo&lt;/i&gt;)" in said
    assert "Ausente desde" in said
    listed = as_sofia.get(page("trays_agent", "changelist")).content.decode()
    assert "Ausente desde" in listed
    assert "Sin conexión" in listed
