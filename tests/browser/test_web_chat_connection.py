"""The web chat while the network and the server come and go."""

import re

import pytest
from playwright.sync_api import expect

from chats import moves
from contacts.models import Contact
from tests.browser.customers import Customer, answers, status_of, stored
from tests.webchat.visitors import PNG


def comes_out_right(belen, ana):
    """What both wrote is there once, in order, on the screen and in the database, also after a reload."""
    for number in (1, 2, 3):
        expect(belen.bubble(f"sin red {number}")).to_have_class(re.compile("is-sent"), timeout=15_000)
        expect(belen.bubble(f"sin red {number}")).to_have_count(1)
        expect(belen.bubble(f"respuesta {number}")).to_have_count(1)
    answers(belen, ana, "¿Seguís ahí?")
    expect(belen.bubble("¿Seguís ahí?")).to_be_visible()
    expect(belen.panel.get_by_role("status")).to_have_text("")
    assert stored() == ["Hola", "Ventas", "sin red 1", "sin red 2", "sin red 3"]
    before = belen.said
    again = Customer(belen.page, belen.url).opens()
    expect(again.bubble("¿Seguís ahí?")).to_be_visible()
    assert again.said == before
    assert sorted(before) == sorted([*stored(), *stored("out")])


def test_the_server_dies_and_comes_back(site, attended, ana):
    answers(attended, ana, "Acá estoy")
    expect(attended.bubble("Acá estoy")).to_be_visible()
    site.stop()
    for number in (1, 2, 3):
        attended.says(f"sin red {number}")
        answers(attended, ana, f"respuesta {number}")
    expect(attended.bubble("sin red 1").locator(".w-state")).to_have_text("En cola")
    expect(attended.panel.get_by_role("status")).to_contain_text("Sin conexión", timeout=15_000)
    site.start()
    comes_out_right(attended, ana)


def test_the_customer_loses_the_network(attended, ana):
    attended.page.context.set_offline(True)
    for number in (1, 2, 3):
        attended.says(f"sin red {number}")
        answers(attended, ana, f"respuesta {number}")
    expect(attended.panel.get_by_role("status")).to_contain_text("Sin conexión", timeout=15_000)
    assert stored() == ["Hola", "Ventas"]
    attended.page.context.set_offline(False)
    comes_out_right(attended, ana)


def test_an_answer_that_is_lost_makes_no_second_message(attended):
    sent = []

    def stored_but_not_told(route):
        sent.append(route.request.post_data_json.get("id"))
        if len(sent) < 3:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    attended.page.route("**/messages/", stored_but_not_told)
    attended.says("una sola vez")
    expect(attended.bubble("una sola vez")).to_have_class(re.compile("is-sent"))
    expect(attended.bubble("una sola vez")).to_have_count(1)
    assert stored() == ["Hola", "Ventas", "una sola vez"]


def test_messages_leave_one_at_a_time_and_in_order(attended):
    going, most = [], []

    def slowly(route):
        if "receipts" in route.request.post_data_json:
            return route.continue_()
        going.append(route)
        most.append(len(going))
        answer = route.fetch()
        going.remove(route)
        return route.fulfill(response=answer)

    attended.page.route("**/messages/", slowly)
    texts = [f"rápido {number}" for number in range(8)]
    for text in texts:
        attended.text.fill(text)
        attended.text.press("Enter")
    expect(attended.bubble("rápido 7")).to_have_class(re.compile("is-sent"))
    assert max(most) == 1
    assert stored()[2:] == texts


def test_what_was_not_sent_survives_a_reload(attended):
    attended.page.route("**/messages/", lambda route: route.abort())
    attended.says("quedó en el navegador")
    attended.page.unroute("**/messages/")
    again = Customer(attended.page, attended.url).opens()
    expect(again.bubble("quedó en el navegador")).to_have_class(re.compile("is-sent"))
    assert stored() == ["Hola", "Ventas", "quedó en el navegador"]


def test_it_works_where_sockets_do_not(site, origin, ana, new_page, until):
    page = new_page()
    page.route_web_socket("**/ws/", lambda socket: socket.close())
    belen = Customer(page, f"{site.url}/w/{origin.key}/demo/").opens()
    belen.says("Hola")
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    moves.take(belen.chat.pk, ana)
    mine = answers(belen, ana, "Llego sin socket")
    expect(belen.bubble("Llego sin socket")).to_be_visible(timeout=7_000)
    until(page, lambda: status_of(mine) == "read")


@pytest.mark.parametrize("lost", [1, 2])
def test_a_gap_in_what_the_socket_says_is_seen(site, origin, ana, new_page, lost):
    """By the number of what comes next (1 is lost), or by the next beat (both are)."""
    page, swallowed = new_page(), []

    def swallow(socket):
        server = socket.connect_to_server()

        def from_server(frame):
            if '"author": "agent"' in frame and len(swallowed) < lost:
                swallowed.append(frame)
            else:
                socket.send(frame)

        server.on_message(from_server)

    page.route_web_socket("**/ws/", swallow)
    belen = Customer(page, f"{site.url}/w/{origin.key}/demo/").opens()
    belen.says("Hola")
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    moves.take(belen.chat.pk, ana)
    answers(belen, ana, "uno")
    page.wait_for_timeout(400)
    answers(belen, ana, "dos")
    for text in ("uno", "dos"):
        expect(belen.bubble(text)).to_be_visible(timeout=13_000)
    assert len(swallowed) == lost
    assert belen.said[-2:] == ["uno", "dos"]


def test_it_works_where_the_browser_keeps_nothing(site, origin, new_page, ana):
    page = new_page()
    page.add_init_script(
        """Object.defineProperty(window, "localStorage", {get() { throw new DOMException("no", "SecurityError") }})"""
    )
    belen = Customer(page, f"{site.url}/w/{origin.key}/demo/").opens()
    belen.says("Hola")
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    moves.take(belen.chat.pk, ana)
    answers(belen, ana, "Te leo")
    expect(belen.bubble("Te leo")).to_be_visible()
    assert Contact.objects.count() == 1


def test_no_socket_before_there_is_a_chat(site, origin, new_page, until):
    page = new_page()
    opened, asked = [], []
    page.on("websocket", lambda socket: opened.append(socket.url))
    page.on("request", lambda request: asked.append(request.url))
    belen = Customer(page, f"{site.url}/w/{origin.key}/demo/").opens()
    page.wait_for_timeout(700)
    assert not opened
    assert not [url for url in asked if re.search(r"/(visitor|messages)/", url)]
    belen.says("Hola")
    expect(belen.bubble("Soy el asistente")).to_be_visible()
    # what the bot says may come by the answer, before the socket is there
    until(page, lambda: len(opened) == 1)


def test_a_file_waits_for_the_network_in_its_place(site, attended):
    site.stop()
    attended.sends_file("foto.png", "image/png", PNG, "la foto")
    attended.says("después de la foto")
    site.start()
    expect(attended.bubble("después de la foto")).to_have_class(re.compile("is-sent"), timeout=15_000)
    assert stored()[2:] == ["la foto", "después de la foto"]
