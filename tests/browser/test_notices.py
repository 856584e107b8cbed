"""What the page says of itself, the connection's strip and the notices at the corner, stands over no button."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import people
from tests.browser.desk import line_is_open, open_tray, rows, strip, tray_of

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def line(site):
    return people.http_origin()


@pytest.fixture
def held(line, team):
    return people.held(line, team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_whom_one_writes_to_is_in_view_without_a_network_and_so_is_every_button(site, enter, held, size):
    ana = enter("ana", **size)
    ana.goto(f"{site.url}/chat/{held.pk}/")
    line_is_open(ana)
    ana.context.set_offline(True)
    expect(strip(ana)).to_contain_text("Sin conexión")
    ana.locator("[data-key-close]").click()
    expect(ana.locator("#toasts")).to_contain_text("no se hizo")
    ana.locator(".wa-pane-head").get_by_text("Marta Gómez").click(trial=True)
    ana.locator("[data-key-send]").first.click(trial=True)
    back = ana.get_by_role("button", name="Devolver a Ventas")
    contact = ana.locator("[data-key-contact]").first
    if size == PHONE:
        ana.get_by_role("button", name="Más de este chat").click()
        contact = ana.get_by_role("link", name="Ver contacto")
    back.click(trial=True)
    contact.click(trial=True)
    ana.keyboard.press("Escape")
    ana.get_by_role("button", name="Enviar", exact=True).click(trial=True)
    ana.context.set_offline(False)
    expect(strip(ana)).to_be_hidden()


def test_a_lost_race_is_told_beside_the_button_that_takes(site, team, enter, line):
    for number in (1, 2):
        people.waiting(line, tray_of("Ventas"), name=f"Cliente {number}", sender=f"c-{number}", at=timezone.now())
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).first.locator(".wa-row").click()
    take = ana.locator("#preview [data-key-take]")
    expect(take).to_be_visible()
    # as the server's answer to a lost race brings it: it stays until it is closed
    ana.evaluate("() => import('common/toast.js').then(({ showToast }) => showToast({ level: 'error', title: 'Ya' }))")
    expect(ana.locator("#toasts")).to_contain_text("Ya")
    take.click(trial=True)


def test_without_scripts_a_notice_leaves_the_buttons_free_and_a_form_has_its_margins(site, enter, held, new_page):
    ana = enter("ana")
    plain = new_page(java_script_enabled=False, storage_state=ana.context.storage_state())
    plain.goto(f"{site.url}/chat/{held.pk}/")
    plain.get_by_role("textbox", name="Mensaje").fill("va sin scripts")
    plain.get_by_role("button", name="Enviar", exact=True).click()
    expect(plain.locator("#toasts .toast")).to_be_visible()
    plain.get_by_role("button", name="Enviar", exact=True).click(trial=True)
    plain.goto(f"{site.url}/chats/{held.pk}/card/")
    form = plain.locator("#main .modal-content")
    around, send = form.bounding_box(), form.get_by_role("button", name="Enviar").bounding_box()
    assert around["x"] + around["width"] - (send["x"] + send["width"]) >= 12
