"""The card of a contact in a browser: two agents work on it at once, each field saves alone."""

from playwright.sync_api import expect

from chats import moves
from contacts import card
from contacts.models import AttributeDefinition, Contact, Tag
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of


def test_two_agents_work_on_one_card(site, team, enter, axe_finds):
    ventas = tray_of("Ventas")
    chat = people.waiting(people.http_origin(), ventas, name="Marta Gómez")
    Tag.objects.create(word="Mayorista", color="a4")
    AttributeDefinition.objects.create(key="pedido", label="Pedido", kind="number")
    url = f"{site.url}/contactos/{chat.contact_id}/?ver=notas"
    ana, bruno = enter("ana"), enter("bruno")
    ana.goto(url)
    open_tray(bruno, site, "Ventas")
    line_is_open(ana)
    line_is_open(bruno)

    # a name is saved by leaving its field; the row of who looks at the tray follows
    ana.get_by_label("Nombre", exact=True).fill("Marta Ibáñez")
    ana.get_by_label("Nombre", exact=True).press("Tab")
    expect(ana.locator("#contact-fields [role=status]")).to_contain_text("Nombre: guardado")
    expect(rows(bruno).first).to_contain_text("Marta Ibáñez", timeout=LIVE)

    # a tag
    ana.get_by_text("Agregar etiqueta").click()
    ana.get_by_role("button", name="Mayorista", exact=True).click()
    expect(ana.get_by_role("button", name="Quitar Mayorista")).to_be_visible()
    expect(rows(bruno).first).to_contain_text("Mayorista", timeout=LIVE)

    # what is no number stays in its field, with the reason
    ana.get_by_label("Pedido").fill("doce")
    ana.get_by_label("Pedido").press("Enter")
    expect(ana.locator("#contact-fields [role=alert]")).to_contain_text("tiene que ser un número")
    assert axe_finds(ana) == []
    ana.get_by_label("Pedido").fill("48213")
    ana.get_by_label("Pedido").press("Enter")
    expect(ana.locator("#contact-fields [role=alert]")).to_have_count(0)

    # Bruno renames her while Ana is in the field: what Ana types stays, and she is told
    ana.get_by_label("Nombre", exact=True).fill("Martita")
    card.rename_contact(chat.contact_id, team["bruno"], "Marta de Funes")
    moves.take(chat.pk, team["bruno"])
    expect(ana.locator("#contact-fields .wa-state")).to_contain_text("Bruno", timeout=LIVE)
    expect(ana.get_by_label("Nombre", exact=True)).to_have_value("Martita")
    ana.get_by_label("Nombre", exact=True).press("Enter")
    expect(ana.locator("#contact-fields [role=alert]")).to_contain_text("Bruno lo cambió a “Marta de Funes”")
    ana.get_by_role("button", name="Guardar el mío").click()
    expect(ana.locator("#contact-fields [role=alert]")).to_have_count(0)
    assert Contact.objects.get(pk=chat.contact_id).name == "Martita"

    # a note stays on the card
    ana.get_by_label("Nota nueva").fill("Paga contra entrega")
    ana.get_by_role("button", name="Agregar la nota").click()
    expect(ana.locator("#contact-notes article")).to_contain_text("Paga contra entrega")
    expect(ana.get_by_label("Nota nueva")).to_have_value("")
