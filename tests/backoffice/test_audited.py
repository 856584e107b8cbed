"""What is done in the admin stands in the audit log, from what to what; who had it done to them is told."""

import pytest

from tests import people
from tests.backoffice.pages import change, opened, page
from tests.inbox.pages import signed_in
from trays import audit
from trays.audit import What
from trays.models import Agent, AuditEntry, AuditNotice, Tray

pytestmark = pytest.mark.django_db
TOKEN = "EAAGm0PX4ZCpsBAKZC1234567893f9a"


def noted(*fields):
    return list(AuditEntry.objects.filter(kind="change").order_by("pk").values_list(*fields))


def messages_of(agent):
    """What the next whole page tells."""
    return [str(one) for one in signed_in(agent).get("/bandejas/").context["messages"]]


def came_in(*agents):
    Agent.objects.filter(pk__in=[one.pk for one in agents]).update(last_login=people.timezone.now())


def test_a_tray_is_noted_from_what_to_what_with_its_hours(as_sofia, sofia, ventas):
    address = page("trays_tray", "change", ventas.pk)
    form = opened(as_sofia, address)
    form |= {"position": ["7"], "openings-TOTAL_FORMS": ["1"], "openings-0-weekday": ["5"]}
    form |= {"openings-0-opens": ["09:00"], "openings-0-closes": ["13:00"], "agents": form.get("agents", [])}
    assert as_sofia.post(address, form).status_code == 302
    found = noted("agent", "thing", "field", "old", "new")
    assert found[0] == (sofia.pk, "Ventas", "Orden", "100", "7")
    assert [row[1:4] for row in found[1:]] == [("Ventas", "horario", "")]
    assert "09:00" in found[1][4]


def test_a_form_that_changed_nothing_leaves_nothing(as_sofia, ventas):
    address = page("trays_tray", "change", ventas.pk)
    assert as_sofia.post(address, opened(as_sofia, address)).status_code == 302
    assert noted("field") == []


def test_of_a_secret_only_its_end_is_noted(as_admin):
    line = people.whatsapp_origin(access_token=TOKEN.replace("3f9a", "81cc"))
    url, _form = change(line)
    assert as_admin.post(url, opened(as_admin, url) | {"access_token": [TOKEN]}).status_code == 302
    assert [row for row in noted("field", "old", "new") if "Token" in row[0]] == [
        ("Token de acceso", "termina en 81cc", "termina en 3f9a")
    ]
    assert not [row for row in noted("old", "new", "detail", "thing") if TOKEN[:12] in " ".join(row)]


def test_who_loses_and_gets_access_is_told_on_the_next_page_once(
    as_sofia, sofia, ana, admin, ventas, soporte, django_capture_on_commit_callbacks
):
    came_in(ana)
    address = page("trays_agent", "change", ana.pk)
    form = opened(as_sofia, address) | {"trays": [str(soporte.pk)]}
    with django_capture_on_commit_callbacks(execute=True):
        assert as_sofia.post(address, form).status_code == 302
    assert noted("what", "agent", "about", "thing") == [
        (What.ACCESS_GIVEN, sofia.pk, ana.pk, "Soporte"),
        (What.ACCESS_TAKEN, sofia.pk, ana.pk, "Ventas"),
    ]
    said = ["Sofía Duarte: Quitó acceso a Ventas · Ana Ferreyra", "Sofía Duarte: Dio acceso a Soporte · Ana Ferreyra"]
    assert messages_of(ana) == said
    assert messages_of(admin) == said
    assert messages_of(ana) == messages_of(sofia) == []
    assert not AuditNotice.objects.exists()
    assert "Quitó acceso a Ventas" in signed_in(ana).get("/ajustes/acceso/").content.decode()


def test_acts_on_a_person_are_told_to_them_and_to_administrators(as_admin, admin, ana, sofia):
    came_in(ana, sofia)
    second = people.hire("otra", first_name="Otra", is_superuser=True)
    as_admin.post(page("trays_agent", "sessions", ana.pk))
    as_admin.post(page("trays_agent", "link", ana.pk))
    assert noted("what", "about", "field") == [
        (What.DONE, ana.pk, "Cerrar sus sesiones"),
        (What.DONE, ana.pk, ""),
    ]
    told = AuditNotice.objects.order_by("entry", "agent").values_list("agent", flat=True)
    assert list(told) == sorted([ana.pk, second.pk]) * 2
    # by themselves to themselves it is no news
    as_admin.post(page("trays_agent", "sessions", admin.pk))
    assert not AuditNotice.objects.filter(agent=admin).exists()


def test_who_attends_a_tray_is_told_that_it_is_archived(as_sofia, ana, bruno, ventas, soporte):
    came_in(ana, bruno)
    members = list(Agent.objects.filter(membership__tray=ventas).values_list("pk", flat=True))
    as_sofia.post(page("trays_tray", "archive", ventas.pk))
    assert Tray.objects.get(pk=ventas.pk).archived_at
    assert noted("what", "thing", "field") == [(What.DONE, "Ventas", "Archivar")]
    assert sorted(AuditNotice.objects.values_list("agent", flat=True)) == sorted(members)


def test_who_was_just_invited_is_told_nothing(as_sofia, admin):
    as_sofia.post(page("trays_agent", "add"), {"username": "dario", "first_name": "Darío"})
    dario = Agent.objects.get(username="dario")
    assert noted("what", "about", "field")[-1][:2] == (What.ADDED, dario.pk)
    assert list(AuditNotice.objects.values_list("agent", flat=True)) == [admin.pk]


def test_what_is_deleted_is_noted(as_sofia, sofia):
    from trays.models import Holiday

    day = Holiday.objects.create(day="2027-01-01", name="Año nuevo")
    as_sofia.post(page("trays_holiday", "delete", day.pk), {"post": "yes"})
    assert noted("what", "agent", "field", "thing") == [(What.DELETED, sofia.pk, "feriado", "01/01/2027 Año nuevo")]


def test_of_many_notices_a_page_tells_some_and_how_many_more(ana, sofia, django_capture_on_commit_callbacks):
    came_in(ana)
    for number in range(5):
        entry = AuditEntry.objects.create(
            kind="change", what=What.ACCESS_GIVEN, agent=sofia, about=ana, thing=str(number)
        )
        with django_capture_on_commit_callbacks(execute=True):
            audit.leave_notices({ana: [entry]})
    told = messages_of(ana)
    assert (len(told), told[-1]) == (4, "Y 2 cambios más")
