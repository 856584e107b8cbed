"""Supervisión in a browser: a supervisor sees who is away, opens what they hold, and sends it on."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from chats import moves
from tests import people
from tests.browser.desk import line_is_open
from trays import presence


def look_often(route):
    """The page as it is, but that it looks again at once and not after seconds."""
    answer = route.fetch()
    assert "every 5s" in answer.text()
    route.fulfill(response=answer, body=answer.text().replace("every 5s", "every 200ms"))


def test_sofia_sends_on_what_an_absent_agent_holds(site, team, enter, axe_finds):
    line, now = people.http_origin(), timezone.now()
    ceibo, paz, quiroga = (
        people.held(line, team["bruno"], name=name, at=now - timedelta(minutes=ago))
        for name, ago in (("El Ceibo", 26), ("Nicolás Paz", 21), ("Valeria Quiroga", 19))
    )
    presence.set_presence(team["bruno"], is_available=False, reason="almuerzo")
    sofia = enter("sofia", width=1440, height=900)
    sofia.route("**/supervision/", look_often, times=1)
    sofia.goto(f"{site.url}/supervision/")
    line_is_open(sofia)
    # who begins to wait is there by itself
    general = sofia.get_by_role("row").filter(has=sofia.get_by_role("rowheader", name="General"))
    expect(general).to_contain_text("sin espera")
    people.waiting(line)
    expect(general).not_to_contain_text("sin espera")
    bruno = sofia.get_by_role("row").filter(has_text="Bruno Paz")
    bruno.get_by_role("button", name="Ver").press("Enter")
    for name in ("El Ceibo", "Nicolás Paz", "Valeria Quiroga"):
        expect(sofia.get_by_role("checkbox", name=f"Elegir el chat de {name}")).to_be_visible()
    expect(bruno.get_by_role("button", name="Cerrar")).to_be_focused()
    for name in ("El Ceibo", "Nicolás Paz"):
        sofia.get_by_role("checkbox", name=f"Elegir el chat de {name}").check()
    expect(sofia.locator("#bulk")).to_contain_text("2 chats elegidos")
    assert axe_finds(sofia) == []
    # one that moves meanwhile leaves the selection by itself
    moves.give_back(paz.pk, team["bruno"])
    expect(sofia.locator("#bulk")).to_contain_text("1 chat elegido")
    expect(sofia.locator(f"#held-{paz.pk}")).to_have_count(0)
    sofia.get_by_role("checkbox", name="Elegir el chat de Valeria Quiroga").check()
    expect(sofia.locator("#bulk")).to_contain_text("2 chats elegidos")
    sofia.get_by_label("Bandeja adonde enviarlos").select_option("General")
    sofia.get_by_role("button", name="Enviar", exact=True).click()
    expect(sofia.locator("#results")).to_contain_text("2 hechos")
    expect(sofia.locator("#t-results")).to_be_focused()
    expect(sofia.locator("#bulk")).to_be_hidden()
    assert {people.fresh(chat).state for chat in (ceibo, quiroga)} == {"BANDEJA"}
    # and back to whom she took them from
    sofia.get_by_role("button", name="Deshacer").click()
    expect(sofia.locator("#t-results")).to_have_text("Deshacer")
    expect(sofia.locator("#results")).to_contain_text("2 hechos")
    expect(sofia.get_by_role("button", name="Deshacer")).to_have_count(0)
    assert {people.fresh(chat).agent for chat in (ceibo, quiroga)} == {team["bruno"]}
    # all of an agent's by their row, and nothing again
    people.held(line, team["ana"], name="Rosa Galván")
    ana = sofia.get_by_role("row").filter(has_text="Ana Ferreyra")
    ana.get_by_role("link", name="Devolver o enviar").click()
    expect(sofia.locator("#bulk")).to_contain_text("1 chat elegido")
    expect(sofia.get_by_role("button", name="Devolver a su bandeja")).to_be_focused()
    sofia.get_by_role("link", name="No elegir nada").click()
    expect(sofia.locator("#bulk")).to_be_hidden()
    sofia.set_viewport_size({"width": 390, "height": 844})
    assert sofia.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert axe_finds(sofia) == []
