"""A person asks for their data and to be erased: Sofía does both in a browser, while Ana has the chat before her."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import expect

from chats.models import Message
from contacts.models import Contact
from inbox.models import DataCopy, Erasure
from inbox.personal_data import running
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of


def test_sofia_gives_a_person_a_copy_and_erases_them_under_ana_s_eyes(site, team, enter, axe_finds):
    chat = people.waiting(people.http_origin(), tray_of("General"), name="Zoraida Quinteros", text="Busco un zorzal")
    Contact.objects.filter(pk=chat.contact_id).update(shown_address="+54 9 341 555-0142")
    sofia, ana = enter("sofia"), enter("ana")
    open_tray(ana, site, "General")
    line_is_open(ana)
    expect(rows(ana).filter(has_text="Zoraida")).to_have_count(1)
    sofia.goto(f"{site.url}/contactos/{chat.contact_id}/?ver=datos")
    sofia.get_by_role("link", name="Sus datos").click()
    expect(sofia.get_by_text("1 mensaje, 0 archivos, 0 notas")).to_be_visible()
    assert axe_finds(sofia) == []

    # the copy is made in the background, and the page follows it; also from where one is about to erase
    sofia.get_by_role("link", name="Borrar los datos…").click()
    sofia.get_by_role("button", name="Preparar una copia").click()
    expect(sofia.get_by_role("progressbar")).to_be_visible()
    running.carry_out_copy(DataCopy.objects.get().pk)
    with sofia.expect_download() as coming:
        sofia.get_by_role("link", name="Bajar Zoraida Quinteros").click()
    with ZipFile(BytesIO(Path(coming.value.path()).read_bytes())) as packed:
        assert "Busco un zorzal" in packed.read(f"mensajes-{chat.contact_id}.json").decode()

    # erased only by who types the end of the number
    field = sofia.get_by_label("Para confirmar, escribí los últimos cuatro números del teléfono")
    expect(sofia.get_by_text("Su chat está en BANDEJA General")).to_be_visible()
    assert axe_finds(sofia) == []
    field.fill("0000")
    field.press("Enter")
    expect(sofia.get_by_role("alert")).to_contain_text("No se borró nada")
    expect(field).to_be_focused()
    field.fill("0142")
    sofia.get_by_role("button", name="Borrar los datos").click()
    erased = sofia.get_by_role("listitem").filter(has_text=f"Contacto n.º {chat.contact_id}")
    expect(erased.get_by_role("progressbar")).to_be_visible()
    expect(rows(ana).filter(has_text="Zoraida")).to_have_count(0, timeout=LIVE)
    running.carry_out_erasure(Erasure.objects.get().pk)
    expect(erased).to_contain_text("Borrado del todo")
    expect(sofia.locator("body")).not_to_contain_text("Zoraida")
    assert axe_finds(sofia) == []
    assert not Message.objects.filter(text__contains="zorzal").exists()
