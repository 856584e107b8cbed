"""The list of trays: sofia finds those that need a look, and gives several of them people and hours at once."""

import pytest
from playwright.sync_api import expect

from tests import people
from tests.backoffice.pages import page as address
from tests.browser.axe import find_faults_in_every_look
from trays.models import Opening, Tray


@pytest.fixture
def trays(site, team, enter):
    """Sofía, on the list."""
    page = enter("sofia")
    people.tray("Depósito", team["bruno"])
    page.goto(site.url + address("trays_tray", "changelist"))
    return page


def tick(page, *names):
    for name in names:
        page.locator("#result_list tr").filter(has_text=name).locator(".action-select").check()


def told(page):
    return page.locator(".messagelist li")


def test_sofia_gives_several_trays_people_and_hours(trays, team):
    assert find_faults_in_every_look(trays) == []
    tick(trays, "Ventas", "Depósito")
    trays.get_by_role("button", name="Dar acceso…").click()
    assert find_faults_in_every_look(trays) == []
    trays.get_by_label("Buscar persona").fill("caio")
    trays.locator(".adm-people li:visible").get_by_role("switch").check()
    trays.get_by_role("button", name="Dar acceso", exact=True).click()
    expect(told(trays)).to_have_text(["Depósito: Acceso dado a Caio Lima", "Ventas: Acceso dado a Caio Lima"])
    assert all(team["caio"] in tray.members.all() for tray in Tray.objects.filter(name__in=("Ventas", "Depósito")))
    tick(trays, "Ventas", "Depósito")
    trays.get_by_role("button", name="Poner horario…").click()
    assert find_faults_in_every_look(trays) == []
    trays.get_by_role("button", name="Poner horario", exact=True).click()
    expect(trays.get_by_text("Cargá al menos un tramo.")).to_be_visible()
    trays.locator("[data-day]").filter(has_text="Lunes").get_by_role("switch").check()
    trays.get_by_role("button", name="Copiar el lunes a los hábiles").click()
    trays.get_by_role("button", name="Poner horario", exact=True).click()
    expect(told(trays)).to_have_text(["Depósito: quedó con ese horario", "Ventas: quedó con ese horario"])
    assert Opening.objects.filter(tray__name="Depósito").count() == 5
    trays.get_by_role("link", name="Con horario").click()
    expect(trays.locator("#result_list tbody tr")).to_have_count(2)
    trays.get_by_label("Buscar").fill("depó")
    trays.get_by_label("Buscar").press("Enter")
    expect(trays.locator("#result_list tbody tr")).to_have_count(1)
    chip = trays.get_by_role("link", name="Con horario")
    expect(chip).to_have_attribute("aria-current", "true")
    chip.click()
    expect(chip).not_to_have_attribute("aria-current", "true")


def test_on_the_phone_nothing_stands_over_the_edge(site, team, enter):
    page = enter("sofia", width=390, height=844)
    page.goto(site.url + address("trays_tray", "changelist"))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    tick(page, "Ventas")
    page.get_by_role("button", name="Poner horario…").click()
    expect(page.get_by_label("Lunes, tramo 1: abre")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
