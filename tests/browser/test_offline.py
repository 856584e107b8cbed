"""An agent without a network: words wait and leave on return, everything else says that it was not done."""

import contextlib
import json
import re

import pytest
from playwright.sync_api import Error, expect

from chats import moves
from chats.models import Chat
from tests import people
from tests.browser.desk import LIVE, go_deaf, line_is_open, lines, tray_of, write
from tests.webchat.visitors import PNG


@pytest.fixture
def chat(team):
    return people.held(
        people.http_origin(key="linea"), team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1"
    )


@pytest.fixture
def ana(site, enter, chat):
    page = enter("ana")
    page.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(page)
    return page


def waiting(page):
    return page.locator(".is-pending")


def said(chat):
    return list(chat.messages.filter(kind="text").exclude(direction="in").order_by("pk").values_list("text", flat=True))


def test_what_is_written_offline_waits_and_leaves_in_order_once(ana, chat):
    ana.context.set_offline(True)
    for number in (1, 2, 3):
        write(ana, f"sin red {number}")
        expect(waiting(ana).nth(number - 1)).to_contain_text(f"sin red {number}")
    expect(waiting(ana).first).to_contain_text("En cola")
    ana.get_by_text("Nota interna", exact=True).first.click()
    write(ana, "es mayorista")
    expect(waiting(ana)).to_have_count(4)
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("")
    assert said(chat) == []
    ana.context.set_offline(False)
    for text in ("sin red 1", "sin red 2", "sin red 3", "es mayorista"):
        expect(lines(ana, text)).to_have_count(1, timeout=LIVE)
    expect(waiting(ana)).to_have_count(0)
    assert said(chat) == ["sin red 1", "sin red 2", "sin red 3", "es mayorista"]
    assert chat.messages.get(text="es mayorista").direction == "note"


def test_what_waits_survives_a_reload_and_is_stored_once_though_no_answer_came(ana, chat):
    ids = []

    def stored_but_not_told(route):
        ids.append(re.search(r'name="client_id"\r\n\r\n([^\r]+)', route.request.post_data).group(1))
        # a reload ends the request before
        with contextlib.suppress(Error):
            route.fetch()
            route.abort()

    ana.route("**/reply/", stored_but_not_told)
    write(ana, "una sola vez")
    # as what waits, or stored by now
    expect(ana.locator(".wa-msg").filter(has_text="una sola vez")).to_have_count(1)
    ana.reload()
    expect(ana.locator(".wa-msg").filter(has_text="una sola vez")).to_have_count(1)
    ana.unroute("**/reply/")
    expect(waiting(ana)).to_have_count(0, timeout=LIVE)
    expect(lines(ana, "una sola vez")).to_have_count(1, timeout=LIVE)
    assert said(chat) == ["una sola vez"]
    assert len(set(ids)) == 1


def test_what_was_stored_before_the_server_failed_is_not_in_the_box_again(ana, chat):
    def stored_and_failed(route):
        route.fetch()
        route.fulfill(status=500, body="")

    # it learns of it only by asking anew
    go_deaf(ana)
    ana.route("**/reply/", stored_and_failed)
    write(ana, "una sola vez")
    expect(lines(ana, "una sola vez")).to_have_count(1, timeout=LIVE)
    expect(waiting(ana)).to_have_count(0)
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("")
    assert said(chat) == ["una sola vez"]


def test_a_server_that_is_away_for_a_moment_loses_no_words(ana, chat):
    ana.route("**/reply/", lambda route: route.fulfill(status=503, body="Bad gateway"))
    write(ana, "¿Sigue?")
    expect(waiting(ana)).to_contain_text("¿Sigue?")
    ana.unroute("**/reply/")
    expect(lines(ana, "¿Sigue?")).to_have_count(1, timeout=LIVE)
    assert said(chat) == ["¿Sigue?"]


