"""The list of trays: what it is narrowed to, and what is given to several at once."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chats import access
from tests import people
from tests.backoffice.pages import history, page
from tests.threads import start
from trays.models import AuditEntry, Opening, Tray
from trays.presence import note_seen

LIST = page("trays_tray", "changelist")
# Monday 9 to 13 and 14 to 18
WEEK = {
    "openings-TOTAL_FORMS": 3, "openings-INITIAL_FORMS": 0,
    "openings-0-weekday": 0, "openings-0-opens": "09:00", "openings-0-closes": "13:00",
    "openings-1-weekday": 0, "openings-1-opens": "14:00", "openings-1-closes": "18:00",
    "openings-2-weekday": 1, "openings-2-opens": "", "openings-2-closes": "",
}  # fmt: skip
NO_WEEK = WEEK | {f"openings-{row}-{what}": "" for row in (0, 1) for what in ("opens", "closes")}


def listed(client, **asked):
    answer = client.get(LIST, asked)
    assert answer.status_code == 200
    return [tray.name for tray in answer.context["cl"].result_list]


def chips(client, **asked):
    """{label: (its number, whether it is on, its address)}"""
    changelist = client.get(LIST, asked).context["cl"]
    found = [chip for spec in changelist.filter_specs for chip in spec.choices(changelist)]
    return {str(chip["display"]): (chip["number"], chip["selected"], chip["query_string"]) for chip in found}


def do(client, name, trays, *, asked="", **fields):
    chosen = {"action": name, "_selected_action": [tray.pk for tray in trays]}
    return client.post(LIST + asked, chosen | ({"confirmed": name} | fields if fields else {}), follow=bool(fields))


def said(response):
    return [str(one) for one in response.context["messages"]]


def noted():
    return list(AuditEntry.objects.filter(kind="change").order_by("pk").values_list("what", "thing", "about__username"))


def hours_of(tray):
    return [(one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in tray.openings.all()]


# --- chips ------------------------------------------------------------------------------------------


def test_where_somebody_waits(as_sofia, ventas, soporte, http_origin):
    assert listed(as_sofia, esperan="si") == []
    people.waiting(http_origin, ventas)
    people.held(http_origin, people.member(soporte), soporte)
    assert listed(as_sofia, esperan="si") == ["Ventas"]
    assert chips(as_sofia)["Con gente esperando"][:2] == (1, False)


def test_who_is_blocked_does_not_count_as_waiting(as_sofia, ventas, http_origin):
    chat = people.waiting(http_origin, ventas)
    type(chat).objects.filter(pk=chat.pk).update(is_blocked=True)
    assert listed(as_sofia, esperan="si") == []


def test_where_nobody_is_there(as_sofia, ventas, soporte, ana, caio):
    assert listed(as_sofia, nadie="si") == ["General", "Soporte", "Ventas"]
    note_seen([ana.pk])
    assert set(ventas.members.all()) > {ana}
    assert listed(as_sofia, nadie="si") == ["Soporte"]
    note_seen([caio.pk])
    assert listed(as_sofia, nadie="si") == []


def test_which_have_hours(as_sofia, ventas, soporte):
    Opening.objects.create(tray=soporte, weekday=0, opens="09:00", closes="18:00")
    assert listed(as_sofia, horario="si") == ["Soporte"]


def test_chips_go_together_with_the_state_the_search_and_the_pages(as_sofia, ventas, soporte, monkeypatch):
    for tray in (ventas, soporte):
        Opening.objects.create(tray=tray, weekday=0, opens="09:00", closes="18:00")
    access.archive_tray(soporte)
    assert listed(as_sofia, horario="si", archived="yes") == ["Soporte"]
    assert listed(as_sofia, horario="si", archived="all", nadie="si") == ["Soporte", "Ventas"]
    assert listed(as_sofia, horario="si", q="vent") == ["Ventas"]
    assert listed(as_sofia, horario="si", q="sopor") == []
    assert chips(as_sofia)["Con horario"][0] == 1
    number, is_on, address = chips(as_sofia, horario="si", archived="all", q="o")["Con horario"]
    assert (number, is_on) == (2, True)
    assert address in ("?archived=all&q=o", "?q=o&archived=all")
    from backoffice.trays import TrayAdmin

    monkeypatch.setattr(TrayAdmin, "list_per_page", 1)
    assert listed(as_sofia, horario="si", archived="all", p="2") == ["Ventas"]


def test_what_no_chip_says_narrows_nothing(as_sofia, ventas):
    assert "Ventas" in listed(as_sofia, horario="x", esperan="")


def test_the_chips_cost_the_same_for_many(as_sofia, ventas, http_origin):
    asked = {"esperan": "si", "nadie": "si", "horario": "si"}

    def count():
        with CaptureQueriesContext(connection) as queries:
            listed(as_sofia, **asked)
        return len(queries)

    def fill(tray):
        people.waiting(http_origin, tray)
        Opening.objects.create(tray=tray, weekday=0, opens="09:00", closes="18:00")

    fill(ventas)
    count()
    few = count()
    for number in range(12):
        fill(people.tray(f"Bandeja {number}"))
    assert count() == few
    assert len(listed(as_sofia, **asked)) == 13


# --- Dar acceso… --------------------------------------------------------------------------------------


def test_access_to_several_is_asked_and_given_with_a_result_each(
    as_sofia, ventas, soporte, ana, caio, orders, django_capture_on_commit_callbacks
):
    general, archived = Tray.objects.general(), people.tray("Depósito")
    access.archive_tray(archived)
    trays = (ventas, soporte, general, archived, ana.personal_tray)
    shown = do(as_sofia, "give_access", [ventas, general]).content.decode()
    assert "A quién" in shown
    assert "la ve todo el equipo" in shown
    assert noted() == []
    read = orders(f"agent.{ana.pk}", f"agent.{caio.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        done = do(as_sofia, "give_access", trays, agents=[ana.pk, caio.pk])
    assert set(said(done)) == {
        "Ventas: Acceso dado a Caio Lima",
        "Soporte: Acceso dado a Ana Ferreyra",
        "General: la ve todo el equipo",
        "Depósito: está archivada: restaurala antes",
        f"{ana.personal_tray}: es personal: la ve su agente",
    }
    assert {(f"agent.{one.pk}", "!close 4012") for one in (ana, caio)} <= set(read())
    assert {ana, caio} <= set(ventas.members.all()) & set(soporte.members.all())
    assert not archived.members.exists()
    assert noted() == [("change.given", "Soporte", "ana"), ("change.given", "Ventas", "caio")]
    assert history() == ["Acceso dado a Ana Ferreyra", "Acceso dado a Caio Lima"]


def test_given_twice_it_is_noted_once(as_sofia, ventas, caio):
    do(as_sofia, "give_access", [ventas], agents=[caio.pk])
    again = do(as_sofia, "give_access", [ventas], agents=[caio.pk])
    assert said(again)[-1] == "Ventas: ya la veían"
    assert len(noted()) == len(history()) == 1


@pytest.mark.django_db(transaction=True)
def test_given_by_two_at_once_it_is_noted_once(transactional_db, as_sofia, ventas, caio):
    with transaction.atomic():
        Tray.objects.select_for_update(no_key=True).get(pk=ventas.pk)
        late = [start(lambda: do(as_sofia, "give_access", [ventas], agents=[caio.pk])) for _one in range(2)]
    for one in late:
        assert one.result().status_code == 200
    assert noted() == [("change.given", "Ventas", "caio")]


def test_nobody_chosen_is_asked_again(as_sofia, ventas, ana):
    response = do(as_sofia, "give_access", [ventas], agents="")
    assert "Elegí al menos una persona." in response.content.decode()
    access.deactivate_agent(ana)
    before = set(ventas.members.all())
    do(as_sofia, "give_access", [ventas], agents=[ana.pk])
    assert set(ventas.members.all()) == before
    assert noted() == []


def test_a_tray_that_left_the_filter_meanwhile_is_answered_too(as_sofia, ventas, caio, http_origin):
    assert do(as_sofia, "give_access", [ventas], asked="?esperan=si", agents=[caio.pk]).status_code == 200
    assert caio in ventas.members.all()


@pytest.mark.parametrize("name", ["give_access", "put_hours"])
def test_an_agent_does_neither(client, ventas, ana, caio, name):
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    do(client, name, [ventas], agents=[caio.pk], **WEEK)
    assert caio not in ventas.members.all()
    assert hours_of(ventas) == []


# --- Poner horario… -------------------------------------------------------------------------------------


def test_a_week_is_put_on_several_with_a_result_each(as_sofia, sofia, ventas, soporte, ana):
    Opening.objects.create(tray=ventas, weekday=0, opens="09:00", closes="13:00")
    Opening.objects.create(tray=ventas, weekday=5, opens="09:00", closes="13:00")
    archived, closed = people.tray("Depósito"), Tray.objects.closed()
    access.archive_tray(archived)
    shown = do(as_sofia, "put_hours", [ventas, soporte]).content.decode()
    assert "el horario que tiene se reemplaza" in shown
    assert "hoy siempre abierta" in shown
    done = do(as_sofia, "put_hours", (ventas, soporte, archived, closed, ana.personal_tray), **WEEK)
    assert set(said(done)) == {
        "Ventas: quedó con ese horario",
        "Soporte: quedó con ese horario",
        "Depósito: está archivada: restaurala antes",
        "Conversaciones Cerradas: ahí nadie espera: no lleva horario",
        f"{ana.personal_tray}: es personal: no lleva horario",
    }
    wanted = [(0, "09:00", "13:00"), (0, "14:00", "18:00")]
    assert hours_of(ventas) == hours_of(soporte) == wanted
    changes = AuditEntry.objects.filter(kind="change").order_by("pk").values_list("agent", "thing", "field")
    # of Ventas one stretch stays, one is added and one goes
    assert list(changes) == [(sofia.pk, "Soporte", "horario")] * 2 + [(sofia.pk, "Ventas", "horario")] * 2
    again = do(as_sofia, "put_hours", [ventas], **WEEK)
    assert said(again)[-1] == "Ventas: ya tenía ese horario"
    assert len(noted()) == 4


@pytest.mark.django_db(transaction=True)
def test_two_weeks_at_once_leave_one_of_them_whole(transactional_db, as_sofia, ventas):
    other = WEEK | {"openings-0-opens": "08:00", "openings-1-opens": "15:00"}
    with transaction.atomic():
        Tray.objects.select_for_update(no_key=True).get(pk=ventas.pk)
        late = [start(lambda week=week: do(as_sofia, "put_hours", [ventas], **week)) for week in (WEEK, other)]
    for one in late:
        assert one.result().status_code == 200
    assert hours_of(ventas) in (
        [(0, "09:00", "13:00"), (0, "14:00", "18:00")],
        [(0, "08:00", "13:00"), (0, "15:00", "18:00")],
    )


@pytest.mark.parametrize(
    ("week", "words"),
    [
        (NO_WEEK, "Cargá al menos un tramo."),
        (WEEK | {"openings-1-opens": "12:00"}, "Se superpone con otro tramo"),
        (WEEK | {"openings-0-closes": "08:00"}, "Cierra antes de abrir"),
        (WEEK | {"openings-0-closes": ""}, "Falta la hora."),
        (WEEK | {"openings-0-opens": "25:00"}, "Una hora como 09:30."),
        (WEEK | {"openings-0-weekday": "9"}, "9"),
    ],
)
def test_a_week_that_makes_no_sense_changes_nothing_and_says_why(as_sofia, ventas, week, words):
    response = do(as_sofia, "put_hours", [ventas], **week)
    assert words in response.content.decode()
    assert "_selected_action" in response.content.decode()
    assert hours_of(ventas) == []
    assert noted() == []


def test_what_was_posted_by_hand_is_no_error(as_sofia, ventas):
    for week in ({"x": "1"}, {"openings-TOTAL_FORMS": "x"}, {"openings-TOTAL_FORMS": "5000"}):
        assert do(as_sofia, "put_hours", [ventas], **week).status_code == 200
    assert hours_of(ventas) == []
