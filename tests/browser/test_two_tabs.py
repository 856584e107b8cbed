"""Two tabs and two windows of one agent say the same, and what is over in one is over in the other."""

import re

import pytest
from playwright.sync_api import expect

from chats import moves
from tests import people
from tests.browser.desk import LIVE, line_is_open, lines, rows, strip, tray_of, write


@pytest.fixture
def chat(team):
    return people.held(
        people.http_origin(key="linea"), team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1"
    )


@pytest.fixture
def tabs(site, enter, chat):
    """Two tabs of Ana's browser on the same chat."""
    one = enter("ana")
    other = one.context.new_page()
    for page in (one, other):
        page.goto(f"{site.url}/chat/{chat.pk}/")
        line_is_open(page)
    return one, other


def box(page):
    return page.get_by_role("textbox", name="Mensaje")


def test_a_draft_is_the_same_in_both_and_sent_in_one_it_is_gone_in_the_other(tabs, chat):
    one, other = tabs
    box(one).fill("Ya lo despacho")
    expect(box(other)).to_have_value("Ya lo despacho")
    box(other).press("Enter")
    for page in tabs:
        expect(box(page)).to_have_value("")
        expect(lines(page, "Ya lo despacho")).to_have_count(1, timeout=LIVE)
    other.reload()
    expect(box(other)).to_have_value("")
    assert chat.messages.filter(direction="out").count() == 1


def test_a_draft_sent_in_two_tabs_is_one_message(tabs, chat):
    one, other = tabs
    box(one).fill("Una vez")
    expect(box(other)).to_have_value("Una vez")
    for page in tabs:
        page.evaluate("() => { document.querySelector('form[data-composer]').requestSubmit() }")
    for page in tabs:
        expect(lines(page, "Una vez")).to_have_count(1, timeout=LIVE)
    one.wait_for_timeout(1_000)
    assert chat.messages.filter(direction="out").count() == 1


def test_what_is_taken_closed_and_read_in_one_is_so_in_the_other(site, team, tabs):
    one, other = tabs
    people.waiting(people.http_origin(), tray_of("Ventas"), name="Segundo Cliente")
    other.goto(f"{site.url}/bandejas/{tray_of('Ventas').pk}/")
    line_is_open(other)
    expect(rows(other)).to_have_count(1)
    one.goto(f"{site.url}/bandejas/{tray_of('Ventas').pk}/")
    one.get_by_role("button", name="Tomar siguiente").first.click()
    expect(one.locator(".wa-pane.is-active")).to_contain_text("Segundo Cliente")
    expect(rows(other)).to_have_count(0, timeout=LIVE)
    expect(other.locator("#rail-waiting")).to_have_text("", timeout=LIVE)
    expect(other.locator("#rail-unread")).to_have_text(one.locator("#rail-unread").inner_text(), timeout=LIVE)
    other.goto(f"{site.url}/chat/")
    line_is_open(other)
    expect(other.locator("#tabs")).to_contain_text("Segundo Cliente")
    write_to = one.locator(".wa-pane.is-active").get_by_role("textbox", name="Mensaje")
    write_to.fill("Hola")
    write_to.press("Enter")
    one.locator(".wa-pane.is-active").get_by_role("button", name="Cerrar", exact=False).first.click()
    expect(other.locator("#tabs")).not_to_contain_text("Segundo Cliente", timeout=LIVE)


def test_theme_and_presence_are_the_same_in_both(tabs):
    one, other = tabs
    one.locator(".wa-rail-foot [data-theme-toggle]").first.click()
    expect(other.locator("html")).to_have_attribute("data-bs-theme", "dark")
    one.get_by_role("switch").click()
    one.get_by_role("button", name="Almuerzo").click()
    expect(one.get_by_role("switch")).to_contain_text("Ausente")
    expect(other.get_by_role("switch")).to_contain_text("Ausente", timeout=LIVE)


def test_signed_out_in_one_the_other_says_so_and_shows_nothing_of_it(site, tabs, chat):
    one, other = tabs
    expect(other.locator("main")).to_contain_text("Marta Gómez")
    one.get_by_role("button", name="Tu cuenta").click()
    one.get_by_role("button", name="Salir").click()
    one.wait_for_url("**/login/**")
    expect(strip(other)).to_contain_text("Tu sesión terminó", timeout=LIVE)
    expect(other.locator("main")).not_to_contain_text("Marta Gómez")
    strip(other).get_by_role("button", name="Ingresar").click()
    other.wait_for_url(re.compile(r"/login/\?next="))


def test_another_agent_who_signs_in_in_the_other_tab_is_whom_the_page_shows(site, team, tabs, chat):
    one, other = tabs
    one.context.clear_cookies()
    one.goto(f"{site.url}/login/")
    one.get_by_label("Usuario").fill("bruno")
    one.get_by_label("Contraseña", exact=True).fill(people.PASSWORD)
    one.get_by_role("button", name="Ingresar").click()
    one.wait_for_url("**/bandejas/**")
    moves.give_back(chat.pk, team["ana"])
    expect(other.get_by_role("switch")).to_have_attribute("aria-label", re.compile("Bruno Paz"), timeout=LIVE)


def test_two_windows_and_a_supervisor_see_the_same_chat(site, team, enter, tabs, chat):
    sofia = enter("sofia")
    sofia.goto(f"{site.url}/contactos/{chat.contact_id}/chat/")
    line_is_open(sofia)
    write(tabs[0], "Se lo mando hoy")
    for page in (*tabs, sofia):
        expect(lines(page, "Se lo mando hoy")).to_have_count(1, timeout=LIVE)


def test_one_message_after_the_other_is_as_many(tabs, chat):
    for number in range(3):
        write(tabs[number % 2], f"mensaje {number}")
        for page in tabs:
            expect(lines(page, f"mensaje {number}")).to_have_count(1, timeout=LIVE)
            expect(box(page)).to_have_value("")
    write(tabs[0], "y otro")
    expect(lines(tabs[0], "y otro")).to_have_count(1, timeout=LIVE)
    assert chat.messages.filter(direction="out").count() == 4
