"""The web chat as its people meet it: a customer in a browser, an agent, and a network that comes and goes."""

import http.server
import re
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import expect

from chats import moves
from chats.attachments import uploads
from chats.messages import replies
from chats.models import Chat, Message
from contacts.models import Address, Contact
from tests import people
from tests.chats.test_widget import PNG


class Customer:
    """A browser on a page that holds the web chat."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        page.goto(url)
        self.launcher = page.get_by_role("button", name=re.compile("el chat"))
        self.panel = page.frame_locator("witty-chat iframe")
        self.log = self.panel.get_by_role("log", name="Mensajes")
        self.text = self.panel.get_by_label("Mensaje", exact=True)

    def opens(self):
        self.launcher.click()
        expect(self.text).to_be_visible()
        return self

    def says(self, text):
        self.text.fill(text)
        self.text.press("Enter")
        expect(self.log.locator(".is-me").filter(has_text=text).last).to_be_visible()

    def bubble(self, text):
        return self.log.locator(".w-msg").filter(has_text=text)

    def sends_file(self, name, mime, data, text=""):
        self.panel.locator("input[type=file]").set_input_files({"name": name, "mimeType": mime, "buffer": data})
        self.text.fill(text)
        self.panel.get_by_role("button", name="Enviar").click()

    @property
    def said(self):
        """The texts in the log, in order, without their times."""
        return self.log.locator(".w-text").all_inner_texts()

    @property
    def chat(self):
        return people.fresh(Chat.objects.get())


@pytest.fixture
def origin(site, ventas):
    origin = people.web_origin(title="Almacén Norte", allowed_sites=site.url)
    people.with_bot(origin)
    return origin


@pytest.fixture
def belen(site, origin, new_page):
    """Belén, on the page of the shop, with the chat open."""
    return Customer(new_page(), f"{site.url}/w/{origin.key}/demo/").opens()


@pytest.fixture
def attended(belen, ana):
    """Belén, whom Ana attends."""
    belen.says("Hola")
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    moves.take(belen.chat.pk, ana)
    return belen


def answers(belen, ana, text, **more):
    return replies.send_reply(belen.chat.pk, ana, text, **more)


def status_of(message):
    return Message.objects.get(pk=message.pk).status


def stored(direction="in"):
    return list(Message.objects.filter(direction=direction).order_by("pk").values_list("text", flat=True))


# --- the way of a chat -------------------------------------------------------------------------


def test_from_the_first_word_to_a_person(belen, ventas, ana, until):
    expect(belen.panel.locator("#holder")).to_have_text("Asistente")
    expect(belen.log).to_contain_text("Escribinos")
    assert not Contact.objects.exists()

    belen.says("Hola")
    expect(belen.bubble("¡Hola! Soy el asistente")).to_be_visible()
    choices = belen.panel.get_by_role("group", name="Opciones").get_by_role("button")
    assert choices.all_inner_texts() == ["Ventas", "Otra consulta"]
    choices.first.click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    expect(choices.first).to_have_attribute("aria-pressed", "true")
    for choice in choices.all():
        expect(choice).to_be_disabled()
    assert (belen.chat.state, belen.chat.tray) == ("BANDEJA", ventas)

    moves.take(belen.chat.pk, ana)
    replies.write_note(belen.chat.pk, ana, "cuidado con esta")
    mine = answers(belen, ana, "Hola Belén, soy Ana")
    expect(belen.bubble("soy Ana")).to_be_visible()
    expect(belen.panel.locator("#holder")).to_have_text("Te atiende Ana")
    expect(belen.log.locator(".w-sys")).to_have_text(re.compile(r"^Ana entró al chat, \d\d:\d\d$"))
    expect(belen.log.locator(".w-who").last).to_have_text("Ana")
    until(belen.page, lambda: status_of(mine) == "read")
    everything = belen.panel.locator("body").inner_text()
    assert "Ferreyra" not in everything
    assert "cuidado" not in everything


def test_a_reload_keeps_everything(attended, ana):
    answers(attended, ana, "Hola Belén")
    expect(attended.bubble("Hola Belén")).to_be_visible()
    before = attended.said
    again = Customer(attended.page, attended.url).opens()
    expect(again.bubble("Hola Belén")).to_be_visible()
    assert again.said == before
    expect(again.panel.locator("#holder")).to_have_text("Te atiende Ana")
    again.says("Gracias")
    expect(again.bubble("Gracias")).to_have_class(re.compile("is-sent"))
    assert Contact.objects.count() == 1


def test_markup_is_only_text(attended, ana):
    markup = '<img src=x onerror="document.title=1"> {{ 7 }} <b>negro</b>'
    attended.says(markup)
    answers(attended, ana, markup)
    expect(attended.bubble("negro")).to_have_count(2)
    assert attended.said[-2:] == [markup, markup]
    assert attended.log.locator("b, img").count() == 0


def test_an_address_in_a_text_is_a_link_that_tells_nothing(attended, ana):
    answers(attended, ana, "Mirá https://ejemplo.com/a?b=1. Y javascript:alert(1)\nsegunda línea")
    link = attended.log.get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://ejemplo.com/a?b=1")
    expect(link).to_have_attribute("rel", re.compile("noopener noreferrer"))


def test_two_tabs_of_one_customer_say_the_same(attended, ana):
    other = Customer(attended.page.context.new_page(), attended.url).opens()
    expect(other.bubble("Te paso con Ventas")).to_be_visible()
    attended.says("Desde la primera")
    other.says("Desde la segunda")
    answers(attended, ana, "Leo las dos")
    for tab in (attended, other):
        for text in ("Desde la primera", "Desde la segunda", "Leo las dos"):
            expect(tab.bubble(text)).to_have_count(1)
    assert attended.said == other.said
    assert Contact.objects.count() == 1


# --- a network that comes and goes -------------------------------------------------------------


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


def test_no_socket_before_there_is_a_chat(site, origin, new_page):
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
    assert len(opened) == 1


def test_who_was_revoked_is_somebody_new(attended):
    address = Address.objects.get()
    address.revoked_at = timezone.now()
    address.save()
    attended.says("¿Me leés?")
    expect(attended.bubble("¿Me leés?")).to_have_class(re.compile("is-sent"))
    expect(attended.bubble("Te paso con Ventas")).to_have_count(0)
    expect(attended.bubble("Soy el asistente")).to_be_visible()
    assert attended.said[0] == "¿Me leés?"
    assert Contact.objects.count() == 2
    assert stored() == ["Hola", "Ventas", "¿Me leés?"]


def test_a_chat_that_was_switched_off_says_so(attended, origin):
    origin.is_active = False
    origin.save()
    attended.says("¿Hola?")
    expect(attended.panel.get_by_role("status")).to_have_text("Este chat ya no está disponible.")
    expect(attended.text).to_be_disabled()


# --- files -------------------------------------------------------------------------------------


def test_pictures_and_files_in_both_directions(attended, ana, tmp_path):
    attended.sends_file("comprobante.png", "image/png", PNG, "El comprobante")
    mine = attended.bubble("El comprobante")
    expect(mine).to_have_class(re.compile("is-sent"))
    expect(mine.get_by_role("img", name="Foto: comprobante.png")).to_be_visible()
    attended.sends_file("notas.txt", "text/plain", b"uno")
    expect(attended.log.locator(".w-doc", has_text="notas.txt")).to_be_visible()

    for name, data in (("lista.pdf", b"%PDF-1.4 precios"), ("mapa.png", PNG)):
        answers(attended, ana, name, files=[uploads.keep_upload(SimpleUploadedFile(name, data))])
    expect(attended.log.get_by_role("img", name="Foto: mapa.png")).to_be_visible()
    with attended.page.expect_download() as download:
        attended.log.get_by_role("button", name="Descargar lista.pdf").click()
    assert download.value.suggested_filename == "lista.pdf"
    download.value.save_as(tmp_path / "lista.pdf")
    assert (tmp_path / "lista.pdf").read_bytes() == b"%PDF-1.4 precios"

    again = Customer(attended.page, attended.url).opens()
    for name in ("comprobante.png", "mapa.png"):
        picture = again.log.get_by_role("img", name=f"Foto: {name}")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") == 1
    kinds = Message.objects.filter(direction="in").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["text", "choice", "image", "document"]


def test_files_that_cannot_be_sent_say_why(attended, tmp_path):
    trouble = attended.panel.get_by_role("alert")
    large = tmp_path / "grande.bin"
    with large.open("wb") as file:
        file.truncate(uploads.MAX_UPLOAD_BYTES + 1)
    attended.panel.locator("input[type=file]").set_input_files(large)
    expect(trouble).to_have_text("El archivo pesa más de 10 MB. Mandalo por partes")
    attended.panel.locator("input[type=file]").set_input_files(
        {"name": "vacio.txt", "mimeType": "text/plain", "buffer": b""}
    )
    expect(trouble).to_have_text("El archivo está vacío")
    attended.page.route("**/files/", lambda route: route.fulfill(status=413, json={"reason": "Pesa demasiado"}))
    attended.sends_file("notas.txt", "text/plain", b"uno")
    expect(attended.log.locator(".w-fail")).to_have_text("No se envió. Pesa demasiado")
    attended.says("Sigo acá")
    expect(attended.bubble("Sigo acá")).to_have_class(re.compile("is-sent"))
    assert stored() == ["Hola", "Ventas", "Sigo acá"]


def test_a_chosen_file_can_be_put_back(attended):
    attended.panel.locator("input[type=file]").set_input_files(
        {"name": "foto.png", "mimeType": "image/png", "buffer": PNG}
    )
    chip = attended.panel.locator("#chip")
    expect(chip).to_contain_text("foto.png · 1 kB")
    attended.panel.get_by_role("button", name="Quitar el archivo").click()
    expect(chip).to_be_hidden()
    attended.says("sin foto")
    expect(attended.bubble("sin foto")).to_have_class(re.compile("is-sent"))
    assert not Message.objects.get(text="sin foto").attachments.exists()


def test_a_file_waits_for_the_network_in_its_place(site, attended):
    site.stop()
    attended.sends_file("foto.png", "image/png", PNG, "la foto")
    attended.says("después de la foto")
    site.start()
    expect(attended.bubble("después de la foto")).to_have_class(re.compile("is-sent"), timeout=15_000)
    assert stored()[2:] == ["la foto", "después de la foto"]


# --- the launcher ------------------------------------------------------------------------------


def test_what_comes_while_it_is_closed_is_counted(attended, ana, until):
    attended.panel.get_by_role("button", name="Minimizar").click()
    expect(attended.launcher).to_be_focused()
    first = answers(attended, ana, "¿Estás?")
    expect(attended.launcher).to_have_accessible_name("Abrir el chat, 1 mensaje sin leer")
    answers(attended, ana, "Te espero")
    expect(attended.launcher).to_have_accessible_name("Abrir el chat, 2 mensajes sin leer")
    expect(attended.page.locator("witty-chat .badge")).to_have_text("2")
    until(attended.page, lambda: status_of(first) == "delivered")

    # the next page of the shop: it counts before anyone opens it
    again = Customer(attended.page, attended.url)
    expect(again.launcher).to_have_accessible_name("Abrir el chat, 2 mensajes sin leer")
    assert status_of(first) == "delivered"
    again.opens()
    expect(again.launcher).to_have_accessible_name("Cerrar el chat")
    until(again.page, lambda: status_of(first) == "read")
    again.panel.get_by_role("button", name="Minimizar").click()
    expect(again.launcher).to_have_accessible_name("Abrir el chat")


def test_with_the_keyboard_alone(site, origin, new_page):
    belen = Customer(new_page(), f"{site.url}/w/{origin.key}/demo/")
    expect(belen.launcher).to_have_attribute("aria-expanded", "false")
    belen.page.keyboard.press("Tab")
    expect(belen.launcher).to_be_focused()
    belen.page.keyboard.press("Enter")
    expect(belen.launcher).to_have_attribute("aria-expanded", "true")
    expect(belen.text).to_be_focused()
    belen.page.keyboard.type("Hola")
    belen.page.keyboard.press("Enter")
    choice = belen.panel.get_by_role("button", name="Ventas")
    expect(choice).to_be_visible()
    # over the button for files to the last choice
    for _ in range(2):
        belen.page.keyboard.press("Shift+Tab")
    expect(belen.panel.get_by_role("button", name="Otra consulta")).to_be_focused()
    belen.page.keyboard.press("Shift+Tab")
    belen.page.keyboard.press("Enter")
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    expect(belen.text).to_be_focused()
    belen.page.keyboard.press("Escape")
    expect(belen.launcher).to_be_focused()
    expect(belen.launcher).to_have_attribute("aria-expanded", "false")
    expect(belen.text).to_be_hidden()
    belen.page.keyboard.press("Space")
    expect(belen.text).to_be_focused()


def test_on_a_phone_it_fills_the_screen(site, origin, new_page):
    belen = Customer(new_page(390, 844, has_touch=True, is_mobile=True), f"{site.url}/w/{origin.key}/demo/").opens()
    box = belen.page.locator("iframe").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    expect(belen.launcher).to_be_hidden()
    # a focused field would open the keyboard over the conversation
    expect(belen.text).not_to_be_focused()
    belen.panel.get_by_role("button", name="Minimizar").click()
    expect(belen.launcher).to_be_visible()


def test_the_panel_has_the_size_of_the_design(belen):
    box = belen.page.locator("witty-chat .frame").bounding_box()
    assert (box["width"], box["height"]) == (384, 680)
    belen.page.set_viewport_size({"width": 1280, "height": 500})
    assert belen.page.locator("witty-chat .frame").bounding_box()["height"] == 380


@pytest.fixture
def shop():
    """`shop(html, **headers)`: the address of a page on somebody else's server."""
    servers = []

    def serve(html, policy=""):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def page_with(site, origin, times=1):
    tag = f'<script src="{site.url}/w/{origin.key}/widget.js" async></script>'
    return f'<!doctype html><html lang="es"><head><title>Tienda</title>{tag * times}</head><body><h1>Tienda</h1></body>'


