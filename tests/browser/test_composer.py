"""The composer of an agent: a draft on two devices, and an answer that leaves later."""

import pytest
from playwright.sync_api import expect

from chats.models import ScheduledMessage
from inbox import drafts
from inbox.models import Draft
from tests import people
from tests.browser.desk import LIVE, line_is_open, lines, tray_of, write


@pytest.fixture
def chat(team):
    return people.held(
        people.http_origin(key="linea"), team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1"
    )


def box(page):
    return page.get_by_role("textbox", name="Mensaje").first


def test_what_ana_begins_on_one_device_she_ends_on_the_other(site, enter, chat, until):
    desk, phone = enter("ana"), enter("ana", width=390, height=844)
    desk.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(desk)
    box(desk).fill("Le confirmo")
    until(desk, lambda: Draft.objects.filter(text="Le confirmo").exists())
    expect(desk.locator("#tabs .wa-draft")).to_have_text("Borrador")
    phone.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(phone)
    expect(box(phone)).to_have_value("Le confirmo")
    write(phone, "Le confirmo el turno")
    expect(lines(phone, "Le confirmo el turno")).to_have_count(1, timeout=LIVE)
    until(phone, lambda: not Draft.objects.exclude(text="").exists())
    expect(phone.locator(".wa-draft")).to_have_count(0)
    desk.goto(f"{site.url}/chat/{chat.pk}/")
    expect(lines(desk, "Le confirmo el turno")).to_have_count(1, timeout=LIVE)
    # a box that nobody writes in follows
    line_is_open(desk)
    box(phone).fill("Traiga el DNI")
    expect(box(desk)).to_have_value("Traiga el DNI", timeout=LIVE)
    # both devices write at once: nothing is lost
    box(desk).focus()
    box(phone).fill("Traiga el carnet")
    until(phone, lambda: Draft.objects.filter(text="Traiga el carnet").exists())
    box(desk).fill("A las 9")
    expect(box(desk)).to_have_value("Traiga el carnet\nA las 9")


def test_a_reload_repeats_no_words_and_what_stands_beside_a_note_stays_a_note(site, enter, chat, team):
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    box(ana).fill("Hola Juan")
    ana.wait_for_function('() => Object.values(localStorage).some((kept) => kept.includes(\'"synced":"Hola Juan\'))')
    # from here on the server is told nothing
    ana.route("**/draft/", lambda route: route.abort())
    box(ana).fill("Hola Marta")
    ana.reload()
    line_is_open(ana)
    expect(box(ana)).to_have_value("Hola Marta")
    drafts.keep_draft(team["ana"], chat.pk, "ojo: moroso", is_note=True, version=Draft.objects.get().version)
    ana.unroute("**/draft/")
    box(ana).fill("Hola Marta,")
    expect(box(ana)).to_have_value("ojo: moroso\nHola Marta,")
    expect(ana.locator("[data-note]")).to_be_checked()


def test_ana_schedules_what_she_wrote_edits_it_and_cancels_it(site, enter, chat, until, axe_finds):
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    planned = ana.get_by_role("list", name="Mensajes programados")
    dialog = ana.locator("#dialog")

    def schedule(text):
        ana.get_by_role("link", name="Programar el envío").click()
        expect(dialog.get_by_label("Mensaje", exact=True)).to_have_value(text)
        ana.evaluate("""() => {
          const own = document.querySelector('#dialog [name=own]')
          own.value = own.max
        }""")
        dialog.get_by_role("button", name="Programar", exact=True).click()

    box(ana).fill("Ya salió el camión")
    schedule("Ya salió el camión")
    expect(planned).to_contain_text("Ya salió el camión")
    expect(box(ana)).to_have_value("")
    expect(box(ana)).to_be_focused()
    assert axe_finds(ana) == []
    planned.get_by_role("button", name="Editar").click()
    expect(planned).to_have_count(0)
    expect(box(ana)).to_have_value("Ya salió el camión")
    box(ana).fill("Ya salió el camión, llega el jueves")
    schedule("Ya salió el camión, llega el jueves")
    expect(planned).to_contain_text("llega el jueves")
    planned.get_by_role("button", name="Cancelar lo programado").click()
    expect(planned).to_have_count(0)
    until(ana, lambda: not ScheduledMessage.objects.exists())
    assert not chat.messages.filter(direction="out").exists()
