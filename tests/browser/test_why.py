"""*¿Por qué veo esto?*: from the chat's own menu to the rule in words, and for a supervisor to who sees it now."""

from playwright.sync_api import expect

from chats import moves
from tests import people
from tests.browser.desk import open_tray, rows


def ask_why(page):
    """The dialog behind the menu of the chat that is open."""
    page.get_by_label("Más de este chat").click()
    page.get_by_role("link", name="¿Por qué veo esto?").click()
    dialog = page.get_by_role("dialog", name="¿Por qué veo este chat?")
    expect(dialog.get_by_role("link", name="Entendido")).to_be_focused()
    return dialog


def is_understood(page, dialog):
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Más de este chat")).to_be_focused()


def test_an_agent_reads_the_rule_and_a_supervisor_who_sees_it_now(site, team, enter, axe_finds):
    chat = people.held(people.http_origin(), team["ana"], name="Renata Ibáñez")
    ana, sofia = enter("ana"), enter("sofia")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    why = ask_why(ana)
    expect(why).to_contain_text("Lo tenés vos. Mientras lo atendés, lo ven vos y los supervisores.")
    # who else is for supervisors alone
    expect(why).not_to_contain_text("Sofía")
    assert axe_finds(ana) == []
    is_understood(ana, why)

    sofia.goto(f"{site.url}/contactos/{chat.contact_id}/")
    why = ask_why(sofia)
    expect(why).to_contain_text("Lo tiene Ana Ferreyra, y lo ves porque supervisás.")
    expect(why.get_by_role("listitem")).to_have_text(["Ana Ferreyra", "Sofía Duarte (supervisor)"])
    assert axe_finds(sofia) == []
    is_understood(sofia, why)

    # it is asked of the moment: back in the tray of all it is everybody's
    moves.give_back(chat.pk, team["ana"])
    expect(sofia.locator(".wa-state").first).to_have_text("BANDEJA General")
    # what the move changes comes in parts, each of which would close the menu
    sofia.reload()
    expect(ask_why(sofia)).to_contain_text("Lo pueden ver ahora Todo el equipo")

    bruno = enter("bruno")
    open_tray(bruno, site, "General")
    rows(bruno).locator(".wa-row").click()
    expect(ask_why(bruno)).to_contain_text("Está en General, que es de todos: lo ve todo el equipo.")
