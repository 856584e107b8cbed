"""A preview comes alone: the list beside it stays, and what the address says is what is shown."""

import re

import pytest
from playwright.sync_api import expect

from chats import moves
from origins.models import Origin
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of


@pytest.fixture
def ana(site, team, enter):
    line = people.http_origin()
    for number, name in enumerate(["Uno", "Dos", "Tres"]):
        people.waiting(line, tray_of("Ventas"), name=name, text=f"soy {name}", sender=f"c-{number}")
    people.waiting(line, name="Cuatro", text="soy Cuatro", sender="c-9")
    page = enter("ana")
    open_tray(page, site, "Ventas")
    return page


def choose(page, name):
    rows(page).filter(has_text=name).locator(".wa-row").click()


def test_the_list_stays_and_the_address_follows(ana):
    ana.evaluate("() => { document.querySelector('.wa-rows').isTheSame = true }")
    for name in ("Dos", "Uno"):
        choose(ana, name)
        expect(ana.locator("#preview")).to_contain_text(f"soy {name}")
        expect(rows(ana).filter(has_text=name).locator("[aria-current=true]")).to_have_count(1)
        assert ana.evaluate("() => document.querySelector('#preview').dataset.src === location.pathname")
    assert ana.evaluate("() => document.querySelector('.wa-rows').isTheSame")
    ana.go_back()
    expect(ana.locator("#preview")).to_contain_text("soy Dos")
    ana.reload()
    expect(ana.locator("#preview")).to_contain_text("soy Dos")
    expect(rows(ana)).to_have_count(3)


def test_it_hears_what_is_said_and_sees_it_leave(ana, team):
    choose(ana, "Dos")
    expect(ana.locator("#preview")).to_contain_text("soy Dos")
    chat = people.says(Origin.objects.get(), "c-1", "¿Siguen ahí?").message.chat
    expect(ana.locator("#preview")).to_contain_text("¿Siguen ahí?", timeout=LIVE)
    moves.take(chat.pk, team["bruno"])
    expect(rows(ana)).to_have_count(2, timeout=LIVE)
    expect(ana.locator("#preview")).not_to_contain_text("soy Dos", timeout=LIVE)


def test_where_another_screen_came_in_between_the_page_is_what_the_address_says(ana):
    """The row is chosen while the way to another tray is under way, and its answer comes last."""
    kept = []
    first = re.compile(r"/bandejas/\d+/\d+/$")
    ana.route(first, lambda route: route.continue_() if kept else kept.append(route))
    choose(ana, "Uno")
    ana.get_by_role("link", name=re.compile("General")).first.click()
    expect(rows(ana)).to_have_count(1)
    expect(rows(ana)).to_contain_text("Cuatro")
    kept[0].continue_()
    ana.wait_for_timeout(1_000)
    shown = ana.evaluate("() => document.querySelector('#preview').dataset.src ?? null")
    assert shown in (None, ana.evaluate("() => location.pathname"))
    expect(rows(ana)).to_have_count(3 if shown else 1)


def test_on_a_phone_it_stands_alone_with_a_way_back(site, team, enter, ana):
    ana.set_viewport_size({"width": 390, "height": 800})
    expect(ana.locator("#preview")).to_be_hidden()
    choose(ana, "Tres")
    expect(ana.locator("#preview")).to_contain_text("soy Tres")
    expect(rows(ana).first).to_be_hidden()
    ana.get_by_role("link", name=re.compile("Volver a")).click()
    expect(rows(ana)).to_have_count(3)
    expect(rows(ana).first).to_be_visible()


def test_from_a_search_the_whole_list_is_there_again(ana):
    ana.get_by_label("Buscar en").fill("tres")
    ana.get_by_label("Buscar en").press("Enter")
    expect(rows(ana)).to_have_count(1)
    choose(ana, "Tres")
    expect(ana.locator("#preview")).to_contain_text("soy Tres")
    expect(rows(ana)).to_have_count(3)


COUNT_SWAPS = """async () => {
  const { whenShown } = await import('inbox/shown.js')
  window.counted = { swaps: 0, shown: 0, unready: 0 }
  document.addEventListener('htmx:before:swap', () => { window.counted.swaps += 1 })
  whenShown(() => {
    window.counted.shown += 1
    window.counted.unready += document.querySelectorAll('.htmx-settling, .htmx-swapping').length
  })
}"""


def test_who_prepares_the_page_is_called_once_a_swap(ana):
    def counted():
        return ana.evaluate("() => window.counted")

    line_is_open(ana)
    ana.evaluate(COUNT_SWAPS)
    choose(ana, "Dos")
    expect(ana.locator("#preview")).to_contain_text("soy Dos")
    ana.wait_for_function("() => window.counted.shown > 0")
    before = counted()
    assert before["shown"] == before["swaps"]
    people.says(Origin.objects.get(kind="http"), "c-0", "¿Siguen ahí?")
    expect(rows(ana).filter(has_text="¿Siguen ahí?")).to_have_count(1, timeout=LIVE)
    ana.evaluate("() => import('inbox/refresh.js').then((it) => it.refreshPage())")
    # the page's own count follows the last swap
    ana.wait_for_function("() => window.counted.shown >= window.counted.swaps")
    after = counted()
    assert after["swaps"] > before["swaps"] + 1
    assert (after["shown"], after["unready"]) == (after["swaps"], 0)
