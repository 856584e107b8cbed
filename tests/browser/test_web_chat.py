"""The web chat as its people meet it: a customer in a browser and an agent."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import expect

from chats import moves
from chats.attachments import uploads
from chats.messages import replies
from chats.models import Message
from contacts.models import Address, Contact
from tests.browser.customers import Customer, answers, status_of, stored
from tests.webchat.visitors import PNG


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


def test_the_first_message_is_words_and_a_file_goes_behind_it(belen, until):
    belen.sends_file("foto.png", "image/png", PNG)
    trouble = belen.panel.get_by_role("alert")
    expect(trouble).to_have_text("Escribí primero un mensaje; después podés mandar archivos")
    expect(belen.panel.locator("#chip")).to_contain_text("foto.png")
    assert not stored()
    belen.says("Hola, miren")
    expect(belen.log.get_by_role("img", name="Foto: foto.png")).to_be_visible()
    expect(belen.bubble("Hola, miren")).to_have_class(re.compile("is-sent"))
    expect(trouble).to_have_text("")
    said = Message.objects.filter(direction="in").order_by("pk")
    until(belen.page, lambda: list(said.values_list("kind", flat=True)) == ["text", "image"])
    belen.sends_file("otra.png", "image/png", PNG)
    expect(belen.log.get_by_role("img", name="Foto: otra.png")).to_be_visible()


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
