"""The keyboard alone: the palette leads anywhere, and the composer is never far."""

import re

import pytest
from playwright.sync_api import expect

from tests import people
from tests.browser.desk import line_is_open, open_tray, tray_of


@pytest.fixture
def busy(team):
    """Ana holds eight, one of them Vanesa's; Venancio is a contact of whom she sees the name alone."""
    line = people.http_origin()
    names = ["Vanesa Torres", *(f"Cliente {number}" for number in range(7))]
    chats = [people.held(line, team["ana"], name=name, sender=name, text="Hola") for name in names]
    for number in range(12):
        people.says(line, "Vanesa Torres", f"mensaje {number}")
    people.held(line, team["caio"], tray_of("Soporte"), name="Venancio Ríos", sender="ven", text="secreto")
    return chats


def find(page, typed):
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Ir a cualquier cosa")
    expect(field).to_be_focused()
    field.fill(typed)
    return page.locator("#palette")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_palette_leads_to_places_chats_contacts_and_actions(theme, site, enter, busy, axe_finds):
    page = enter("ana", theme=theme)
    page.goto(f"{site.url}/chat/{busy[1].pk}/")
    line_is_open(page)
    composer = page.locator(".wa-pane.is-active textarea")
    composer.focus()
    palette = find(page, "ven")
    # contacts come a moment later, below
    expect(palette.get_by_role("option", name="Venancio Ríos")).to_be_visible()
    expect(palette.get_by_role("option", name="Ventas", exact=False).first).to_be_visible()
    expect(palette.get_by_role("option", name="Buscar “ven” en los mensajes")).to_be_visible()
    expect(palette).not_to_contain_text("secreto")
    assert axe_finds(page) == []
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(composer).to_be_focused()

    # nearly right is enough
    find(page, "vnsa")
    expect(palette.locator("[aria-selected=true]")).to_contain_text("Vanesa Torres")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/chat/{busy[0].pk}/")
    expect(page.locator(f"#pane-{busy[0].pk} textarea")).to_be_focused()
    # what was used last stands first
    find(page, "@")
    expect(palette.locator("[aria-selected=true]")).to_contain_text("Vanesa Torres")
    page.keyboard.press("Escape")

    find(page, "> cerrar")
    expect(palette.locator("[data-about]")).to_contain_text("Vanesa Torres")
    page.keyboard.press("Enter")
    expect(page.locator(f"#tab-{busy[0].pk}")).to_have_count(0)
    assert people.fresh(busy[0]).state == "BANDEJA"

    find(page, "# ventas")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/bandejas/{tray_of('Ventas').pk}/")


def test_on_the_phone_it_is_a_page_opened_from_buscar(site, enter, busy, axe_finds):
    page = enter("ana", width=390, height=800)
    page.goto(f"{site.url}/buscar/")
    page.get_by_role("button", name="Ir a cualquier cosa").click()
    palette = page.locator("#palette")
    expect(palette).to_be_visible()
    box = palette.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 800)
    assert axe_finds(page) == []
    page.get_by_role("combobox", name="Ir a cualquier cosa").fill("vanesa")
    palette.get_by_role("option", name="Vanesa Torres").first.click()
    expect(page).to_have_url(f"{site.url}/chat/{busy[0].pk}/")


def test_lists_are_one_stop_each_and_single_keys_lead_to_the_composer(site, enter, busy):
    page = enter("ana")
    page.goto(f"{site.url}/chat/{busy[0].pk}/")
    line_is_open(page)
    composer = page.locator(".wa-pane.is-active textarea")
    tabs = page.locator("#tabs .wa-tab")
    expect(page.locator('#tabs .wa-tab[tabindex="0"]')).to_have_count(1)
    tabs.first.focus()
    page.keyboard.press("ArrowDown")
    expect(tabs.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(tabs.last).to_be_focused()
    page.locator("#main").focus()
    page.keyboard.press("m")
    expect(composer).to_be_focused()
    # the next that waits for an answer, and the list to its avatars and back
    page.keyboard.press("Alt+ArrowDown")
    expect(page).not_to_have_url(f"{site.url}/chat/{busy[0].pk}/")
    page.locator("#main").focus()
    page.keyboard.press("[")
    expect(page.locator("#work")).to_have_class(re.compile("is-folded"))
    expect(page.get_by_role("button", name="Plegar la lista")).to_have_attribute("aria-pressed", "true")
    assert page.locator(".wa-held").bounding_box()["width"] == 56
    page.reload()
    assert page.locator(".wa-held").bounding_box()["width"] == 56
    page.keyboard.press("[")
    expect(page.get_by_role("button", name="Plegar la lista")).to_have_attribute("aria-pressed", "false")
    open_tray(page, site, "Ventas")
