"""Quick replies, from the page on which they are written to the message that leaves, by the keyboard alone."""

import re
from dataclasses import replace

from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from chats.models import Chat
from inbox.models import QuickReply, QuickReplyFile, QuickReplyUse
from inbox.quick_replies import scopes, writing
from tests import people
from tests.browser.desk import line_is_open, tray_of
from tests.inbox.pages import picture

MEANT = """async (typed) => {
  const { findReplies } = await import("inbox/quick-search.js")
  const replies = [
    ["Envío al interior", "envio-interior", "tarda de 3 a 5 días hábiles"],
    ["Envío sin cargo", "envio-gratis", "desde $ 180.000"],
    ["Reenviar la factura", "reenvio-factura", "te la reenvío"],
    ["Pedido en viaje", "en-viaje", "llega mañana"],
    ["Horario del local", "horario", "de lunes a viernes"],
  ].map(([title, shortcut, text], rank) => ({ title, shortcut, text, rank, times: 0 }))
  return findReplies(replies, typed).map(({ shortcut }) => shortcut)
}"""


def replies_of_ventas_and_all():
    ventas = tray_of("Ventas")
    QuickReply.objects.create(
        tray=ventas, title="Envío al interior", shortcut="envio-interior",
        text="Hola {nombre}, a {localidad} sale {tarifa}. Lo ve {bandeja}.",
    )  # fmt: skip
    QuickReply.objects.create(title="Envío sin cargo", shortcut="envio-gratis", text="Va sin cargo.")
    given = {"titulo": "Tarifas", "texto": "Van adjuntas"}
    tariffs = replace(
        writing.read_draft(given, scopes.all_scope()), uploads=[SimpleUploadedFile("Tarifas.txt", b"Rosario 18.400")]
    )
    writing.add_reply(people.hire("chief", role="supervisor"), tariffs)
    QuickReply.objects.create(tray=tray_of("Soporte"), title="Envío a reparar", shortcut="envio-service", text="Sí.")


def options(page):
    return page.get_by_role("option")


def said(chat):
    return list(chat.messages.filter(direction="out", author="agent").order_by("id").values_list("text", flat=True))


def test_from_the_page_to_the_message_by_the_keyboard(site, team, enter, until, axe_finds):
    chat = people.held(people.http_origin(), team["ana"], tray_of("Ventas"), name="Marta Gómez")
    Chat.objects.filter(pk=chat.pk).update(attributes={"Localidad": "Rosario"})
    replies_of_ventas_and_all()
    page = enter("ana")

    # written, with a look at how it will be
    page.goto(f"{site.url}/respuestas/nueva/")
    page.get_by_label("Título").fill("Gracias por escribir")
    text = page.get_by_label("Texto")
    text.fill("Gracias ")
    page.get_by_role("button", name="nombre", exact=True).click()
    expect(text).to_be_focused()
    expect(text).to_have_value("Gracias {nombre}")
    preview = page.get_by_role("region", name="Vista previa")
    expect(preview).to_contain_text("Gracias Marta")
    page.get_by_role("button", name="Pregunta al usarla…").click()
    page.keyboard.type("apodo")
    expect(text).to_have_value("Gracias {nombre}{apodo}")
    expect(preview).to_contain_text("falta 1 dato")
    text.fill("Gracias {Nombre}")
    expect(preview).not_to_contain_text("falta")
    page.keyboard.press("Control+s")
    expect(page).to_have_url(re.compile(r"/respuestas/\d+/$"))
    expect(page.get_by_role("link", name=re.compile("Gracias por escribir"))).to_have_attribute("aria-current", "true")
    assert axe_finds(page) == []
    page.reload()
    expect(text).to_have_value("Gracias {Nombre}")

    # found and put in: the tray's first as its shortcut begins so, never one of Soporte
    page.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(page)
    box = page.get_by_role("textbox", name="Mensaje")
    box.press_sequentially("/ENVÍO")
    expect(options(page)).to_have_count(2)
    expect(options(page).first).to_contain_text("Hola Marta, a Rosario sale falta: tarifa")
    assert axe_finds(page) == []
    expect(box).to_have_attribute("aria-activedescendant", options(page).first.get_attribute("id"))
    box.press("ArrowDown")
    expect(options(page).nth(1)).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    box.press("Enter")
    # what nobody knows is asked for
    asked = page.get_by_label("tarifa")
    expect(asked).to_be_focused()
    assert axe_finds(page) == []
    asked.press("Enter")
    expect(asked).to_have_attribute("aria-invalid", "true")
    asked.press("Escape")
    expect(box).to_be_focused()
    box.press("Enter")
    asked.fill("$ 18.400")
    asked.press("Enter")
    expect(box).to_have_value("Hola Marta, a Rosario sale $ 18.400. Lo ve Ventas.")
    expect(box).to_be_focused()
    expect(options(page)).to_have_count(0)
    box.press("Enter")
    until(page, lambda: said(chat) == ["Hola Marta, a Rosario sale $ 18.400. Lo ve Ventas."])

    # behind a blank, and sent at once
    expect(box).to_have_value("")
    box.press_sequentially("Dale. /grcias")
    expect(options(page)).to_have_count(1)
    box.press("Control+Enter")
    until(page, lambda: said(chat)[1:] == ["Dale. Gracias Marta"])
    until(page, lambda: QuickReplyUse.objects.filter(agent=team["ana"]).count() == 2)

    # with a file, sent at once: it is named to the server, which has it
    expect(box).to_have_value("")
    box.press_sequentially("/tarifas")
    expect(options(page)).to_contain_text(["Tarifas.txt"])
    with page.expect_request(re.compile("/reply/$")) as asked_for:
        box.press("Control+Enter")
    kept = QuickReplyFile.objects.get()
    with_file = chat.messages.filter(attachments__name="Tarifas.txt", attachments__file=kept.file.name)
    until(page, lambda: said(chat)[2:] == ["Van adjuntas"] and with_file.count() == 1)
    assert str(kept.uuid) in asked_for.value.post_data
    assert "Rosario" not in asked_for.value.post_data

    # Escape leaves what was typed, and Enter then sends it
    expect(box).to_have_value("")
    box.press_sequentially("/env")
    expect(options(page)).to_have_count(2)
    box.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(box).to_be_focused()
    box.press_sequentially("x/2")
    box.press("Enter")
    until(page, lambda: said(chat)[3:] == ["/envx/2"])


