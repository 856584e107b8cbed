"""The admin: who gets in, and that every change there has its consequences at once."""

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.test import Client
from django.urls import reverse

from chats import access
from chats.models import Template
from inbox.consumers import login_name
from live.feed import current_feed
from origins import web
from origins.models import Origin
from tests import people
from tests.threads import start
from trays.models import Agent, Membership, Tray
from webchat.urls import sockets
from wittybots.models import Bot, Reception


@pytest.fixture
def admin(db):
    return people.hire("admin", first_name="Marcela", is_superuser=True)


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def orders(settings):
    """What is ordered to agents' sockets: call it with what was listened for to get the texts."""
    heard = current_feed().redis.pubsub()

    def listen(*groups):
        heard.subscribe(*(f"live:{group}" for group in groups))
        while heard.get_message(timeout=0.1) is not None:
            pass

        def read():
            found = []
            while (message := heard.get_message(timeout=0.2)) is not None:
                if message["type"] == "message":
                    found.append((message["channel"].removeprefix("live:"), message["data"].partition("\n")[2]))
            return found

        return read

    yield listen
    heard.close()


def page(model, name, *args):
    return reverse(f"admin:{model}_{name}", args=args)


# a tray's page without hours
NO_HOURS = {"openings-TOTAL_FORMS": 0, "openings-INITIAL_FORMS": 0}


def history():
    return [str(entry.get_change_message()) for entry in LogEntry.objects.order_by("id")]


def errors(response):
    assert response.status_code == 200, response.status_code
    form = response.context["adminform"].form
    return " ".join(str(error) for found in form.errors.values() for error in found)


# --- the door ------------------------------------------------------------------------------------


def test_nobody_is_sent_to_the_login(client, db):
    response = client.get("/admin/trays/tray/", follow=True)
    assert response.redirect_chain[-1] == ("/login/?next=/admin/trays/tray/", 302)


@pytest.mark.parametrize("path", ["/admin/", "/admin/trays/tray/", "/admin/trays/agent/1/password/"])
def test_an_agent_has_no_admin(client, ana, sofia, path):
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(path, follow=True).status_code == 403
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(path, follow=True).status_code != 403


def test_the_index_shows_the_trade_and_nothing_technical(as_sofia):
    text = as_sofia.get("/admin/").content.decode()
    for word in ("WittyAgent", "Bandejas", "Agentes", "Orígenes", "Bots", "Plantillas", 'href="/bandejas/"'):
        assert word in text
    for word in ("Grupos", "axes", "Axes", "Contactos", "Mensajes", "Archivos"):
        assert word not in text


@pytest.mark.parametrize("model", ["chats/chat", "chats/message", "chats/attachment", "contacts/contact"])
def test_conversations_are_in_no_admin(as_admin, model):
    assert as_admin.get(f"/admin/{model}/").status_code == 404


def test_administrators_see_all_of_it(as_admin, ventas):
    for path in ("trays/tray", "trays/agent", "origins/origin", "wittybots/bot", "chats/template"):
        assert as_admin.get(f"/admin/{path}/").status_code == 200
        assert as_admin.get(f"/admin/{path}/add/").status_code == 200


def test_signing_out_in_the_admin_is_signing_out_of_the_house(as_sofia, orders, django_capture_on_commit_callbacks):
    group = f"login.{login_name(as_sofia.session.session_key)}"
    read = orders(group)
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post("/admin/logout/", follow=True)
    assert "_auth_user_id" not in as_sofia.session
    assert read() == [(group, "!close 4401")]


def test_the_password_is_changed_in_one_place(as_sofia):
    assert as_sofia.get("/admin/password_change/").url == "/password/"


@pytest.mark.parametrize(
    ("path", "lookup"), [("trays/agent", "password__startswith"), ("origins/origin", "secret__startswith")]
)
def test_no_list_tells_a_secret_by_its_number_of_results(as_sofia, path, lookup):
    assert as_sofia.get(f"/admin/{path}/?{lookup}=a").status_code == 400


# --- trays ---------------------------------------------------------------------------------------