def test_a_strict_page_only_has_to_allow_our_host(site, origin, shop, new_page):
    policy = f"default-src 'none'; script-src {site.url}; frame-src {site.url}; require-trusted-types-for 'script'"
    there = shop(page_with(site, origin), policy)
    origin.allowed_sites = there
    origin.save()
    belen = Customer(new_page(), there).opens()
    assert belen.page.locator("witty-chat .launch").bounding_box()["width"] == 56
    belen.says("Hola desde afuera")
    expect(belen.bubble("Soy el asistente")).to_be_visible()
    belen.panel.get_by_role("button", name="Minimizar").click()
    expect(belen.launcher).to_be_focused()


def test_a_site_that_is_not_allowed_holds_nothing(site, origin, shop, new_page):
    page = new_page()
    page.goto(shop(page_with(site, origin)))
    page.get_by_role("button", name="Abrir el chat").click()
    page.wait_for_timeout(500)
    assert all("frame-ancestors" in error or "ancestor" in error for error in new_page.errors)
    assert new_page.errors
    new_page.errors.clear()
    assert page.frame_locator("witty-chat iframe").locator(".w-panel").count() == 0


def test_included_twice_it_is_there_once(site, origin, shop, new_page):
    origin.allowed_sites = ""
    origin.save()
    page = new_page()
    page.goto(shop(page_with(site, origin, times=0)))
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    page.goto(shop(page_with(site, origin, times=2)))
    expect(page.get_by_role("button", name="Abrir el chat")).to_have_count(1)
    page.wait_for_timeout(300)
    assert page.locator("witty-chat").count() == 1
    assert set(page.evaluate("Object.getOwnPropertyNames(window)")) - before <= {"WittyChat"}
    page.evaluate("key => WittyChat[key].open()", origin.key)
    expect(page.frame_locator("witty-chat iframe").get_by_label("Mensaje", exact=True)).to_be_focused()
    page.evaluate("key => WittyChat[key].close()", origin.key)
    expect(page.get_by_role("button", name="Abrir el chat")).to_be_focused()


