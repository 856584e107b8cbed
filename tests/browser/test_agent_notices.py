"""What tells an agent of news: the tab, a sound, the desktop; once for all tabs, and not of what is in view."""

import pytest
from playwright.sync_api import expect

from inbox.views import workspaces
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, tray_of

# a browser that has given its permission, and whose tabs are hidden when they say so; what it shows is kept for all tabs
FAKES = """
  const keep = (what) => localStorage.setItem('shown', JSON.stringify([...shown(), what]))
  const shown = () => JSON.parse(localStorage.getItem('shown') ?? '[]')
  window.Notification = class extends EventTarget {
    static permission = 'granted'
    static requestPermission = async () => 'granted'
    constructor(title, options) { super(); keep(`${title}: ${options.body}`) }
    close() {}
  }
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (...when) { keep('♪'); return start.apply(this, when) }
  // a tab that is looked at has 400 ms before the speaker tells: on a busy machine it hears later than that
  const later = window.setTimeout
  window.setTimeout = (act, ms, ...more) => later(act, { 400: 3000, 2000: 8000 }[ms] ?? ms, ...more)
  Object.defineProperty(document, 'hidden', { get: () => sessionStorage.getItem('hidden') === '1' })
"""


def hide(page, is_hidden=True):
    page.evaluate(
        """(hidden) => {
          sessionStorage.setItem('hidden', hidden ? '1' : '')
          document.dispatchEvent(new Event('visibilitychange'))
        }""",
        is_hidden,
    )


def shown(page):
    """The notices of the desktop, in all tabs of this browser."""
    return [one for one in page.evaluate("() => JSON.parse(localStorage.getItem('shown') ?? '[]')") if one != "♪"]


def badge(page):
    return page.locator('link[rel="icon"]').get_attribute("href")


@pytest.fixture
def line(site):
    return people.http_origin()


