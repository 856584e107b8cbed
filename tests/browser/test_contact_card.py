"""The card of a contact in a browser: a field saves alone, and who looks at the tray sees it."""

from playwright.sync_api import expect

from contacts.models import Contact
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of


def test_a_name_that_ana_changes_stands_on_the_row_that_bruno_sees(site, team, enter):
    ventas = tray_of("Ventas")
    chat = people.waiting(people.http_origin(), ventas, name="Marta Gómez")
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
    assert Contact.objects.get(pk=chat.contact_id).name == "Marta Ibáñez"
