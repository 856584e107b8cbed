"""Many chats in one pair of hands: the list is readable, in the order in which it asks for answers."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chats.messages import replies
from tests import people
from tests.browser.desk import LIVE, line_is_open

LONG = "Distribuidora Mayorista El Ceibo del Litoral"

# no badge or time lies over a name or over words, and nothing is cut to nothing
OVERLAPS = """() => [...document.querySelectorAll("#tabs .wa-tab")].flatMap((tab) => {
  const boxes = [...tab.querySelectorAll(".wa-name, .wa-words, .wa-came, .wa-count, .wa-wait, .wa-done, .wa-left, kbd")]
    .map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width > 2 && box.height > 2)
  const name = tab.querySelector(".wa-name").getBoundingClientRect()
  const wrong = name.width < 40 ? [`${tab.textContent.trim().slice(0, 20)}: ${name.width}`] : []
  boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2
    if (over) wrong.push(`${one.className} / ${other.className}`)
  }))
  return wrong
})"""


@pytest.fixture
def busy(team):
    """Ana holds 23: 9 wait for her answer, the first for the longest; 14 are answered."""
    line, now = people.http_origin(), timezone.now()
    chats = [
        people.held(line, team["ana"], name=LONG if not number else f"Cliente {number:02}", sender=f"c-{number}",
                    text="Necesito la orden de compra hoy mismo", at=now - timedelta(minutes=60 - number))
        for number in range(23)
    ]  # fmt: skip
    for number, chat in enumerate(chats[9:]):
        replies.send_reply(chat.pk, team["ana"], "Va en camino", now=now - timedelta(minutes=30 - number))
    return line, chats


def names(page):
    return page.locator("#tabs .wa-name").all_inner_texts()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_23_held_chats_are_readable(width, theme, site, team, enter, busy, axe_finds):
    ana = enter("ana", width=width, height=900, theme=theme)
    ana.goto(f"{site.url}/chat/")
    expect(ana.locator("#tabs .wa-tab")).to_have_count(23)
    assert ana.evaluate(OVERLAPS) == []
    assert names(ana)[:3] == [LONG, "Cliente 01", "Cliente 02"]
    assert names(ana)[9:11] == ["Cliente 22", "Cliente 21"]
    expect(ana.locator("[data-group=waiting]")).to_contain_text("9")
    expect(ana.locator("[data-group=answered]")).to_contain_text("14")
    expect(ana.locator("[data-held]")).to_have_text("23 tuyos")
    assert ana.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert axe_finds(ana) == []
    if width == 390:
        ana.locator("#tabs .wa-tab").nth(1).click()
        expect(ana.locator(".wa-pane.is-active")).to_be_visible()
        expect(ana.locator("#tabs")).to_be_hidden()
        ana.get_by_role("button", name="Enviar a…").click()
        menu = ana.locator(".wa-menu-send:visible").bounding_box()
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= width
        ana.keyboard.press("Escape")
        ana.get_by_role("link", name="Volver a mis chats").click()
        expect(ana.locator("#tabs")).to_be_visible()
    else:
        # the one in use is in view, wherever it stands in the list
        last = ana.locator(f"#tab-{busy[1][9].pk} .wa-tab")
        expect(last).not_to_be_in_viewport()
        ana.goto(f"{site.url}/chat/{busy[1][9].pk}/")
        expect(last).to_be_in_viewport(ratio=1)


def test_the_order_follows_who_waits_but_never_under_the_focus(site, team, enter, busy):
    line, chats = busy
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/")
    line_is_open(ana)
    tab = ana.locator(f"#tab-{chats[22].pk} .wa-tab")
    tab.focus()
    people.says(line, "c-20", "¿y lo mío?")
    expect(ana.locator("[data-group=waiting]")).to_contain_text("10", timeout=LIVE)
    # the focus is in the list: nothing jumps
    assert names(ana)[9] == "Cliente 22"
    ana.locator("textarea").first.focus()
    expect(ana.locator("#tabs .wa-name").nth(9)).to_have_text("Cliente 20")
    replies.send_reply(chats[0].pk, team["ana"], "Ya sale")
    expect(ana.locator("[data-group=answered]")).to_contain_text("14", timeout=LIVE)
    expect(ana.locator("#tabs .wa-name").nth(9)).to_have_text(LONG)
    assert ana.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_a_few_are_a_strip_with_names(width, site, team, enter):
    line = people.http_origin()
    for number in range(5):
        people.held(line, team["ana"], name=f"Cliente {number}", sender=f"c-{number}")
    ana = enter("ana", width=width, height=900)
    ana.goto(f"{site.url}/chat/")
    expect(ana.locator("#work")).not_to_have_class("is-list")
    assert names(ana) == [f"Cliente {number}" for number in range(5)]
    assert ana.evaluate(OVERLAPS) == []
    assert ana.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
