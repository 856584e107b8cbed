"""The admin's first page: what asks for a look, how things stand, what was changed last; and its sections."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from backoffice.landing import read_landing
from origins.models import Origin
from tests import people
from tests.backoffice.pages import page


def words_of(response):
    return " ".join(response.content.decode().split())


def test_sofia_is_told_of_a_line_that_cannot_send_and_where_to_mend_it(as_sofia):
    line = people.http_origin(name="HTTP Ventas")
    Origin.objects.filter(pk=line.pk).update(trouble="El token venció")
    shown = words_of(as_sofia.get(page_of_admin()))
    assert "HTTP Ventas: El token venció." in shown
    assert f'href="{page("origins_origin", "change", line.pk)}">Ver la línea' in shown
    assert '<span class="visually-hidden"> con problema</span>' in shown


def test_the_cards_say_how_things_stand_and_what_comes_next(sofia):
    people.tray("Depósito", sofia)
    team, trays, lines, bot = read_landing()["cards"]
    assert team.fact == "1 persona, 0 disponibles ahora"
    assert team.step.label == "Sumar a alguien"
    assert trays.step.words == "Depósito no tiene horario: está siempre abierta."
    assert lines.step.label == "Conectar una"
    assert bot.step.label == "Crear un bot"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('[{"changed": {"fields": ["Nombre: “Comercial” → “Ventas”"]}}]', ("Nombre", "Comercial", "Ventas")),
        ("Acceso dado a Ana", ("Acceso dado a Ana", "", "")),
    ],
)
def test_a_change_is_shown_from_old_to_new_where_the_history_has_it(message, expected, sofia):
    tray = people.tray("Ventas")
    kind = ContentType.objects.get_for_model(tray)
    LogEntry.objects.create(
        user=sofia, content_type=kind, object_id=str(tray.pk), object_repr="Ventas", action_flag=CHANGE,
        change_message=message,
    )  # fmt: skip
    change = read_landing()["changes"][0]
    assert (change.words, change.old, change.new) == expected


def test_an_application_of_djangos_is_no_page_of_ours(as_sofia):
    assert as_sofia.get("/admin/trays/").url == "/admin/"


def test_the_theme_that_sofia_chose_is_that_of_the_admin(as_sofia):
    as_sofia.cookies["theme"] = "dark"
    assert 'data-bs-theme="dark"' in words_of(as_sofia.get(page_of_admin()))


def page_of_admin():
    return "/admin/"
