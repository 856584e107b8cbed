"""Signing in, in a browser: who has failed too often reads how long to wait, and then comes where they wanted to."""

from axes.models import AccessAttempt
from playwright.sync_api import expect

from tests import people


def types(page, name, password):
    page.get_by_label("Usuario").fill(name)
    page.get_by_label("Contraseña", exact=True).fill(password)
    page.get_by_role("button", name="Ingresar").click()


def test_who_is_held_reads_until_when_and_then_comes_where_they_wanted_to(site, new_page, ana, axe_finds):
    page = new_page()
    page.goto(f"{site.url}/contactos/")
    for _ in range(5):
        types(page, "ana", "no")
        expect(page.get_by_text("El usuario o la contraseña no coinciden.")).to_be_visible()
    types(page, "ana", "no")
    expect(page.get_by_role("heading", name="Demasiados intentos")).to_be_visible()
    expect(page.get_by_text("Esperá 15 minutos y probá otra vez")).to_be_visible()
    assert axe_finds(page) == []
    AccessAttempt.objects.all().delete()
    page.get_by_role("link", name="Volver a Ingresar").click()
    types(page, "ana", people.PASSWORD)
    expect(page).to_have_url(f"{site.url}/contactos/")
    # her browser is known from now on: whoever else fails by her name
    assert any(
        cookie["name"].startswith("device-") and cookie["httpOnly"]
        for cookie in page.context.cookies(f"{site.url}/login/")
    )