def test_the_list_shows_everybodys_and_created_trays_in_order(as_sofia, ventas, django_assert_max_num_queries):
    old = people.tray("Depósito")
    access.archive_tray(old)
    with django_assert_max_num_queries(8):
        listed = as_sofia.get(page("trays_tray", "changelist")).context["cl"].result_list
    assert [(tray.name, tray.people) for tray in listed] == [
        ("General", 0),
        ("Ventas", 2),
        ("Conversaciones Cerradas", 0),
    ]
    archived = as_sofia.get(page("trays_tray", "changelist") + "?archived=yes").context["cl"].result_list
    assert [tray.name for tray in archived] == ["Depósito"]
    assert len(as_sofia.get(page("trays_tray", "changelist") + "?archived=all").context["cl"].result_list) == 4


def test_who_creates_a_tray_is_in_it_from_the_start(as_sofia, sofia, ana):
    response = as_sofia.post(
        page("trays_tray", "add"),
        {"name": " Depósito ", "icon": "package", "position": 3, "agents": [ana.pk], **NO_HOURS},
    )
    assert response.status_code == 302, errors(response)
    made = Tray.objects.get(name="Depósito")
    assert (made.icon, made.position, made.kind) == ("package", 3, "custom")
    assert set(made.members.all()) == {sofia, ana}
    assert any("Acceso dado a" in line and "Ana Ferreyra" in line for line in history())


def test_an_administrator_who_is_no_supervisor_gets_no_access_by_creating(as_admin, admin):
    as_admin.post(page("trays_tray", "add"), {"name": "Depósito", "icon": "package", "position": 3, **NO_HOURS})
    assert not Tray.objects.get(name="Depósito").members.exists()


@pytest.mark.parametrize("name", ["ventas", "VENTAS ", "general"])
def test_a_name_that_is_taken_is_an_error_of_the_form(as_sofia, ventas, name):
    response = as_sofia.post(page("trays_tray", "add"), {"name": name, "icon": "inbox", "position": 1, **NO_HOURS})
    assert "Ya hay una bandeja con ese nombre" in errors(response)


def test_a_name_taken_at_the_same_instant_is_one_too(as_sofia, ventas, monkeypatch):
    from backoffice import trays

    asked, really = [], trays.is_taken

    def looked_before(*args):
        asked.append(args)
        return really(*args) if len(asked) > 1 else False

    monkeypatch.setattr(trays, "is_taken", looked_before)
    response = as_sofia.post(page("trays_tray", "add"), {"name": "Ventas", "icon": "inbox", "position": 1, **NO_HOURS})
    assert "Ya hay una bandeja con ese nombre" in errors(response)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_make_the_same_tray_at_once_one_is_told(transactional_db, as_sofia):
    form = {"name": "Depósito", "icon": "inbox", "position": 1, **NO_HOURS}
    with transaction.atomic():
        people.tray("depósito")
        late = start(lambda: as_sofia.post(page("trays_tray", "add"), form))
    assert "Ya hay una bandeja con ese nombre" in errors(late.result())
    assert Tray.objects.filter(kind="custom").count() == 1


def test_access_is_given_and_taken_at_once(
    as_sofia, ventas, ana, bruno, caio, orders, django_capture_on_commit_callbacks
):
    read = orders(*(f"agent.{agent.pk}" for agent in (ana, bruno, caio)))
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(
            page("trays_tray", "change", ventas.pk),
            {"name": "Ventas", "icon": "inbox", "position": 1, "agents": [ana.pk, caio.pk], **NO_HOURS},
        )
    assert set(ventas.members.all()) == {ana, caio}
    assert set(read()) == {(f"agent.{bruno.pk}", "!close 4012"), (f"agent.{caio.pk}", "!close 4012")}
    assert "Acceso dado a Caio Lima. Acceso quitado a Bruno Paz" in history()


def test_who_is_not_active_keeps_his_access_for_when_he_is_back(as_sofia, ventas, ana, bruno):
    access.deactivate_agent(bruno)
    as_sofia.post(
        page("trays_tray", "change", ventas.pk),
        {"name": "Ventas", "icon": "store", "position": 1, "agents": [ana.pk], **NO_HOURS},
    )
    assert bruno in ventas.members.all()