def test_only_the_two_of_them_are_heard(attended):
    """Neither the page in the panel's name, nor another frame in either's, closes it or counts."""
    key, page = attended.chat.origin.key, attended.page
    forged = """key => {
        for (const target of [parent, parent.frames[0]]) {
            target.postMessage({witty: key, type: "close"}, "*")
            target.postMessage({witty: key, type: "unread", count: 50}, "*")
        }
    }"""
    page.evaluate(forged.replace(", parent.frames[0]", ""), key)
    page.evaluate("() => document.body.append(document.createElement('iframe'))")
    other = next(frame for frame in page.frames[1:] if "/w/" not in frame.url)
    other.evaluate(forged, key)
    page.wait_for_timeout(300)
    expect(attended.launcher).to_have_accessible_name("Cerrar el chat")
    expect(attended.launcher).to_have_attribute("aria-expanded", "true")
    attended.panel.get_by_role("button", name="Minimizar").click()
    expect(attended.launcher).to_have_accessible_name("Abrir el chat")


# --- everybody ---------------------------------------------------------------------------------


@pytest.mark.parametrize("color", ["#0b6480", "#ffd400", "#d0d0d0"])
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_everybody_can_use_it(site, origin, ana, new_page, axe_finds, theme, width, color):
    origin.color = color
    origin.save()
    page = new_page(width, 844, theme)
    belen = Customer(page, f"{site.url}/w/{origin.key}/demo/")
    assert axe_finds(page) == []
    belen.opens()
    belen.says("Hola")
    expect(belen.panel.get_by_role("button", name="Ventas")).to_be_enabled()
    assert axe_finds(page.frames[1]) == []
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    moves.take(belen.chat.pk, ana)
    answers(
        belen, ana, "Mirá https://ejemplo.com", files=[uploads.keep_upload(SimpleUploadedFile("a.pdf", b"%PDF-1.4 x"))]
    )
    belen.sends_file("foto.png", "image/png", PNG, "mi foto")
    expect(belen.bubble("mi foto")).to_have_class(re.compile("is-sent"))
    page.route("**/files/", lambda route: route.fulfill(status=413, json={"reason": "Pesa demasiado"}))
    belen.sends_file("otra.png", "image/png", PNG)
    expect(belen.log.locator(".w-fail")).to_be_visible()
    page.route("**/messages/", lambda route: route.abort())
    belen.says("en cola")
    belen.panel.locator("input[type=file]").set_input_files(
        {"name": "una-foto-con-un-nombre-muy-muy-largo-que-no-entra.png", "mimeType": "image/png", "buffer": PNG}
    )
    expect(belen.panel.get_by_role("status")).to_contain_text("Sin conexión", timeout=15_000)
    expect(belen.bubble("Mirá")).to_be_visible()
    assert axe_finds(page.frames[1]) == []
    assert belen.panel.locator("html").evaluate("root => root.scrollWidth <= root.clientWidth")