@pytest.fixture
def marta(line, team):
    return people.held(line, team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1")


@pytest.fixture
def tabs(site, enter, marta):
    """Three tabs of Ana's browser, nobody before them: two screens and the chat itself."""
    one = enter("ana")
    one.context.add_init_script(FAKES)
    others = [one.context.new_page(), one.context.new_page()]
    for page, place in zip((one, *others), ("/contactos/", "/bandejas/", f"/chat/{marta.pk}/"), strict=True):
        page.goto(f"{site.url}{place}")
        line_is_open(page)
        hide(page)
    return one, *others


def test_an_answer_is_told_once_by_all_tabs_and_not_at_all_where_it_is_in_view(site, enter, tabs, line, team, until):
    one, other, with_chat = tabs
    before = one.title()
    people.says(line, "c-1", "palabras que no se dicen")
    until(one, lambda: shown(one) == ["Marta Gómez: Respondió en un chat tuyo"])
    for page in tabs:
        expect(page).to_have_title(f"(1) {page.title().removeprefix('(1) ')}", timeout=LIVE)
    assert one.title().endswith(before.removeprefix("(1) "))
    until(one, lambda: badge(one).startswith("data:image/svg+xml") and badge(other) == badge(one))
    # in view in one of them: nobody tells it. What comes after it is told, so nothing is under way any more
    hide(with_chat, False)
    people.says(line, "c-1", "la estoy leyendo")
    expect(with_chat.locator(".wa-msg").filter(has_text="la estoy leyendo")).to_be_visible(timeout=LIVE)
    # the tabs have agreed on who tells it by then, also on a busy machine
    with_chat.wait_for_timeout(2_000)
    hide(with_chat)
    people.held(line, team["ana"], tray_of("Ventas"), name="Otra Clienta", sender="c-2")
    people.says(line, "c-2", "hola de nuevo")
    until(one, lambda: len(shown(one)) == 2)
    assert shown(one)[1] == "Otra Clienta: Respondió en un chat tuyo"
    expect(one).to_have_title(f"(2) {one.title().removeprefix('(2) ')}", timeout=LIVE)
    # another device of hers: one of the two tells it
    phone = enter("ana")
    phone.context.add_init_script(FAKES)
    phone.goto(f"{site.url}/contactos/")
    line_is_open(phone)
    hide(phone)
    for number in range(3):
        people.held(line, team["ana"], tray_of("Ventas"), name=f"Clienta {number}", sender=f"d-{number}")
        people.says(line, f"d-{number}", "hola")
        until(one, lambda told=3 + number: len(shown(one)) + len(shown(phone)) >= told)
    phone.wait_for_timeout(2000)
    assert len(shown(one)) + len(shown(phone)) == 5
    phone.close()


def test_on_a_phone_an_answer_in_a_pane_that_is_not_shown_is_told(site, enter, line, team, marta, until):
    """It shows one pane of the two that Ana works with."""
    other = people.held(line, team["ana"], tray_of("Ventas"), name="Raúl Sosa", sender="c-2")
    workspaces.lay_out(workspaces.find_workspace(team["ana"]), 2)
    for chat in (other, marta):
        workspaces.open_in_pane(team["ana"], chat.pk)
    phone = enter("ana", width=390, height=844)
    phone.context.add_init_script(FAKES)
    phone.goto(f"{site.url}/chat/{marta.pk}/")
    line_is_open(phone)
    expect(phone.locator(f"#pane-{other.pk}")).to_be_hidden()
    phone.keyboard.press("Shift")
    people.says(line, "c-1", "en la que se ve")
    expect(phone.locator(".wa-msg").filter(has_text="en la que se ve")).to_be_visible(timeout=LIVE)
    assert "♪" not in str(phone.evaluate("localStorage.getItem('shown')"))
    people.says(line, "c-2", "en la otra")
    expect(phone.locator("#toasts")).to_contain_text("Raúl Sosa", timeout=LIVE)
    expect(phone.locator("#toasts")).not_to_contain_text("Marta Gómez")
    until(phone, lambda: "♪" in str(phone.evaluate("localStorage.getItem('shown')")))


def test_what_is_chosen_stands_after_f5_holds_in_other_tabs_and_nothing_is_told_in_quiet_hours(
    site, tabs, line, until, axe_finds
):
    one, other, _chat = tabs
    hide(one, False)
    one.goto(f"{site.url}/ajustes/")
    line_is_open(one)
    assert axe_finds(one) == []
    arrivals = one.get_by_role("checkbox", name="Nuevo en mis bandejas: Escritorio")
    with one.expect_response("**/ajustes/"):
        arrivals.check()
    with one.expect_response("**/ajustes/"):
        one.get_by_role("checkbox", name="Respuesta en mis chats: En la pestaña").uncheck()
    with one.expect_response("**/ajustes/"):
        one.get_by_role("switch", name="Teclas sueltas").uncheck()
    expect(one.get_by_text("Se guarda solo. Último cambio")).to_be_visible()
    one.reload()
    expect(arrivals).to_be_checked()
    expect(one.get_by_role("checkbox", name="Respuesta en mis chats: En la pestaña")).not_to_be_checked()
    expect(one.get_by_role("switch", name="Teclas sueltas")).not_to_be_checked()
    one.keyboard.press("?")
    expect(one.locator("#shortcuts")).to_be_hidden()
    # the others were told: a chat that comes into a tray is a notice now, and a dot
    hide(one)
    people.waiting(line, tray_of("Ventas"), name="Bernarda")
    until(other, lambda: any("Bernarda" in notice for notice in shown(other)))
    expect(other).to_have_title(f"• {other.title().removeprefix('• ')}", timeout=LIVE)
    hide(one, False)
    expect(other).to_have_title(other.title().removeprefix("• "))
    told = len(shown(one))
    one.get_by_label("Desde", exact=True).fill("00:00")
    one.get_by_label("Hasta").fill("23:59")
    with one.expect_response("**/ajustes/"):
        one.get_by_role("switch", name="Horario sin avisos").check()
    open_tray(other, site, "General")
    hide(other)
    hide(one)
    people.says(line, "c-1", "de noche")
    expect(other.locator("#rail-unread")).to_contain_text("2", timeout=LIVE)
    other.wait_for_timeout(3_000)
    assert len(shown(one)) == told