@pytest.mark.parametrize("kind", ["general", "closed"])
def test_of_the_default_trays_only_icon_and_order_change(as_sofia, ana, kind):
    tray = Tray.objects.get(kind=kind)
    assert as_sofia.get(page("trays_tray", "change", tray.pk)).status_code == 200
    forged = {"name": "Mía", "kind": "custom", "icon": tray.icon, "position": 5, "agents": [ana.pk], **NO_HOURS}
    response = as_sofia.post(page("trays_tray", "change", tray.pk), forged)
    assert response.status_code == 302, errors(response)
    changed = Tray.objects.get(pk=tray.pk)
    assert (changed.name, changed.kind, changed.position) == (tray.name, kind, 5)
    assert not Membership.objects.filter(tray=tray).exists()


def test_personal_trays_are_not_there(as_sofia, ana):
    assert as_sofia.get(page("trays_tray", "change", ana.personal_tray.pk)).status_code == 302


def test_archiving_asks_first_and_sends_the_chats_to_general(as_sofia, ventas, http_origin):
    chat = people.waiting(http_origin, ventas)
    address = page("trays_tray", "archive", ventas.pk)
    asked = as_sofia.get(address).content.decode()
    assert "1 chat pasa a General" in asked
    assert people.fresh(chat).tray == ventas
    response = as_sofia.post(address, follow=True)
    assert "1 chat pasó a General" in response.content.decode()
    assert people.fresh(chat).tray.kind == "general"
    ventas.refresh_from_db()
    assert ventas.archived_at
    assert any("archivada" in line for line in history())


