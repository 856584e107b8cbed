"""Who else is here: two agents and a customer, each seeing that the others look and type."""

from playwright.sync_api import expect

from chats import moves
from chats.models import Chat
from inbox.views import workspaces
from tests import people
from tests.browser.customers import Customer
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of

GONE = 45_000


def test_bruno_sees_in_the_list_that_ana_looks_at_a_chat_and_that_she_has_left(site, team, enter):
    people.waiting(people.http_origin(), tray_of("Ventas"), name="Marta Gómez")
    bruno, ana = enter("bruno"), enter("ana")
    open_tray(bruno, site, "Ventas")
    open_tray(ana, site, "Ventas")
    rows(ana).get_by_role("link").first.click()
    expect(ana.locator("#preview")).to_be_visible()
    expect(rows(bruno).first).to_contain_text("Ana lo está viendo", timeout=LIVE)
    # by whoever comes later, too
    bruno.reload()
    expect(rows(bruno).first).to_contain_text("Ana lo está viendo", timeout=LIVE)
    rows(bruno).get_by_role("link").first.click()
    expect(bruno.locator("#preview .wa-takebar")).to_contain_text("Ana lo está viendo")
    expect(ana.locator("#preview .wa-takebar")).to_contain_text("Bruno lo está viendo", timeout=LIVE)
    expect(rows(ana).first).not_to_contain_text("Ana lo está viendo")
    ana.close()
    expect(rows(bruno).first).not_to_contain_text("lo está viendo", timeout=GONE)


def test_a_pane_that_a_phone_does_not_show_is_viewed_by_nobody(site, team, enter):
    line = people.http_origin()
    hidden, shown = (people.held(line, team["ana"], tray_of("Ventas"), sender=sender) for sender in ("c-1", "c-2"))
    workspaces.lay_out(workspaces.find_workspace(team["sofia"]), 2)
    for chat in (hidden, shown):
        workspaces.open_in_pane(team["sofia"], chat.pk)
    sofia, ana = enter("sofia", width=390, height=844), enter("ana")
    sofia.goto(f"{site.url}/chat/{shown.pk}/")
    line_is_open(sofia)
    expect(sofia.locator(f"#pane-{hidden.pk}")).to_be_hidden()
    workspaces.lay_out(workspaces.find_workspace(team["ana"]), 2)
    workspaces.open_in_pane(team["ana"], hidden.pk)
    ana.goto(f"{site.url}/chat/{shown.pk}/")
    line_is_open(ana)
    # of both panes the page is told in one frame
    expect(ana.locator(f"#pane-{shown.pk} .wa-now")).to_contain_text("Sofía lo está viendo", timeout=LIVE)
    expect(ana.locator(f"#pane-{hidden.pk} .wa-now")).not_to_contain_text("viendo")


def test_ana_and_her_customer_see_each_other_type_and_the_note_stays_inside(site, team, enter, new_page, until):
    line = people.web_origin()
    belen = Customer(new_page(), f"{site.url}/w/{line.key}/demo/").opens()
    belen.says("Hola")
    until(belen.page, Chat.objects.filter(state="BANDEJA").exists)
    chat = Chat.objects.get()
    moves.take(chat.pk, team["ana"])
    ana, sofia = enter("ana"), enter("sofia")
    for page in (ana, sofia):
        page.goto(f"{site.url}/chat/{chat.pk}/")
        line_is_open(page)
    belen.text.press_sequentially("Quería saber")
    expect(ana.locator(".wa-now")).to_contain_text("está escribiendo", timeout=LIVE)
    expect(ana.locator("#tabs .wa-tab.is-typing")).to_have_count(1)
    box = ana.get_by_role("textbox", name="Mensaje")
    box.press_sequentially("Te cuento")
    expect(belen.panel.locator("#state")).to_contain_text("Ana está escribiendo", timeout=LIVE)
    expect(sofia.locator(".wa-now")).to_contain_text("Ana está escribiendo", timeout=LIVE)
    # what is not said again is gone
    expect(ana.locator(".wa-now")).not_to_contain_text("está escribiendo", timeout=LIVE)
    expect(belen.panel.locator("#state")).not_to_contain_text("escribiendo", timeout=LIVE)
    box.fill("")
    box.press("Alt+i")
    box.press_sequentially("ojo con esta")
    expect(sofia.locator(".wa-now")).to_contain_text("Ana está escribiendo una nota", timeout=LIVE)
    expect(belen.panel.locator("#state")).not_to_contain_text("escribiendo")
