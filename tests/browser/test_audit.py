"""Registro in a browser: what a supervisor did stands there, and the one to whom it was done is told."""

from playwright.sync_api import expect

from tests import people
from tests.browser.desk import line_is_open, sign_in
from trays.models import Membership


def test_sofia_looks_at_a_chat_of_ana_takes_her_access_and_both_is_in_registro(site, team, enter, new_page, axe_finds):
    depot = people.tray("Depósito", team["ana"])
    chat = people.held(people.http_origin(), team["ana"], name="Nicolás Paz")
    ana = enter("ana")
    line_is_open(ana)
    sofia = sign_in(new_page(width=1440, height=900), site.url, "sofia")
    sofia.goto(f"{site.url}/contactos/{chat.contact_id}/")
    expect(sofia.get_by_role("heading", name="Nicolás Paz").first).to_be_visible()
    sofia.goto(f"{site.url}/admin/trays/tray/{depot.pk}/change/")
    sofia.get_by_role("switch", name="Ana Ferreyra").uncheck()
    sofia.get_by_role("button", name="Guardar").first.click()
    expect(sofia.get_by_text("Depósito").first).to_be_visible()
    # on the page that she has open, whose socket came back with the rights of now
    expect(ana.locator("#toasts")).to_contain_text("Quitó acceso a Depósito")
    assert not Membership.objects.filter(tray=depot, agent=team["ana"]).exists()
    sofia.goto(f"{site.url}/supervision/")
    sofia.get_by_role("link", name="Registro").click()
    took = sofia.get_by_role("row").filter(has_text="Quitó acceso a Depósito")
    expect(took).to_contain_text("Ana Ferreyra")
    expect(sofia.get_by_role("row").filter(has_text="Abrió una ficha ajena")).to_contain_text("lo tenía Ana Ferreyra")
    assert axe_finds(sofia) == []
    sofia.get_by_role("link", name="Entradas").click()
    expect(sofia.get_by_role("row").filter(has_text="Sofía").filter(has_text="Entró").first).to_be_visible()
    expect(took).to_have_count(0)
    sofia.get_by_role("searchbox", name="Buscar en el registro").fill("nadie que exista")
    sofia.get_by_role("button", name="Ver", exact=True).click()
    expect(sofia.get_by_text("Nada con «nadie que exista»")).to_be_visible()
    sofia.get_by_role("link", name="Quitar filtros").click()
    expect(took).to_be_visible()
    sofia.set_viewport_size({"width": 390, "height": 844})
    assert sofia.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert axe_finds(sofia) == []