def test_what_may_not_leave_any_more_says_so_and_is_in_the_box_again(ana, chat, team):
    ana.context.set_offline(True)
    write(ana, "Ya lo despacho")
    people.says(chat.origin, "c-1", "mejor cancelalo")
    ana.context.set_offline(False)
    expect(ana.get_by_role("alert").filter(has_text="Llegó algo nuevo")).to_be_visible(timeout=LIVE)
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("Ya lo despacho")
    expect(lines(ana, "mejor cancelalo")).to_have_count(1, timeout=LIVE)
    expect(waiting(ana)).to_have_count(0)
    assert said(chat) == []
    ana.context.set_offline(True)
    write(ana, "¿Cancelo?")
    moves.close(chat.pk, team["ana"])
    ana.context.set_offline(False)
    expect(ana.locator("#toasts")).to_contain_text("¿Cancelo?", timeout=LIVE)
    assert said(chat) == []


def test_what_is_refused_while_ana_writes_on_stands_in_red_until_she_says_what_becomes_of_it(ana, chat, until):
    refused = {"toast": {"level": "error", "title": "El cliente escribió mientras tanto", "text": ""}}
    kept, is_late = [], []

    def answer(route):
        # on a slow machine the page may have given the first one up
        with contextlib.suppress(Error):
            route.fulfill(status=409, headers={"HX-Trigger": json.dumps(refused)}, body="")

    ana.route("**/reply/", lambda route: answer(route) if is_late else kept.append(route))
    write(ana, "Sale hoy")
    # before any answer
    expect(waiting(ana)).to_contain_text("Sale hoy")
    box = ana.get_by_role("textbox", name="Mensaje")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    box.fill("y mañana llega")
    until(ana, lambda: kept)
    is_late.append(True)
    answer(kept[-1])
    expect(waiting(ana)).to_contain_text("No se envió: El cliente escribió mientras tanto")
    expect(box).to_have_value("y mañana llega")
    ana.unroute("**/reply/")
    ana.reload()
    waiting(ana).get_by_role("button", name="Reintentar").click()
    expect(lines(ana, "Sale hoy")).to_have_count(1, timeout=LIVE)
    expect(waiting(ana)).to_have_count(0)
    expect(box).to_have_value("y mañana llega")
    assert said(chat) == ["Sale hoy"]


def test_a_move_without_a_network_says_that_it_was_not_done(ana, chat):
    ana.context.set_offline(True)
    ana.locator(".wa-pane").get_by_role("button", name="Cerrar", exact=False).first.click()
    expect(ana.locator("#toasts")).to_contain_text("Sin conexión: no se hizo")
    ana.get_by_role("switch").click()
    ana.get_by_role("button", name="Almuerzo").click()
    ana.get_by_role("link", name="Contactos").click()
    expect(ana.locator("#toasts")).to_contain_text("no se pudo abrir")
    assert people.fresh(chat).state == Chat.State.AGENTE
    ana.context.set_offline(False)
    ana.wait_for_timeout(1_000)
    assert people.fresh(chat).state == Chat.State.AGENTE, "a move is not made up for: the chat may be elsewhere by now"
    line_is_open(ana)
    ana.locator(".wa-pane").get_by_role("button", name="Cerrar", exact=False).first.click()
    expect(ana.locator("#undo")).to_contain_text("Chat cerrado")


def test_a_file_without_a_network_says_that_it_was_not_sent_and_stays(ana, chat):
    ana.locator("input[type=file]").first.set_input_files({"name": "foto.png", "mimeType": "image/png", "buffer": PNG})
    ana.context.set_offline(True)
    write(ana, "la foto")
    expect(ana.locator("#toasts")).to_contain_text("No salió")
    expect(ana.locator("[data-file-name]").first).to_contain_text("foto.png")
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("la foto")
    ana.context.set_offline(False)
    line_is_open(ana)
    ana.get_by_role("textbox", name="Mensaje").press("Enter")
    expect(lines(ana, "la foto")).to_have_count(1, timeout=LIVE)
    assert chat.messages.filter(direction="out").count() == 1


def test_nobody_signs_out_over_words_that_wait(ana, chat):
    ana.route("**/reply/", lambda route: route.abort())
    write(ana, "todavía no salió")
    expect(waiting(ana)).to_have_count(1)
    ana.get_by_role("button", name="Tu cuenta").click()
    ana.get_by_role("button", name="Salir").click()
    expect(ana.locator("#toasts")).to_contain_text("Hay mensajes en espera")
    ana.unroute("**/reply/")
    expect(lines(ana, "todavía no salió")).to_have_count(1, timeout=LIVE)
