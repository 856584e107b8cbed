"""The undo bar: ten seconds for what was just done, over nothing, found again after a reload, and honest."""

import re

import pytest
from playwright.sync_api import expect

from chats import access, moves
from tests import people
from tests.browser.desk import LIVE, line_is_open


@pytest.fixture
def chat(site, team):
    from trays.models import Tray

    access.give_access(Tray.objects.get(name="Ventas"), [team["ana"], team["bruno"]])
    return people.held(people.http_origin(), team["ana"], Tray.objects.get(name="Ventas"), name="Julieta Sosa")


def covered(page):
    """What of the page the bar stands over."""
    return page.evaluate(
        """() => {
            const bar = document.getElementById("undo").getBoundingClientRect()
            return [...document.querySelectorAll("#main, .wa-rail")].filter((one) => {
                const box = one.getBoundingClientRect()
                return box.left < bar.right && bar.left < box.right && box.top < bar.bottom && bar.top < box.bottom
            }).map((one) => one.className)
        }"""
    )


@pytest.mark.parametrize("width", [1440, 390])
def test_what_was_closed_comes_back_also_after_a_reload(site, team, enter, chat, width):
    ana = enter("ana")
    ana.set_viewport_size({"width": width, "height": 844})
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    ana.locator("[data-key-close]").click()
    bar = ana.locator("#undo")
    expect(bar).to_contain_text("Chat cerrado")
    expect(bar).to_contain_text("Julieta Sosa")
    ana.wait_for_url(f"{site.url}/chat/")
    assert covered(ana) == []
    assert people.fresh(chat).tray.kind == "closed"
    ana.reload()
    # it stays while it has the focus
    bar.get_by_role("button", name="Deshacer").focus()
    expect(bar).to_contain_text("Chat cerrado")
    ana.keyboard.press("Enter")
    ana.wait_for_url(f"{site.url}/chat/{chat.pk}/")
    expect(ana.get_by_role("textbox", name="Mensaje")).to_be_focused()
    expect(bar).to_be_hidden()
    expect(ana.locator(f"#log-{chat.pk}")).to_contain_text("lo deshizo")
    assert people.fresh(chat).agent == team["ana"]
    ana.reload()
    expect(ana.get_by_role("textbox", name="Mensaje")).to_be_visible()
    expect(bar).to_be_hidden()


def test_who_was_quicker_is_named(site, team, enter, chat):
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    ana.locator("[data-key-back]").click()
    expect(ana.locator("#undo")).to_contain_text("Devuelto a Ventas")
    moves.take(chat.pk, team["bruno"])
    ana.locator("#undo").get_by_role("button", name="Deshacer").click()
    expect(ana.locator("#toasts")).to_contain_text(re.compile("Ya lo tomó Bruno"), timeout=LIVE)
    expect(ana.locator("#undo")).to_be_hidden()
    assert ana.url == f"{site.url}/chat/"
    assert people.fresh(chat).agent == team["bruno"]
