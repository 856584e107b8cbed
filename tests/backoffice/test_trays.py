"""Trays in the admin: made, given, archived and restored, with their consequences at once."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chats import access
from tests import people
from tests.backoffice.pages import errors, history, page
from tests.threads import start
from trays.models import Membership, Opening, Tray

# a tray's page without hours
NO_HOURS = {"openings-TOTAL_FORMS": 0, "openings-INITIAL_FORMS": 0}


def test_the_list_shows_everybodys_and_created_trays_in_order(as_sofia, ventas, django_assert_max_num_queries):
    old = people.tray("Depósito")
    access.archive_tray(old)
    with django_assert_max_num_queries(20):
        listed = as_sofia.get(page("trays_tray", "changelist")).context["cl"].result_list
    assert [(tray.name, tray.people) for tray in listed] == [
        ("General", 0),
        ("Ventas", 2),
        ("Conversaciones Cerradas", 0),
    ]
    archived = as_sofia.get(page("trays_tray", "changelist") + "?archived=yes").context["cl"].result_list
    assert [tray.name for tray in archived] == ["Depósito"]
    assert len(as_sofia.get(page("trays_tray", "changelist") + "?archived=all").context["cl"].result_list) == 4


def test_the_list_says_who_sees_each_how_many_wait_and_when_it_is_open(as_sofia, ventas, http_origin):
    def read():
        with CaptureQueriesContext(connection) as queries:
            answer = as_sofia.get(page("trays_tray", "changelist"))
        rows = {tray.name: tray.row for tray in answer.context["cl"].result_list}
        return rows, answer.content.decode(), len(queries)

    read()
    _rows, _shown, few = read()
    team = [people.hire(f"agent-{number}", first_name=f"Z{number}") for number in range(5)]
    access.give_access(ventas, team)
    people.waiting(http_origin, ventas, text="mi clave secreta")
    for number in range(3):
        people.tray(f"Bandeja {number}", team[number])
    Opening.objects.create(tray=ventas, weekday=0, opens="09:00", closes="09:01")
    rows, shown, many = read()
    assert many == few
    row = rows["Ventas"]
    assert ([one.first_name for one in row.faces], row.more, row.number) == (["Ana", "Bruno", "Z0", "Z1"], 3, 1)
    assert (row.people, rows["Bandeja 1"].people) == ("7 personas", "1 persona")
    assert row.hours.startswith(("cerrada, abre", "abierta ahora"))
    assert (rows["General"].people, rows["General"].hours) == ("todo el equipo", "siempre abierta")
    assert "0 cerradas" in " ".join(shown.split())
    shown = as_sofia.get(page("trays_tray", "change", ventas.pk)).content.decode()
    assert "1 espera: <span" in " ".join(shown.split())
    assert "secreta" not in shown


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
    bar = as_sofia.get(page("trays_tray", "change", ventas.pk)).content.decode().partition('<div class="submit-row">')
    assert address in bar[2]
    assert address not in bar[0]
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


# --- how a tray watches over those who wait -------------------------------------------------------


def change(client, tray, **fields):
    base = {"name": tray.name, "icon": "inbox", "position": 1, **NO_HOURS}
    return client.post(page("trays_tray", "change", tray.pk), base | fields)


def test_what_a_tray_does_by_itself_is_set_in_its_form_and_off_before(as_sofia, ventas):
    assert (ventas.remind_after, ventas.return_after, ventas.assigning) == (None, None, "off")
    response = change(as_sofia, ventas, remind_after=10, return_after=30, assigning="least")
    assert response.status_code == 302, errors(response)
    ventas.refresh_from_db()
    assert (ventas.remind_after, ventas.return_after, ventas.assigning) == (10, 30, "least")
    assert change(as_sofia, ventas, asks_score="on", question="¿Qué tal?").status_code == 302
    ventas.refresh_from_db()
    assert (ventas.asks_score, ventas.question) == (True, "¿Qué tal?")
    shown = as_sofia.get(page("trays_tray", "change", ventas.pk)).content.decode()
    assert "Si después del aviso sigue sin respuesta" in shown
    # a form that says nothing of it changes nothing of how it assigns
    response = change(as_sofia, ventas, remind_after="", return_after="")
    assert response.status_code == 302, errors(response)
    ventas.refresh_from_db()
    assert (ventas.remind_after, ventas.assigning) == (None, "least")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"remind_after": 30, "return_after": 30}, "poné más minutos que para recordar"),
        ({"return_after": 30}, "poné más minutos que para recordar"),
        ({"remind_after": 0}, "Como mínimo, 1."),
        ({"remind_after": 10, "return_after": 1441}, "Como máximo, 1440."),
        ({"remind_after": "diez"}, "número entero"),
        ({"assigning": "todos"}, "todos"),
    ],
)
def test_times_that_make_no_sense_are_errors_of_the_form(as_sofia, ventas, fields, words):
    response = change(as_sofia, ventas, **fields)
    assert words in errors(response)
    ventas.refresh_from_db()
    assert (ventas.remind_after, ventas.return_after, ventas.assigning) == (None, None, "off")


def test_general_watches_too_and_conversaciones_cerradas_has_nobody_who_waits(as_sofia):
    general, closed = Tray.objects.general(), Tray.objects.closed()
    response = as_sofia.post(
        page("trays_tray", "change", general.pk),
        {"icon": "inbox", "position": 1, "remind_after": 5, "assigning": "turns", **NO_HOURS},
    )
    assert response.status_code == 302, errors(response)
    assert Tray.objects.general().remind_after == 5
    as_sofia.post(
        page("trays_tray", "change", closed.pk), {"icon": "archive", "position": 1, "remind_after": 5, **NO_HOURS}
    )
    assert Tray.objects.closed().remind_after is None
