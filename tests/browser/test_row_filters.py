"""Filters of a tray in a browser: the address says them, and what is pushed keeps the list so."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from chats import moves
from chats.messages import replies
from contacts.models import Tag
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of


def names(page):
    return page.locator(".wa-rows .wa-name").all_inner_texts()


def test_a_filtered_list_is_in_the_address_and_stays_right(site, team, enter, axe_finds):
    line, other, ventas, now = people.http_origin(), people.telegram_origin(), tray_of("Ventas"), timezone.now()
    ana = team["ana"]

    def waits(name, minutes, of=line):
        return people.waiting(of, ventas, name=name, sender=name, at=now - timedelta(minutes=minutes))

    uno, dos, tres = waits("Uno", 30), waits("Dos", 20, other), waits("Tres", 10)
    for chat in (uno, tres):
        moves.take(chat.pk, ana)
    replies.send_reply(tres.pk, ana, "Ya te averiguo")
    for chat in (uno, tres):
        moves.give_back(chat.pk, ana)
    page = enter("ana")
    open_tray(page, site, "Ventas")
    assert names(page) == ["Dos", "Uno", "Tres"]
    expect(rows(page).filter(has_text="Tres")).to_contain_text("Vos: Ya te averiguo")
    assert axe_finds(page) == []

    page.get_by_role("link", name="Sin responder").click()
    expect(rows(page)).to_have_count(2)
    assert page.url.endswith("?sin=1")
    page.get_by_role("button", name="Orden: más espera primero").click()
    page.get_by_role("link", name="Más espera una respuesta").click()
    expect(rows(page).first).to_contain_text("Uno")
    assert page.url.endswith("?sin=1&orden=respuesta")
    line_is_open(page)

    # one that fits comes to its place, also where it was in the tray all the while
    people.says(line, "Tres", "¿Y?", at=now - timedelta(minutes=40), now=now)
    expect(rows(page)).to_have_count(3, timeout=LIVE)
    assert names(page) == ["Tres", "Uno", "Dos"]
    # a preview comes beside it, and F5 and Back find the same list
    rows(page).filter(has_text="Dos").locator(".wa-row").click()
    expect(page.locator("#preview")).to_contain_text("Dos")
    assert page.url.endswith(f"/{dos.pk}/?sin=1&orden=respuesta")
    page.reload()
    assert names(page) == ["Tres", "Uno", "Dos"]
    expect(page.locator("#preview")).to_contain_text("Dos")
    line_is_open(page)
    page.go_back()
    expect(page.locator("#preview")).to_contain_text("Elegí un chat")
    assert names(page) == ["Tres", "Uno", "Dos"]

    # one that fits no longer goes, without being moved
    people.says(line, "Cuatro", "Hola", name="Cuatro")
    moves.take(tres.pk, ana)
    replies.send_reply(tres.pk, ana, "Va en camino")
    moves.give_back(tres.pk, ana)
    expect(rows(page)).to_have_count(2, timeout=LIVE)
    assert names(page) == ["Uno", "Dos"]

    page.locator("#only-line summary").click()
    page.get_by_role("link", name=other.name, exact=True).click()
    expect(rows(page)).to_have_count(1)
    page.go_back()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("link", name="Vencen pronto").click()
    expect(page.get_by_role("heading", name="Ningún chat es así")).to_be_visible()
    page.get_by_role("link", name="Sacar el filtro").click()
    expect(rows(page)).to_have_count(3)


def test_many_are_chosen_by_key_and_mouse_and_each_says_what_became_of_it(site, team, enter, axe_finds):
    line, ventas = people.http_origin(), tray_of("Ventas")
    chats = [people.waiting(line, ventas, name=f"Cliente {n}", sender=f"c-{n}") for n in range(5)]
    page = enter("ana")
    open_tray(page, site, "Ventas")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.locator("[data-picked-count]")).to_have_text("2 elegidos")
    rows(page).nth(3).locator(".wa-pick input").click(modifiers=["Shift"])
    expect(page.locator("[data-picked-count]")).to_have_text("4 elegidos")
    assert axe_finds(page) == []
    # news of one that is chosen leave it chosen
    people.says(line, "c-1", "¿Hola?")
    expect(rows(page).nth(1)).to_contain_text("¿Hola?", timeout=LIVE)
    expect(page.locator(".wa-pick :checked")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.locator(".wa-bulk")).to_be_hidden()
    rows(page).nth(0).locator(".wa-pick input").click()
    rows(page).nth(2).locator(".wa-pick input").click()
    page.locator("#many-send summary").click()
    page.locator("#many-send").get_by_role("button", name="Soporte").click()
    expect(page.get_by_role("heading", name="Enviar a Soporte")).to_be_focused()
    expect(page.locator(".wa-results .is-good")).to_have_count(2)
    assert page.url.endswith(f"/bandejas/{ventas.pk}/")
    expect(rows(page)).to_have_count(3)
    # one undo for all of them; who was quicker is named
    moves.take(chats[2].pk, team["caio"])
    expect(page.locator("#undo")).to_contain_text("Enviar a Soporte")
    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="Deshacer")).to_be_focused()
    expect(page.locator(".wa-results .is-good")).to_have_text("Otra vez en Ventas")
    expect(page.locator(".wa-results .is-bad")).to_contain_text("Ya lo tomó Caio")
    expect(page.locator("#undo")).to_be_hidden()
    expect(rows(page)).to_have_count(4)
    assert names(page)[0] == "Cliente 0"
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Tomar", exact=True)).to_be_visible()
    assert people.fresh(chats[0]).agent == team["ana"]


def test_the_filters_of_a_tray_stand_in_one_line(site, team, enter):
    ventas = tray_of("Ventas")
    for number, line in enumerate((people.http_origin(), people.telegram_origin())):
        people.waiting(line, ventas, name=f"Cliente {number}", sender=f"c-{number}")
    Tag.objects.create(word="Mayorista")
    page = enter("ana")
    page.set_viewport_size({"width": 1440, "height": 900})
    open_tray(page, site, "Ventas")
    expect(page.locator(".wa-chips .wa-chip")).to_have_text(
        ["Sin responder", "Vencen pronto", "Con mención", "Línea…", "Etiqueta…"]
    )
    tops = page.locator(".wa-chips .wa-chip").evaluate_all(
        "chips => chips.map((one) => one.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1
