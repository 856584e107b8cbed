"""The address bar: what an agent asked for and did not get leaves address, choice and focus where they were, and the
chat that may no longer be seen is gone; Back, Forward and F5 show what the address says."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chats import access, moves
from chats.models import Chat
from tests import people
from tests.browser.desk import LIVE, go_deaf, line_is_open, open_tray, rows, tray_of
from trays.models import Tray

SECRET = "la clave es 4711"


@pytest.fixture
def line(site):
    return people.http_origin()


@pytest.fixture
def queue(line, team):
    """Three who wait in Ventas, the longest first."""
    return [
        people.waiting(line, tray_of("Ventas"), name=name, text=text, sender=f"c-{number}",
                       at=timezone.now() - timedelta(minutes=30 - number))
        for number, (name, text) in enumerate([("Uno", SECRET), ("Dos", "soy dos"), ("Tres", "soy tres")])
    ]  # fmt: skip


def preview_url(site, chat):
    return f"{site.url}/bandejas/{tray_of('Ventas').pk}/{chat.pk}/"


def reloads_well(page):
    """F5 shows a page, not a form sent again and not an error."""
    answer = page.reload()
    assert answer.request.method == "GET"
    assert answer.status == 200
    expect(page.locator("#main")).to_be_visible()


def test_who_loses_the_race_stays_in_the_list_without_the_words(site, team, enter, queue):
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).nth(1).locator(".wa-row").click()
    expect(ana.locator("#preview")).to_contain_text("soy dos")
    there = ana.url
    go_deaf(ana)
    moves.take(queue[0].pk, team["bruno"])
    rows(ana).first.hover()
    rows(ana).first.get_by_role("button", name="Tomar").click(force=True)
    expect(ana.locator("#toasts")).to_contain_text("Ya lo tomó Bruno Paz")
    expect(rows(ana)).to_have_count(2)
    assert ana.url == there
    expect(ana.locator("#preview")).to_contain_text("soy dos")
    expect(ana.locator("main")).not_to_contain_text(SECRET)
    expect(ana.locator(f"#chat-{queue[1].pk} .wa-row")).to_be_focused()
    reloads_well(ana)


def test_who_loses_the_race_for_what_is_open_gets_the_next_row(site, team, enter, queue):
    ana = enter("ana")
    ana.goto(preview_url(site, queue[0]))
    line_is_open(ana)
    expect(ana.locator("#preview")).to_contain_text(SECRET)
    go_deaf(ana)
    moves.take(queue[0].pk, team["bruno"])
    ana.keyboard.press("t")
    expect(ana.locator("#toasts")).to_contain_text("Ya lo tomó Bruno Paz")
    expect(ana.locator("#preview")).to_contain_text("soy dos")
    expect(ana.locator("main")).not_to_contain_text(SECRET)
    assert ana.url == preview_url(site, queue[1])
    expect(ana.locator(f"#chat-{queue[1].pk} .wa-row")).to_be_focused()
    reloads_well(ana)
    ana.go_back()
    assert "/chats/" not in ana.url
    expect(ana.locator("main")).not_to_contain_text(SECRET)


def test_nobody_waits_and_nothing_moves(site, team, enter):
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/")
    line_is_open(ana)
    button = ana.locator("[data-key-next]")
    button.focus()
    ana.keyboard.press("Enter")
    expect(ana.locator("#toasts")).to_contain_text("Nadie espera")
    assert ana.url == f"{site.url}/chat/"
    expect(button).to_be_focused()
    reloads_well(ana)


def test_who_lost_the_tray_is_refused_and_sees_its_chat_no_more(site, team, enter, queue):
    ana = enter("ana")
    ana.goto(preview_url(site, queue[0]))
    line_is_open(ana)
    go_deaf(ana)
    people.tray("Otra", team["ana"])
    access.take_access(tray_of("Ventas"), [team["ana"]])
    ana.locator("#preview").get_by_role("button", name="Tomar").click()
    expect(ana.locator("#toasts")).to_contain_text("No tenés acceso a")
    expect(ana.locator("main")).not_to_contain_text(SECRET)
    assert ana.url == f"{site.url}/bandejas/"
    assert queue[0].pk not in Chat.objects.held_by(team["ana"]).values_list("pk", flat=True)
    reloads_well(ana)


@pytest.mark.parametrize("button", ["[data-key-back]", "[data-key-close]", ".wa-send-list button"])
def test_who_comes_too_late_with_a_chat_that_was_moved(button, site, team, enter, line):
    chat = people.held(line, team["ana"], tray_of("Ventas"), text=SECRET)
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    go_deaf(ana)
    moves.send(chat.pk, Tray.objects.get(kind="personal", owner=team["caio"]), team["sofia"])
    if "send" in button:
        ana.locator("summary", has_text="Enviar a…").first.click()
    ana.locator(button).first.click()
    expect(ana.locator("#toasts [role=alert]")).to_contain_text("El chat está ahora en")
    expect(ana.locator("main")).not_to_contain_text(SECRET)
    assert ana.url == f"{site.url}/chat/"
    reloads_well(ana)


def test_back_and_forward_after_each_move_show_what_the_address_says(site, team, enter, queue):
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).first.locator(".wa-row").click()
    expect(ana.locator("#preview")).to_contain_text(SECRET)
    ana.locator("#preview").get_by_role("button", name="Tomar").click()
    ana.wait_for_url(re.compile(rf"/chat/{queue[0].pk}/"))
    ana.go_back()
    expect(ana.locator("[data-screen=bandejas]")).to_be_visible()
    expect(ana.locator("main")).not_to_contain_text(SECRET)
    assert "/bandejas/" in ana.url
    ana.go_forward()
    expect(ana.locator(".wa-pane.is-active")).to_contain_text(SECRET)
    assert ana.url == f"{site.url}/chat/{queue[0].pk}/"
    ana.locator("[data-key-close]").first.click()
    expect(ana.locator("#undo")).to_contain_text("Chat cerrado")
    ana.wait_for_url("**/chat/")
    ana.go_back()
    # it is in Cerradas, which everyone sees: read there, without a composer
    expect(ana.locator("#preview")).to_contain_text(SECRET)
    assert ana.url == f"{site.url}/bandejas/{Tray.objects.closed().pk}/{queue[0].pk}/"
    expect(ana.locator("form[data-composer]")).to_have_count(0)


def test_back_to_a_chat_that_one_may_not_see_any_more_does_not_show_it(site, team, enter, line):
    chat = people.held(line, team["ana"], tray_of("Ventas"), text=SECRET)
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    expect(ana.locator("main")).to_contain_text(SECRET)
    ana.locator("summary", has_text="Enviar a…").first.click()
    ana.get_by_label("Buscar bandeja").fill("sopor")
    ana.get_by_label("Buscar bandeja").press("Enter")
    ana.wait_for_url("**/chat/")
    for go in (ana.go_back, ana.go_forward, ana.go_back):
        go()
        ana.wait_for_timeout(500)
        expect(ana.locator("main")).not_to_contain_text(SECRET)
        assert ana.url == f"{site.url}/chat/"
    ana.goto(f"{site.url}/contactos/")
    ana.go_back()
    expect(ana.locator("main")).to_be_visible()
    expect(ana.locator("main")).not_to_contain_text(SECRET)


def test_a_page_out_of_the_browsers_cache_is_asked_for_anew(site, team, enter, line):
    """Chromium does not cache pages with a socket; others do, and tell the page so."""
    chat = people.held(line, team["ana"], tray_of("Ventas"), text=SECRET)
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    go_deaf(ana)
    moves.send(chat.pk, tray_of("Soporte"), team["sofia"])
    ana.evaluate("() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert ana.evaluate("() => getComputedStyle(document.querySelector('main')).visibility") == "hidden"
    with ana.expect_navigation():
        ana.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(ana.locator("body")).not_to_contain_text(SECRET)


# --- the way back from the sign-in -----------------------------------------------------------------


def signs_in_again(page, name="ana"):
    page.wait_for_url("**/login/**")
    page.get_by_label("Usuario").fill(name)
    page.get_by_label("Contraseña", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Ingresar").click()


def session_ends(page):
    page.context.clear_cookies(name="sessionid")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_sign_in_leads_back_to_the_page_and_keeps_the_words(scripts, site, team, enter, line):
    chat = people.held(line, team["ana"], tray_of("Ventas"))
    ana = enter("ana", java_script_enabled=scripts)
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    ana.get_by_role("textbox", name="Mensaje").fill("Le confirmo el turno")
    session_ends(ana)
    ana.get_by_role("button", name="Enviar", exact=True).click()
    signs_in_again(ana)
    ana.wait_for_url(f"**/chat/{chat.pk}/")
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("Le confirmo el turno")
    assert not chat.messages.filter(text="Le confirmo el turno").exists()
    ana.get_by_role("button", name="Enviar", exact=True).click()
    expect(ana.locator(".wa-msg.is-out:not(.is-pending)")).to_contain_text("Le confirmo el turno")
    assert chat.messages.filter(text="Le confirmo el turno").count() == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_the_sign_in_leads_back_to_a_small_form_with_what_was_typed(scripts, site, team, enter):
    web = people.http_origin()
    chat = people.held(web, team["ana"], tray_of("Ventas"))
    ana = enter("ana", java_script_enabled=scripts)
    ana.goto(f"{site.url}/chats/{chat.pk}/card/")
    ana.get_by_label("Nombre").fill("Jorge Taller")
    session_ends(ana)
    ana.get_by_label("Teléfono").fill("+54 9 11 5555-0171")
    ana.get_by_role("button", name="Enviar").click()
    signs_in_again(ana)
    ana.wait_for_url(f"**/chats/{chat.pk}/card/")
    expect(ana.get_by_label("Nombre")).to_have_value("Jorge Taller")
    expect(ana.get_by_label("Teléfono")).to_have_value("+54 9 11 5555-0171")
    # and the page of the form sends it, as the dialog does
    ana.get_by_role("button", name="Enviar").click()
    ana.wait_for_url(f"**/chat/{chat.pk}/")
    expect(ana.locator(".wa-pane.is-active")).to_contain_text("Jorge Taller")


def test_the_sign_in_after_taking_leads_to_the_list_and_takes_nothing(site, team, enter, queue):
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).first.locator(".wa-row").click()
    expect(ana.locator("#preview")).to_contain_text(SECRET)
    there = ana.url
    session_ends(ana)
    ana.keyboard.press("t")
    signs_in_again(ana)
    ana.wait_for_url(there)
    assert people.fresh(queue[0]).state == "BANDEJA"


def test_a_sign_in_in_another_tab_does_not_break_this_one(site, team, enter, line):
    chat = people.held(line, team["ana"], tray_of("Ventas"))
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    session_ends(ana)
    other = ana.context.new_page()
    other.goto(f"{site.url}/login/")
    signs_in_again(other)
    other.wait_for_url("**/bandejas/")
    ana.get_by_role("textbox", name="Mensaje").fill("Sigo acá")
    ana.get_by_role("textbox", name="Mensaje").press("Enter")
    expect(ana.locator("#toasts")).to_contain_text("Envialo otra vez", timeout=LIVE)
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("Sigo acá")
    ana.get_by_role("textbox", name="Mensaje").press("Enter")
    expect(ana.locator(".wa-msg.is-out:not(.is-pending)")).to_contain_text("Sigo acá")


# --- plain forms -----------------------------------------------------------------------------------


def test_without_scripts_a_refusal_leads_back_to_the_page_and_says_why(site, team, enter, queue):
    ana = enter("ana", java_script_enabled=False)
    ana.goto(preview_url(site, queue[0]))
    moves.take(queue[0].pk, team["bruno"])
    ana.locator("#preview").get_by_role("button", name="Tomar").click()
    ana.wait_for_url(f"{site.url}/bandejas/{tray_of('Ventas').pk}/")
    expect(ana.locator("#toasts")).to_contain_text("Ya lo tomó Bruno Paz")
    expect(ana.locator("main")).not_to_contain_text(SECRET)
    reloads_well(ana)


def test_without_scripts_an_answer_that_missed_something_is_still_in_the_box(site, team, enter, line):
    chat = people.held(line, team["ana"], tray_of("Ventas"), sender="c-1")
    ana = enter("ana", java_script_enabled=False)
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    people.says(line, "c-1", "mejor cancelalo")
    ana.locator("textarea").fill("Ya lo despacho")
    ana.get_by_role("button", name="Enviar", exact=True).click()
    ana.wait_for_url(f"{site.url}/chat/{chat.pk}/")
    expect(ana.locator("#toasts")).to_contain_text("El cliente escribió mientras tanto")
    expect(ana.locator("main")).to_contain_text("mejor cancelalo")
    expect(ana.locator("textarea")).to_have_value("Ya lo despacho")
    reloads_well(ana)


def test_a_wrong_password_is_said_where_it_was_typed(site, team, enter):
    ana = enter("ana")
    ana.goto(f"{site.url}/password/")
    ana.locator("[name=old_password]").fill("no es esta")
    for name in ("new_password1", "new_password2"):
        ana.locator(f"[name={name}]").fill("otra-clave-larga-2")
    ana.locator("main button[type=submit]").click()
    expect(ana.locator("main [role=alert]")).to_contain_text("Revisá lo marcado")
    assert ana.url == f"{site.url}/password/"
