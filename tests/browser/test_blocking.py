"""A contact is blocked from its card in a browser: with a reason, seen at once in the pane, and undone from the bar."""

from playwright.sync_api import expect

from contacts.models import Block
from tests import people
from tests.browser.desk import LIVE, has_seen, line_is_open, lines, tray_of, write


def test_ana_blocks_who_insults_her_and_takes_it_back(site, team, enter, axe_finds, until):
    origin = people.http_origin()
    chat = people.held(origin, team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="marta")
    ana, pane = enter("ana"), enter("ana")
    pane.goto(f"{site.url}/chat/{chat.pk}/")
    ana.goto(f"{site.url}/contactos/{chat.contact_id}/")
    line_is_open(ana)
    line_is_open(pane)

    # the reason is asked for
    ana.get_by_role("link", name="Bloquear…").click()
    dialog = ana.get_by_role("dialog")
    expect(dialog.get_by_label("Motivo")).to_be_focused()
    assert axe_finds(ana) == []
    dialog.get_by_label("Motivo").fill("insultos")
    dialog.get_by_label("Motivo").press("Enter")
    expect(ana.get_by_role("dialog")).to_have_count(0)
    expect(ana.locator("#undo")).to_contain_text("Contacto bloqueado")
    expect(ana.locator("#card-chat")).to_contain_text("Bloqueado por Ana")
    expect(ana.locator("#card-chat")).to_contain_text("insultos")

    # her other tab takes notes only, and shows what Marta still writes
    expect(pane.get_by_role("main")).to_contain_text("Bloqueado por Ana", timeout=LIVE)
    people.says(origin, "marta", "te odio")
    expect(lines(pane, "te odio")).to_have_count(1, timeout=LIVE)

    # undone: she may be answered again
    ana.locator("#undo").get_by_role("button", name="Deshacer").click()
    expect(ana.get_by_role("link", name="Bloquear…")).to_be_visible()
    expect(ana.locator("#undo")).to_be_hidden()
    expect(pane.get_by_role("main")).not_to_contain_text("Bloqueado por Ana", timeout=LIVE)
    until(pane, lambda: has_seen(pane, chat, chat.messages.get(text="te odio")))
    write(pane, "Hola, Marta")
    expect(lines(pane, "Hola, Marta")).to_have_count(1, timeout=LIVE)
    assert Block.objects.get().lifted_by == team["ana"]