def test_a_restored_tray_is_on_the_screens_of_those_who_had_it(
    as_sofia, ventas, ana, bruno, orders, django_capture_on_commit_callbacks
):
    access.archive_tray(ventas)
    read = orders("everyone", f"agent.{ana.pk}", f"agent.{bruno.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(page("trays_tray", "restore", ventas.pk))
    ventas.refresh_from_db()
    assert ventas.archived_at is None
    heard = read()
    assert ("everyone", "!resync") in heard
    assert {(f"agent.{one.pk}", "!close 4012") for one in (ana, bruno)} <= set(heard)
    assert any("restaurada" in line for line in history())


def test_many_are_archived_from_the_list_after_a_question(as_sofia, ventas, soporte):
    chosen = {"action": "archive", "_selected_action": [ventas.pk, soporte.pk, Tray.objects.general().pk]}
    asked = as_sofia.post(page("trays_tray", "changelist"), chosen)
    assert "Soporte" in asked.content.decode()
    assert not Tray.objects.exclude(archived_at=None).exists()
    response = as_sofia.post(page("trays_tray", "changelist"), chosen | {"confirmed": "archive"}, follow=True)
    assert set(Tray.objects.exclude(archived_at=None)) == {ventas, soporte}
    assert "General: no corresponde" in response.content.decode()


def test_restoring_under_a_name_that_is_taken_says_so(as_sofia, ventas):
    access.archive_tray(ventas)
    people.tray("ventas")
    response = as_sofia.post(page("trays_tray", "restore", ventas.pk), follow=True)
    assert "ya hay otra con ese nombre" in response.content.decode()
    ventas.refresh_from_db()
    assert ventas.archived_at


def test_saving_a_page_that_was_open_does_not_bring_an_archived_tray_back(as_sofia, ventas, monkeypatch):
    from backoffice.trays import TrayForm

    really = TrayForm.clean_name

    def archived_meanwhile(form):
        access.archive_tray(Tray.objects.get(pk=ventas.pk))
        return really(form)

    monkeypatch.setattr(TrayForm, "clean_name", archived_meanwhile)
    form = {"name": "Ventas", "icon": "inbox", "position": 2, **NO_HOURS}
    as_sofia.post(page("trays_tray", "change", ventas.pk), form)
    ventas.refresh_from_db()
    assert ventas.archived_at
    assert ventas.position == 2


@pytest.mark.parametrize("path", ["trays_tray", "trays_agent", "origins_origin"])
def test_nothing_of_it_is_deleted(as_admin, ventas, ana, path):
    origin = people.http_origin()
    pk = {"trays_tray": ventas.pk, "trays_agent": ana.pk, "origins_origin": origin.pk}[path]
    assert as_admin.post(page(path, "delete", pk), {"post": "yes"}).status_code == 403


# --- agents --------------------------------------------------------------------------------------

NEW = {"username": "dario", "first_name": "Darío", "last_name": "Ríos", "password1": "x9-larga-clave"}
NEW["password2"] = NEW["password1"]


def test_an_agent_is_hired_with_his_personal_tray(as_sofia):
    response = as_sofia.post(page("trays_agent", "add"), NEW)
    assert response.status_code == 302, errors(response)
    made = Agent.objects.get(username="dario")
    assert made.check_password("x9-larga-clave")
    assert (made.role, made.is_superuser, made.personal_tray.kind) == ("agent", False, "personal")
    assert LogEntry.objects.get().object_id == str(made.pk)


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
    for act in ("deactivate", "activate", "unlock", "password"):
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


def test_the_last_administrator_is_not_deactivated_and_it_says_why(as_admin, admin):
    response = as_admin.post(page("trays_agent", "deactivate", admin.pk), follow=True)
    assert "Es el único administrador" in response.content.decode()
    admin.refresh_from_db()
    assert admin.is_active
    assert history() == []


PASSWORDS = {"new_password1": "otra-clave-larga-2", "new_password2": "otra-clave-larga-2"}


def test_a_new_password_ends_the_agents_sockets(as_sofia, ana, orders, django_capture_on_commit_callbacks):
    assert "Nueva contraseña" in as_sofia.get(page("trays_agent", "change", ana.pk)).content.decode()
    read = orders(f"agent.{ana.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        assert as_sofia.post(page("trays_agent", "password", ana.pk), PASSWORDS).status_code == 302
    ana.refresh_from_db()
    assert ana.check_password("otra-clave-larga-2")
    assert read() == [(f"agent.{ana.pk}", "!close 4012")]
    assert history() == ["Contraseña nueva"]


def test_a_weak_password_is_refused(as_sofia, ana):
    response = as_sofia.post(page("trays_agent", "password", ana.pk), {"new_password1": "1", "new_password2": "1"})
    assert response.status_code == 200
    ana.refresh_from_db()
    assert ana.check_password(people.PASSWORD)


def test_a_supervisor_sets_no_password_of_another_supervisor_but_his_own(as_sofia, sofia):
    other = people.hire("otra", role="supervisor")
    assert as_sofia.post(page("trays_agent", "password", other.pk), PASSWORDS).status_code == 403
    assert "Nueva contraseña" not in as_sofia.get(page("trays_agent", "change", other.pk)).content.decode()
    assert as_sofia.post(page("trays_agent", "password", sofia.pk), PASSWORDS).status_code == 302
    assert as_sofia.get("/admin/").status_code == 200  # still signed in


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


# --- where chats go, and templates ---------------------------------------------------------------


def test_an_archived_tray_that_receives_is_not_lost_without_a_word(as_sofia, ventas):
    origin = people.http_origin()
    reception = Reception.objects.create(origin=origin, tray=ventas)
    access.archive_tray(ventas)
    assert "Ventas (archivada)" in as_sofia.get(page("origins_origin", "change", origin.pk)).content.decode()
    row = {"reception-INITIAL_FORMS": 1, "reception-0-id": reception.pk, "reception-0-tray": ventas.pk}
    path, form = change(origin, **row)
    response = as_sofia.post(path, form | {"reception-0-origin": origin.pk})
    assert "está archivada: elegí otra" in response.content.decode()


def test_a_personal_tray_is_no_destination(as_sofia, ana):
    origin = people.http_origin()
    path, form = change(origin, **{"reception-0-tray": ana.personal_tray.pk})
    assert as_sofia.post(path, form).status_code == 200
    assert not Reception.objects.exists()


TEMPLATE = {"name": "Retomar", "language": "es", "category": "utility", "is_active": "on"}


@pytest.mark.parametrize(
    ("body", "is_good"),
    [
        ("Hola {{nombre}}, tu pedido {{ pedido }} salió", True),
        ("Sin variables", True),
        (" ".join(f"{{{{v{n}}}}}" for n in range(10)), True),
        (" ".join(f"{{{{v{n}}}}}" for n in range(11)), False),
        ("Hola {{nombre completo}}", False),
        ("Hola {{nombre}", False),
        ("Hola nombre}}", False),
        ("Hola {{}}", False),
        ("Hola {{nom-bre}}", False),
    ],
)
def test_a_templates_variables_are_well_formed(as_sofia, body, is_good):
    response = as_sofia.post(page("chats_template", "add"), TEMPLATE | {"body": body})
    assert (response.status_code == 302) == is_good
    assert Template.objects.exists() == is_good


# --- origins -------------------------------------------------------------------------------------

NO_RECEPTION = {"reception-TOTAL_FORMS": 1, "reception-INITIAL_FORMS": 0}


def change(origin, **fields):
    form = {"name": origin.name, "is_active": "on", "session_hours": 24, **NO_RECEPTION, **fields}
    return page("origins_origin", "change", origin.pk), form


def test_a_new_web_chat_has_the_default_bot_and_says_what_to_paste(as_sofia):
    response = as_sofia.post(
        page("origins_origin", "add"), {"kind": "web", "name": "Tienda", **NO_RECEPTION}, follow=True
    )
    origin = Origin.objects.get()
    assert origin.reception.bot == Bot.objects.get()
    text = response.content.decode()
    assert f'&lt;script src="http://testserver/w/{origin.key}/widget.js" async&gt;' in text
    assert f"/w/{origin.key}/demo/" in text
    assert origin.secret not in text


def test_a_new_origin_keeps_the_reception_that_was_chosen(as_sofia, ventas):
    form = {"kind": "web", "name": "Tienda", **NO_RECEPTION, "reception-0-tray": ventas.pk}
    as_sofia.post(page("origins_origin", "add"), form)
    reception = Reception.objects.get()
    assert (reception.bot, reception.tray) == (None, ventas)


def test_a_secret_is_shown_once(as_sofia):
    add = {"kind": "http", "name": "Línea", **NO_RECEPTION}
    shown = as_sofia.post(page("origins_origin", "add"), add, follow=True).content.decode()
    origin = Origin.objects.get()
    assert origin.secret in shown
    assert f"http://testserver/webhooks/{origin.key}/" in shown
    assert "X-Witty-Signature" in shown
    for path in (page("origins_origin", "change", origin.pk), page("origins_origin", "history", origin.pk)):
        assert origin.secret not in as_sofia.get(path).content.decode()


def test_a_new_secret_of_a_line_is_shown_once_and_the_old_one_is_gone(as_sofia):
    origin = people.http_origin()
    old = origin.secret
    shown = as_sofia.post(page("origins_origin", "secret", origin.pk), follow=True).content.decode()
    origin.refresh_from_db()
    assert origin.secret != old
    assert origin.secret in shown
    assert history() == ["secreto cambiado"]
    assert origin.secret not in as_sofia.get(page("origins_origin", "change", origin.pk)).content.decode()


def test_a_new_secret_of_a_web_chat_revokes_all_its_visitors(as_sofia, orders, django_capture_on_commit_callbacks):
    origin = people.web_origin()
    token = web.new_token(origin)
    headers = {"X-Witty-Visitor": token}
    said = f"/w/{origin.key}/messages/"
    assert as_sofia.get(said, headers=headers).status_code == 200
    asked = as_sofia.get(page("origins_origin", "secret", origin.pk)).content.decode()
    assert "revoca a todos los visitantes" in asked
    read = orders(f"visitors.{origin.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(page("origins_origin", "secret", origin.pk))
    assert as_sofia.get(said, headers=headers).status_code == 401
    assert read() == [(f"visitors.{origin.pk}", "!close 4401")]


@pytest.mark.django_db(transaction=True)
async def test_a_new_secret_closes_the_windows_that_are_open(transactional_db, as_sofia):
    origin = await sync_to_async(people.web_origin)()
    token = web.new_token(origin)
    visitor = web.read_visitor(origin, token)
    await sync_to_async(people.says)(origin, visitor, "Hola", address_kind="visitor")
    window = WebsocketCommunicator(URLRouter(sockets), f"/w/{origin.key}/ws/")
    assert (await window.connect())[0]
    await window.send_json_to({"token": token})
    assert "marks" in await window.receive_from(5)
    await sync_to_async(as_sofia.post)(page("origins_origin", "secret", origin.pk))
    assert await window.receive_output(5) == {"type": "websocket.close", "code": 4401}
    await window.disconnect()


@pytest.mark.parametrize("field", ["kind", "secret", "key"])
def test_kind_secret_and_key_do_not_change_by_a_forged_form(as_sofia, field):
    origin = people.http_origin()
    before = getattr(origin, field)
    path, form = change(origin, **{field: "web"})
    assert as_sofia.post(path, form).status_code == 302
    origin.refresh_from_db()
    assert getattr(origin, field) == before


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://10.0.0.8/", "http://[::1]/", "ftp://1.1.1.1/", "http://u:p@1.1.1.1/"]
)
def test_an_address_that_points_inward_is_refused(as_sofia, url):
    origin = people.http_origin()
    path, form = change(origin, callback_url=url)
    assert errors(as_sofia.post(path, form))
    origin.refresh_from_db()
    assert origin.callback_url == ""


def test_an_address_of_the_outside_is_kept(as_sofia):
    origin = people.http_origin()
    path, form = change(origin, callback_url="https://1.1.1.1/in")
    assert as_sofia.post(path, form).status_code == 302
    origin.refresh_from_db()
    assert origin.callback_url == "https://1.1.1.1/in"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("https://www.ejemplo.com\nEjemplo.com/\n\nhttp://localhost:8080",
         "https://www.ejemplo.com\nhttps://ejemplo.com\nhttp://localhost:8080"),
        ("https://*.ejemplo.com", "https://*.ejemplo.com"),
        ("https://almacén.com.uy", "https://xn--almacn-fva.com.uy"),
        ("", ""),
    ],
)  # fmt: skip
def test_allowed_sites_are_kept_as_the_browser_compares_them(as_sofia, lines, kept):
    origin = people.web_origin()
    path, form = change(origin, color="#0b6480", allowed_sites=lines)
    response = as_sofia.post(path, form)
    assert response.status_code == 302, errors(response)
    origin.refresh_from_db()
    assert origin.allowed_sites == kept


