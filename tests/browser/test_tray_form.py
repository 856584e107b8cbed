"""A tray is set up by looking: pictures, people with a switch each, a week that is drawn, and nothing lost on the way."""

import re

import pytest
from playwright.sync_api import expect

from tests import people
from tests.backoffice.things import address_of
from trays.models import Tray


@pytest.fixture
def form(site, team, enter):
    """Sofía, on the page of Ventas."""
    page = enter("sofia")
    page.goto(f"{site.url}{address_of(Tray.objects.get(name='Ventas'))}")
    return page


def week_of(tray):
    return [(one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in tray.openings.all()]


def day(page, label):
    return page.locator("[data-day]").filter(has_text=label)


def test_sofia_sets_a_tray_up_by_looking(form, team):
    unsaved = form.locator(".adm-unsaved")
    expect(form.get_by_text("Siempre abierta", exact=True)).to_be_visible()
    form.get_by_label("Paquete").check(force=True)
    expect(unsaved).to_have_text("1 cambio sin guardar")
    people = form.locator(".adm-people li:visible")
    expect(people).to_have_count(4)
    form.get_by_label("Buscar persona").fill("LIMA")
    expect(people).to_have_count(1)
    people.get_by_role("switch").check()
    form.get_by_label("Buscar persona").fill("nadie")
    expect(form.get_by_text("Nadie se llama así.")).to_be_visible()
    expect(unsaved).to_have_text("2 cambios sin guardar")
    monday = day(form, "Lunes")
    monday.get_by_role("switch").check()
    expect(monday.locator("rect")).to_have_count(1)
    monday.get_by_role("button", name="Agregar un tramo").click()
    form.get_by_label("Lunes, tramo 2: abre").fill("20:00")
    form.get_by_label("Lunes, tramo 2: cierra").fill("23:00")
    expect(monday.locator("rect")).to_have_count(2)
    form.get_by_role("button", name="Copiar el lunes a los hábiles").click()
    day(form, "Viernes").get_by_role("switch").uncheck()
    expect(day(form, "Viernes").get_by_text("Cerrada todo el día")).to_be_visible()
    form.get_by_role("button", name="Guardar", exact=True).click()
    form.get_by_text("Se guardó Ventas").wait_for()
    tray = Tray.objects.get(name="Ventas")
    assert tray.icon == "package"
    assert set(tray.members.all()) == {team["ana"], team["bruno"], team["caio"]}
    assert week_of(tray) == [
        (number, *hours) for number in range(4) for hours in (("09:00", "18:00"), ("20:00", "23:00"))
    ]
    form.goto(f"{form.url.partition('/admin/')[0]}{address_of(tray)}")
    expect(day(form, "Jueves").locator("rect")).to_have_count(2)
    history = form.locator(".adm-hist")
    expect(history.locator("li").filter(has_text="ícono").locator("ins")).to_contain_text("Paquete")


def test_leaving_what_is_not_saved_asks(form):
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    form.on("dialog", stay)
    address = form.url
    form.get_by_role("textbox", name="Nombre").fill("Postventa")
    form.get_by_role("link", name="Feriados", exact=True).click()
    form.wait_for_timeout(200)
    assert (asked, form.url) == (["beforeunload"], address)
    form.get_by_role("link", name="Descartar").click()
    expect(form.get_by_role("textbox", name="Nombre")).to_have_value("Ventas")
    form.get_by_role("link", name="Feriados", exact=True).click()
    form.wait_for_url(re.compile("/holiday/"))
    assert asked == ["beforeunload"]


def test_on_the_phone_the_week_is_fields(site, team, enter):
    page = enter("sofia", width=390, height=844)
    page.goto(f"{site.url}{address_of(Tray.objects.get(name='Ventas'))}")
    day(page, "Lunes").get_by_role("switch").check()
    expect(page.get_by_label("Lunes, tramo 1: abre")).to_be_visible()
    expect(day(page, "Lunes").locator("svg[role=img]")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_script_everything_is_there(site, team, new_page):
    """The search and the switches of days are the script's; fields that are emptied take their stretch away."""
    page = new_page(java_script_enabled=False)
    page.goto(f"{site.url}/login/")
    page.get_by_label("Usuario").fill("sofia")
    page.get_by_label("Contraseña", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Ingresar").click()
    tray = Tray.objects.get(name="Ventas")
    tray.openings.create(weekday=0, opens="09:00", closes="18:00")
    page.goto(f"{site.url}{address_of(tray)}")
    expect(page.locator(".adm-people li")).to_have_count(4)
    expect(page.get_by_label("Buscar persona")).to_be_hidden()
    for what in ("abre", "cierra"):
        page.get_by_label(f"Lunes, tramo 1: {what}").fill("")
    page.get_by_label("Martes, tramo 1: abre").fill("10:00")
    page.get_by_label("Martes, tramo 1: cierra").fill("12:00")
    page.get_by_role("button", name="Guardar", exact=True).click()
    page.get_by_text("Se guardó Ventas").wait_for()
    assert week_of(tray) == [(1, "10:00", "12:00")]
