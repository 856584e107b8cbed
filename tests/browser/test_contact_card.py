"""The card of a contact in a browser: two agents work on it at once, each field saves alone, and nothing typed is lost."""

from playwright.sync_api import expect

from chats import publish
from contacts import card
from contacts.models import AttributeDefinition, Contact, Tag
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of


def test_two_agents_work_on_one_card(site, team, enter, axe_finds):
    chat = people.waiting(people.http_origin(), tray_of("Ventas"), name="Marta Gómez")
    pk = chat.contact_id
    Tag.objects.create(word="Mayorista", color="a4")
    AttributeDefinition.objects.create(key="pedido", label="Pedido", kind="number")
    ana, bruno = enter("ana"), enter("bruno")
    ana.goto(f"{site.url}/contactos/{pk}/?ver=notas")
    open_tray(bruno, site, "Ventas")
    line_is_open(ana)
    fields, notes = ana.locator("#contact-fields"), ana.locator("#contact-notes")
    name, order = ana.get_by_label("Nombre", exact=True), ana.get_by_label("Pedido")

    # a name is saved by leaving its field; the row of who looks at the tray follows
    name.fill("Marta Ibáñez")
    name.press("Tab")
    expect(fields.locator("[role=status]")).to_contain_text("Nombre: guardado")
    expect(rows(bruno).first).to_contain_text("Marta Ibáñez", timeout=LIVE)

    # a tag
    ana.get_by_text("Agregar etiqueta").click()
    ana.get_by_role("button", name="Mayorista", exact=True).click()
    expect(ana.get_by_role("button", name="Quitar Mayorista")).to_be_visible()
    expect(rows(bruno).first).to_contain_text("Mayorista", timeout=LIVE)

    # what is no number stays in its field, with the reason
    order.fill("doce")
    order.press("Enter")
    expect(fields.locator("[role=alert]")).to_contain_text("tiene que ser un número")
    assert axe_finds(ana) == []
    order.fill("48213")
    order.press("Enter")
    expect(fields.locator("[role=alert]")).to_have_count(0)

    # Bruno renames her and writes a note while Ana is in the field: what Ana types stays, also half a note
    ana.get_by_label("Nota nueva").fill("Paga contra entrega")
    name.fill("Martita")
    card.rename_contact(pk, team["bruno"], "Marta de Funes")
    card.add_note(pk, team["bruno"], "Llamar antes")
    publish.card_changed([pk])
    expect(notes.locator("article")).to_contain_text("Llamar antes", timeout=LIVE)
    expect(name).to_have_value("Martita")
    expect(ana.get_by_label("Nota nueva")).to_have_value("Paga contra entrega")

    # she is told, and once more until she says that hers is to stand
    name.press("Enter")
    expect(fields.locator("[role=alert]")).to_contain_text("Bruno lo cambió a “Marta de Funes”")
    name.press("Enter")
    expect(fields.locator("[role=alert]")).to_contain_text("Bruno lo cambió a “Marta de Funes”")
    assert Contact.objects.get(pk=pk).name == "Marta de Funes"
    ana.get_by_role("button", name="Guardar el mío").click()
    expect(fields.locator("[role=alert]")).to_have_count(0)
    assert Contact.objects.get(pk=pk).name == "Martita"

    # a note stays on the card, and its field is empty for the next one
    ana.get_by_role("button", name="Agregar la nota").click()
    expect(notes.locator("article").first).to_contain_text("Paga contra entrega")
    expect(ana.get_by_label("Nota nueva")).to_have_value("")

    # one that is being changed stays open, with its words, while another comes
    notes.get_by_text("Editar", exact=True).first.click()
    ana.get_by_label("Nota", exact=True).first.fill("Paga contra entrega, con ticket")
    ana.get_by_role("button", name="Guardar", exact=True).first.focus()
    card.add_note(pk, team["bruno"], "Tiene perro")
    publish.card_changed([pk])
    expect(notes.locator("article")).to_have_count(3, timeout=LIVE)
    expect(notes.locator("article").nth(1).locator("textarea")).to_have_value("Paga contra entrega, con ticket")
    expect(notes.locator("article").nth(1).locator("textarea")).to_be_visible()
    assert axe_finds(ana) == []
