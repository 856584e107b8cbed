"""What was mistyped is offered, and a card that is somebody else's is told apart, in a browser."""

from playwright.sync_api import expect

from contacts import card
from contacts.models import AttributeDefinition, Distinction
from tests import people
from tests.browser.desk import tray_of


def test_ana_finds_renata_and_says_that_reni_is_somebody_else(site, team, enter, axe_finds):
    chat = people.held(
        people.http_origin(), team["ana"], tray_of("Ventas"), name="Renata Ibáñez", text="¿Tienen heladeras?"
    )
    other = people.waiting(people.http_origin(), name="Reni").contact
    mail = AttributeDefinition.objects.create(key="correo", label="Correo")
    for contact in (chat.contact, other):
        card.set_attribute(contact.pk, team["ana"], mail, "renata@correo.example")
    ana = enter("ana")
    ana.goto(f"{site.url}/buscar/?q=heldaeras")
    ana.get_by_role("link", name="¿Quisiste decir “heladeras”?").click()
    expect(ana.locator("#hits")).to_contain_text("¿Tienen heladeras?")

    ana.goto(f"{site.url}/contactos/{chat.contact_id}/")
    suggested = ana.locator("#likely")
    expect(suggested).to_contain_text("Tiene el mismo dato en su ficha")
    assert axe_finds(ana) == []
    suggested.get_by_role("button", name="No es Reni").click()
    expect(suggested.get_by_role("link", name="Reni")).to_have_count(0)
    assert Distinction.objects.get().other == other
