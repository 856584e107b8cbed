"""What the composer says of a file before it is sent, and a voice note where the customer hears it."""

import re

import pytest
from playwright.sync_api import expect

from chats.attachments import uploads
from chats.messages import replies
from chats.models import Message
from origins.models import Origin
from tests import people
from tests.browser.customers import status_of
from tests.browser.desk import lines
from tests.chats.attachments.recordings import recording
from tests.pumping import deliver_chat


@pytest.fixture
def composer(team, enter, site):
    """ana's composer for a customer on WhatsApp."""
    origin = Origin.objects.create(kind="whatsapp", name="WhatsApp", key="wa", line_id="1000001", access_token="t")
    chat = people.held(origin, team["ana"], sender="59899", address_kind="wa_id")
    page = enter("ana")
    page.goto(f"{site.url}/chat/{chat.pk}/")
    return page, page.locator(f"#composer-{chat.pk}")


def choose(form, name, mime, data=b"x" * 50):
    for button in form.get_by_role("button", name="Quitar: ").all():
        button.click()
    form.locator("input[type=file]").set_input_files({"name": name, "mimeType": mime, "buffer": data})


def test_the_composer_says_what_becomes_of_a_file_and_does_not_take_what_the_line_refuses(composer):
    page, form = composer
    chosen = form.locator("[data-file-name]")
    choose(form, "IMG_1.HEIC", "")
    expect(chosen).to_contain_text("Sale como foto JPEG")
    choose(form, "precios.csv", "application/vnd.ms-excel")
    expect(chosen).to_contain_text("Sale como documento de texto")
    choose(form, "gato.gif", "image/gif")
    expect(chosen).to_contain_text("Sale como video, si se mueve")
    choose(form, "contrato.pdf", "application/pdf")
    expect(chosen).to_have_text(re.compile("^contrato.pdf"))
    expect(chosen).not_to_contain_text("Sale")
    choose(form, "foto.jpg", "image/jpeg", bytes(5 * 2**20 + 1))
    expect(chosen).to_contain_text("Se achica para que entre")
    choose(form, "todo.zip", "application/zip")
    expect(page.get_by_text("WhatsApp no toma archivos comprimidos")).to_be_visible()
    expect(chosen).to_be_hidden()
    assert form.locator("input[type=file]").evaluate("input => input.files.length") == 0


def test_a_file_of_a_note_that_did_not_get_through_stays_one_whatever_is_written_then(composer):
    page, form = composer
    chosen, text = form.locator("[data-file-name]"), form.locator("textarea")
    form.locator("[data-note]").check(force=True)
    # what the line would not take
    choose(form, "todo.zip", "application/zip", b"PK\x03\x04" + bytes(60))
    page.route("**/reply/", lambda route: route.abort())
    text.fill("Pide esto")
    text.press("Enter")
    expect(chosen).to_contain_text("Queda como nota interna")
    expect(text).to_have_value("Pide esto")
    expect(form.locator("[data-note]")).to_be_checked()
    page.unroute("**/reply/")
    # only now it is for the customer
    form.locator("[data-note]").uncheck(force=True)
    text.fill("Enseguida te digo")
    text.press("Enter")
    expect(lines(page, "Enseguida te digo")).to_have_count(1)
    expect(page.locator(".wa-msg.is-note a.wa-doc")).to_contain_text("todo.zip")
    expect(chosen).to_be_hidden()
    assert [one.text for one in Message.objects.filter(direction="out")] == ["Enseguida te digo"]
    assert Message.objects.get(direction="note", author="agent").attachments.get().name == "todo.zip"


def test_what_only_its_content_shows_is_refused_by_the_server_in_the_same_words(composer):
    page, form = composer
    choose(form, "en-realidad-un-zip.pdf", "application/pdf", b"PK\x03\x04" + bytes(60))
    form.get_by_role("button", name="Enviar", exact=True).click()
    expect(page.get_by_text("WhatsApp no toma archivos comprimidos")).to_be_visible()
    assert not Message.objects.filter(direction="out").exists()


def test_ana_records_with_a_pause_listens_and_sends(composer, axe_finds, until):
    page, form = composer
    form.get_by_role("button", name="Grabar una nota de voz").click()
    strip = form.locator("[data-file-name]")
    expect(strip.locator("time")).to_have_text(re.compile("0:0[1-9]"))
    form.get_by_role("button", name="Pausar").click()
    expect(strip).to_contain_text("En pausa")
    stood = strip.locator("time").inner_text()
    assert axe_finds(page) == []
    # it is asked every half second how long it is
    page.wait_for_timeout(2500)
    assert strip.locator("time").inner_text() == stood
    form.get_by_role("button", name="Seguir grabando").click()
    expect(strip.locator("time")).not_to_have_text(stood)
    form.get_by_role("button", name="Terminar y escuchar").click()
    expect(strip.locator("audio, [data-play]").first).to_be_visible()
    form.get_by_role("button", name="Enviar", exact=True).click()
    expect(form.locator("[data-file-name]")).to_be_hidden()
    until(page, lambda: Message.objects.filter(direction="out").exists())
    sent = Message.objects.get(direction="out").attachments.get()
    assert (sent.is_voice, sent.size > 500) == (True, True)


def test_a_customer_hears_an_agents_voice_note(attended, ana):
    chat = attended.chat
    kept = uploads.keep_bytes(recording(), "nota-de-voz.webm")
    message = replies.send_reply(chat.pk, ana, "", files=[kept], voice=True)
    assert status_of(message) == "queued"
    deliver_chat(chat.pk)
    player = attended.log.locator("audio")
    expect(player).to_be_visible()
    player.evaluate("one => one.readyState || new Promise((done) => one.addEventListener('loadedmetadata', done))")
    assert player.evaluate("one => one.duration") == pytest.approx(3, abs=0.2)
    assert message.attachments.get().mime == "audio/mp4"