@pytest.mark.parametrize(
    "line", ["https://a.com/x", "https://a.com; script-src *", "javascript:x", "*", "https://", "a b", "//a..b"]
)
def test_what_is_no_site_is_refused(as_sofia, line):
    path, form = change(people.web_origin(), color="#0b6480", allowed_sites=f"https://bueno.com\n{line}")
    assert "no es un sitio" in errors(as_sofia.post(path, form))


def test_a_colour_is_a_colour(as_sofia):
    path, form = change(people.web_origin(), color="red;}", allowed_sites="")
    assert "#0b6480" in errors(as_sofia.post(path, form))


def test_a_session_lasts_an_hour_at_least(as_sofia):
    path, form = change(people.http_origin(), session_hours=0)
    assert errors(as_sofia.post(path, form))


def test_switching_a_web_chat_off_closes_its_windows(as_sofia, orders, django_capture_on_commit_callbacks):
    origin = people.web_origin()
    read = orders(f"visitors.{origin.pk}")
    path, form = change(origin, color="#0b6480", allowed_sites="", is_active="")
    with django_capture_on_commit_callbacks(execute=True):
        as_sofia.post(path, form)
    assert read() == [(f"visitors.{origin.pk}", "!close 4401")]


def test_markup_in_names_is_shown_as_text(as_sofia, http_origin):
    tray = people.tray("<b>x</b>")
    people.waiting(http_origin, tray)
    for path in (page("trays_tray", "changelist"), page("trays_tray", "archive", tray.pk)):
        text = as_sofia.get(path).content.decode()
        assert "<b>x</b>" not in text
        assert "&lt;b&gt;x" in text