def test_a_file_of_a_reply_stands_as_chosen_and_one_that_is_gone_is_said(site, team, enter, until, axe_finds):
    chat = people.held(people.http_origin(), team["ana"], tray_of("Ventas"), name="Marta Gómez")
    given = {"titulo": "Frente", "texto": "Así se ve"}
    uploads = [SimpleUploadedFile("frente.png", picture()), SimpleUploadedFile("Lista.txt", b"x" * 240_000)]
    front = replace(writing.read_draft(given, scopes.all_scope()), uploads=uploads)
    chief = people.hire("chief", role="supervisor")
    reply = writing.add_reply(chief, front)
    page = enter("ana")
    page.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(page)
    box = page.get_by_role("textbox", name="Mensaje")
    files = page.locator(".wa-file")

    def takes_it():
        box.press_sequentially("/frente")
        expect(options(page)).to_have_count(1)
        box.press("Enter")
        expect(box).to_have_value("Así se ve")
        expect(files).to_have_count(2)

    takes_it()
    expect(files.nth(0)).to_contain_text("frente.png")
    assert files.nth(0).locator("img").evaluate("async (one) => (await one.decode(), one.naturalWidth)") > 0
    expect(files.nth(1)).to_contain_text("240 kB")
    assert axe_finds(page) == []
    files.nth(1).get_by_role("button", name="Quitar: Lista.txt").click()
    expect(files).to_have_count(1)
    box.press("Enter")
    until(page, lambda: chat.messages.filter(attachments__name="frente.png", attachments__is_borrowed=True).exists())
    expect(page.get_by_role("log").get_by_role("img", name="frente.png")).to_be_visible()
    expect(files).to_have_count(0)

    # somebody deletes it while it stands there: the words come back, and the picture that was sent stays
    takes_it()
    writing.delete_reply(reply)
    box.press("Enter")
    expect(files.nth(0)).to_contain_text("ya no va con la respuesta rápida")
    expect(box).to_have_value("Así se ve")
    page.reload()
    shown = page.get_by_role("log").get_by_role("img", name="frente.png")
    assert shown.evaluate("async (one) => (await one.decode(), one.naturalWidth)") > 0


def test_what_was_typed_means(site, team, enter):
    page = enter("ana")
    meant = {
        "": 5,
        "env": ["envio-interior", "envio-gratis", "reenvio-factura", "en-viaje"],
        "horário": ["horario"],
        "interior": ["envio-interior"],
        "sin cargo": ["envio-gratis"],
        "hábiles": ["envio-interior"],
        "envoi": ["envio-interior", "envio-gratis"],
        "hroario": ["horario"],
        "zzz": [],
    }
    found = {typed: page.evaluate(MEANT, typed) for typed in meant}
    assert len(found.pop("")) == meant.pop("")
    assert found == meant


def test_on_a_phone_it_is_chosen_with_the_thumb(site, team, enter, axe_finds):
    chat = people.held(people.http_origin(), team["ana"], tray_of("Ventas"), name="Marta Gómez")
    replies_of_ventas_and_all()
    page = enter("ana", width=390, height=844, theme="dark", has_touch=True)
    page.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(page)
    box = page.get_by_role("textbox", name="Mensaje")
    page.get_by_role("button", name="Respuestas rápidas").tap()
    expect(options(page)).to_have_count(3)
    assert axe_finds(page) == []
    options(page).filter(has_text="Envío sin cargo").tap()
    expect(box).to_have_value("Va sin cargo.")
    page.goto(f"{site.url}/respuestas/")
    assert axe_finds(page) == []

    # what is wrong is said where it was written, and its page stays
    page.get_by_role("link", name="Nueva").tap()
    page.get_by_label("Título").fill("Gracias")
    page.get_by_role("button", name="Guardar").tap()
    expect(page.get_by_text("Falta el texto")).to_be_visible()
    expect(page.get_by_label("Título")).to_have_value("Gracias")
    expect(page).to_have_url(f"{site.url}/respuestas/nueva/")
    assert axe_finds(page) == []
    page.goto(f"{site.url}/respuestas/csv/")
    wrong = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"titulo;texto\nUna;hola\nOtra;\n"}
    page.get_by_label("Archivo CSV").set_input_files(wrong)
    page.get_by_role("button", name="Traer").tap()
    expect(page.get_by_role("alert")).to_contain_text("Línea 3: Falta el texto")
    assert axe_finds(page) == []
    right = {**wrong, "buffer": b"titulo;texto\nUna;hola\n"}
    page.get_by_label("Archivo CSV").set_input_files(right)
    page.get_by_role("button", name="Traer").tap()
    expect(page).to_have_url(f"{site.url}/respuestas/")
    expect(page.get_by_role("link", name=re.compile("Una"))).to_be_visible()
