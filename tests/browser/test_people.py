"""A person is invited, chooses a password, and signs in in two steps from then on, in real browsers."""

import pyotp
from playwright.sync_api import expect

from tests import people
from tests.browser.desk import come_in
from trays.models import TwoSteps


def test_dario_is_invited_sets_up_his_telephone_and_comes_in_with_it(site, new_page, db, axe_finds):
    people.hire("sofia", first_name="Sofía", role="supervisor")
    sofia, dario = new_page(), new_page(width=390)
    come_in(sofia, site.url, "sofia")
    sofia.goto(f"{site.url}/admin/trays/agent/add/")
    sofia.get_by_label("Nombre de usuario", exact=False).fill("dario")
    sofia.get_by_label("Nombre:", exact=True).fill("Darío")
    sofia.get_by_role("button", name="Guardar", exact=True).click()
    link = sofia.locator("#entry-url")
    expect(link).to_contain_text("/entrar/")
    assert axe_finds(sofia) == []

    dario.goto(link.inner_text())
    expect(dario.get_by_role("heading", name="Hola, Darío")).to_be_visible()
    assert axe_finds(dario) == []
    for field in dario.locator("[type=password]").all():
        field.fill("mate-amargo-17")
    dario.get_by_role("button", name="Guardar y entrar").click()
    dario.wait_for_url(f"{site.url}/bandejas/")

    dario.goto(f"{site.url}/ajustes/acceso/dos-pasos/")
    expect(dario.get_by_role("img", name="Código QR")).to_be_visible()
    assert axe_finds(dario) == []
    assert dario.evaluate("document.documentElement.scrollWidth <= innerWidth")
    app = pyotp.TOTP(dario.locator("code").inner_text().replace(" ", ""))
    dario.get_by_label("Escribí los seis números").fill(app.now())
    dario.get_by_label("Tu contraseña").fill("mate-amargo-17")
    dario.get_by_role("button", name="Activar", exact=True).click()
    codes = dario.get_by_role("list", name="Códigos de respaldo").get_by_role("listitem")
    expect(codes).to_have_count(8)
    code = codes.first.inner_text()
    assert axe_finds(dario) == []
    assert TwoSteps.objects.get().agent.username == "dario"

    home = new_page()
    home.goto(f"{site.url}/contactos/")
    home.get_by_label("Usuario").fill("dario")
    home.get_by_label("Contraseña", exact=True).fill("mate-amargo-17")
    home.get_by_role("button", name="Ingresar").click()
    expect(home.get_by_role("heading", name="El segundo paso")).to_be_visible()
    assert axe_finds(home) == []
    home.get_by_label("Código").fill("000 000")
    home.get_by_role("button", name="Entrar").click()
    expect(home.get_by_role("alert")).to_contain_text("Ese código no va")
    home.get_by_label("Código").fill(code)
    home.get_by_role("button", name="Entrar").click()
    home.wait_for_url(f"{site.url}/contactos/")
