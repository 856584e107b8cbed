"""The keyboard alone: the composer is near from everywhere, and a chat is attended without a mouse. With the finger: rows
are chosen, and a narrow pane says its actions in words."""

import re

import pytest
from playwright.sync_api import expect

from inbox.models import QuickReply
from tests import people
from tests.browser.desk import LIVE, line_is_open, lines, open_tray, rows, tray_of

PLACES = {
    "the logo": ".wa-logo",
    "the last of the rail": "#presence .wa-presence",
    "the list": "#tabs .wa-tab",
    "what stands below it": "[data-key-next]",
    "the head of the pane": ".wa-pane.is-active [data-key-back]",
    "the thread": ".wa-pane.is-active .wa-log",
}


@pytest.mark.parametrize("held", [3, 7])
def test_the_composer_is_five_tabs_away_from_everywhere(held, site, team, enter, axe_finds):
    line = people.http_origin()
    chats = [
        people.held(
            line, team["ana"], tray_of("Ventas"), name=f"Cliente {n}", sender=f"c-{n}", text="Mirá: www.x.example"
        )
        for n in range(held)
    ]
    page = enter("ana")
    page.goto(f"{site.url}/chat/{chats[0].pk}/")
    line_is_open(page)
    composer = page.locator(".wa-pane.is-active textarea")
    expect(page.locator('#tabs .wa-tab[tabindex="0"]')).to_have_count(1)
    where = """() => document.activeElement.matches("[data-skip]") ? "skip" : document.activeElement.name ?? "" """
    far = {}
    for name, place in PLACES.items():
        start = page.locator(place).locator("visible=true").first
        start.focus()
        expect(start).to_be_focused()
        for _number in range(5):
            page.keyboard.press("Tab")
            if (here := page.evaluate(where)) in ("skip", "text"):
                break
        if here == "skip":
            page.keyboard.press("Enter")
        if not composer.evaluate("one => one === document.activeElement"):
            far[name] = page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
    assert far == {}
    assert page.url == f"{site.url}/chat/{chats[0].pk}/"
    # the other way round what is one stop is walked by arrows
    page.locator(".wa-acts [data-key-back]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".wa-acts [data-key-send]")).to_be_focused()
    # its menu is entered, and left, as it was
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Buscar bandeja")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".wa-acts [data-key-send]")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".wa-acts").get_by_role("link", name="Ver contacto")).to_be_focused()
    composer.focus()
    page.keyboard.press("Alt+p")
    expect(page.locator("#dialog")).to_contain_text("Programar")
    page.keyboard.press("Escape")
    assert axe_finds(page) == []


def test_a_chat_is_attended_from_the_tray_and_back_without_a_mouse(site, team, enter):
    QuickReply.objects.create(title="Envío sin cargo", shortcut="envio-gratis", text="Va sin cargo.")
    line = people.http_origin()
    chat = people.waiting(line, tray_of("Ventas"), name="Marta Gómez", sender="c-1", text="¿El envío?")
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    keys = ana.keyboard
    keys.press("j")
    keys.press("Enter")
    expect(ana.locator("#preview")).to_contain_text("¿El envío?")
    keys.press("t")
    box = ana.locator(f"#text-{chat.pk}")
    expect(box).to_be_focused()
    keys.type("Hola Marta")
    keys.press("Enter")
    expect(lines(ana, "Hola Marta")).to_have_count(1, timeout=LIVE)
    expect(box).to_be_focused()
    keys.type("/gratis")
    expect(ana.get_by_role("option", name=re.compile("Envío sin cargo"))).to_be_visible()
    keys.press("Enter")
    expect(box).to_have_value("Va sin cargo.")
    keys.press("Enter")
    expect(lines(ana, "Va sin cargo.")).to_have_count(1, timeout=LIVE)
    keys.press("Alt+i")
    keys.type("Le regalamos el envío")
    keys.press("Enter")
    expect(ana.locator(".wa-msg.is-note:not(.is-pending)")).to_contain_text("Le regalamos el envío", timeout=LIVE)
    expect(box).to_be_focused()
    keys.press("Escape")
    keys.press("d")
    expect(ana.locator("#undo")).to_contain_text("Devuelto a Ventas")
    assert people.fresh(chat).tray.name == "Ventas"
    keys.press("z")
    expect(box).to_be_focused()
    expect(ana.locator("#undo")).to_be_hidden()
    assert people.fresh(chat).agent == team["ana"]


def test_held_chats_are_switched_closed_found_and_reached_without_a_mouse(site, team, enter):
    line, ventas = people.http_origin(), tray_of("Ventas")
    marta, raul = (
        people.held(line, team["ana"], ventas, name=name, sender=name, text=text)
        for name, text in (("Marta Gómez", "¿Y la heladera?"), ("Raúl Paz", "¿Hay stock?"))
    )
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{marta.pk}/")
    line_is_open(ana)
    keys = ana.keyboard
    boxes = {chat: ana.locator(f"#text-{chat.pk}") for chat in (marta, raul)}
    keys.press("m")
    expect(boxes[marta]).to_be_focused()
    keys.type("Llega mañana")
    keys.press("Enter")
    expect(lines(ana, "Llega mañana")).to_have_count(1, timeout=LIVE)

    # the next one that waits; it is closed, and that is taken back
    keys.press("Alt+ArrowDown")
    expect(boxes[raul]).to_be_focused()
    keys.press("Escape")
    keys.press("c")
    expect(ana.locator("#undo")).to_contain_text("Chat cerrado")
    assert people.fresh(raul).agent is None
    keys.press("z")
    expect(boxes[raul]).to_be_focused()
    assert people.fresh(raul).agent == team["ana"]

    # to a chat by the palette, and to a message by its words
    keys.press("Control+k")
    expect(ana.get_by_role("combobox")).to_be_focused()
    keys.type("marta")
    expect(ana.locator("#palette [aria-selected=true]")).to_contain_text("Marta Gómez")
    keys.press("Enter")
    expect(boxes[marta]).to_be_focused()
    keys.press("Escape")
    keys.press("f")
    ana.wait_for_url("**/buscar/")
    expect(ana.get_by_role("searchbox", name="Buscar en contactos y mensajes")).to_be_focused()
    keys.type("heladera")
    found = ana.locator(".wa-hitrow").filter(has_text="heladera").first
    expect(found).to_be_visible()
    for _number in range(12):
        if found.evaluate("one => one.contains(document.activeElement) || one === document.activeElement"):
            break
        keys.press("Tab")
    keys.press("Enter")
    expect(lines(ana, "¿Y la heladera?")).to_be_visible()


def test_with_the_finger_rows_are_chosen_and_a_narrow_pane_has_words(site, team, enter, axe_finds):
    line, ventas = people.http_origin(), tray_of("Ventas")
    chats = [people.waiting(line, ventas, name=f"Cliente {n}", sender=f"c-{n}") for n in range(3)]
    phone = enter("ana", width=390, height=844, has_touch=True, is_mobile=True)
    open_tray(phone, site, "Ventas")
    row = rows(phone).nth(1).locator(".wa-row")
    expect(row).to_be_visible()
    phone.wait_for_function("() => import('inbox/long-press.js')")
    box = row.bounding_box()
    finger = phone.context.new_cdp_session(phone)
    at = {"x": box["x"] + 150, "y": box["y"] + 20}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    expect(phone.locator("[data-picked-count]")).to_have_text("1 elegido")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.locator(".wa-pick :checked")).to_have_count(1)
    # while any is chosen a tap chooses, and opens nothing
    rows(phone).nth(2).locator(".wa-row").tap()
    expect(phone.locator("[data-picked-count]")).to_have_text("2 elegidos")
    assert phone.url == f"{site.url}/bandejas/{ventas.pk}/"
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    bar = phone.locator(".wa-bulk")
    # all at once: the bar comes anew with its rows
    edges = bar.locator(".btn:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(({ left, right }) => [left, right])"
    )
    assert edges
    assert all(left >= 0 and right <= 390 for left, right in edges)
    assert axe_finds(phone) == []
    bar.get_by_role("button", name="Tomar").tap()
    expect(phone.get_by_role("heading", name="Tomar", exact=True)).to_be_visible()
    assert [str(people.fresh(one).agent or "") for one in chats] == ["", str(team["ana"]), str(team["ana"])]

    phone.goto(f"{site.url}/chat/{chats[1].pk}/")
    line_is_open(phone)
    pane = phone.locator(".wa-pane.is-active")
    expect(pane.get_by_role("button", name=re.compile("Cerrar"))).to_contain_text("Cerrar")
    expect(pane.get_by_role("link", name="Ir a una fecha")).to_be_hidden()
    pane.get_by_role("button", name="Más de este chat").tap()
    expect(pane.get_by_role("link", name="Ir a una fecha")).to_be_visible()
    assert axe_finds(phone) == []
    pane.get_by_role("link", name="Archivos").tap()
    expect(phone.get_by_role("heading", name="Archivos del chat")).to_be_visible()
    phone.keyboard.press("Escape")
    pane.get_by_role("button", name="Más de este chat").tap()
    pane.get_by_role("button", name="Devolver a Ventas").tap()
    expect(phone.locator("#undo")).to_contain_text("Devuelto a Ventas")


def test_a_page_of_a_thread_opens_where_it_was_asked_for(site, team, enter):
    chat = people.held(people.http_origin(), team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1")
    for number in range(40):
        people.says(chat.origin, "c-1", f"mensaje número {number}")
    said = list(chat.messages.filter(direction="in").order_by("id"))
    page = enter("ana")
    page.goto(f"{site.url}/chats/{chat.pk}/messages/")
    expect(page.locator(f"#m-{said[-1].pk}")).to_be_in_viewport()
    expect(page.locator(f"#m-{said[0].pk}")).not_to_be_in_viewport()
    page.goto(f"{site.url}/chats/{chat.pk}/messages/?cerca={said[15].pk}")
    expect(page.locator(f"#m-{said[15].pk}")).to_be_in_viewport()
    expect(page.locator(f"#m-{said[-1].pk}")).not_to_be_in_viewport()
    page.goto(f"{site.url}/chats/{chat.pk}/files/")
    assert page.locator("#dialog-form").bounding_box()["width"] > 800
