"""A page that lived through a break, a sleep or an order to ask again shows what a fresh one does."""

import pytest
from playwright.sync_api import expect

from chats import moves
from chats.models import Chat
from live.feed import current_feed
from tests import people
from tests.browser.desk import LIVE, line_is_open, tray_of

# all that a page says in numbers, and of whom
SHOWN = """() => ({
  title: document.title,
  rail: ["rail-waiting", "rail-unread"].map((id) => document.getElementById(id).textContent.trim()),
  trays: [...document.querySelectorAll("[data-tray-count]")].map((one) => one.firstElementChild.textContent),
  heads: [...document.querySelectorAll("[data-tray-head] [data-waiting]")].map((one) => one.textContent),
  rows: [...document.querySelectorAll(".wa-rows > li")].map((one) => one.id),
  row: [...document.querySelectorAll(".wa-rows .wa-count")].map((one) => one.textContent.trim()),
  tabs: [...document.querySelectorAll("#tabs > li")].map((one) => one.textContent.replace(/\\s+/g, " ")),
  said: [...document.querySelectorAll(".wa-msg")].map((one) => one.id),
  presence: document.querySelector("#presence button").getAttribute("aria-label"),
})"""


@pytest.fixture
def day(team):
    """What happens while the page does not hear: chats come, are answered, leave, and are renamed."""
    line, ventas = people.http_origin(), tray_of("Ventas")
    mine = people.held(line, team["ana"], ventas, name="Marta Gómez", sender="c-1")
    gone = people.held(line, team["ana"], ventas, name="Julio Paz", sender="c-2")
    first = people.waiting(line, ventas, name="Primera", sender="c-3")
    people.waiting(line, None, name="En General", sender="c-4")

    def passes():
        people.says(line, "c-1", "¿Seguís ahí?")
        people.says(line, "c-1", "Hola?")
        moves.close(gone.pk, team["ana"])
        moves.take(first.pk, team["bruno"])
        for number in range(3):
            people.waiting(line, ventas, name=f"Nueva {number}", sender=f"n-{number}")
        moves.take_next(team["ana"])
        type(team["ana"]).objects.filter(pk=team["ana"].pk).update(is_available=False)

    return mine, passes


def settle(page, fresh):
    """The page shows what a fresh one shows."""
    fresh.reload()
    wanted = fresh.evaluate(SHOWN)
    page.wait_for_function(
        f"(wanted) => JSON.stringify(({SHOWN})()) === wanted", arg=as_js(fresh, wanted), timeout=LIVE
    )
    assert page.evaluate(SHOWN) == wanted


def as_js(page, value):
    return page.evaluate("(value) => JSON.stringify(value)", value)


@pytest.mark.parametrize("path", ["/bandejas/{ventas}/", "/chat/"])
@pytest.mark.parametrize("how", ["break", "sleep", "resync"])
def test_it_equals_a_fresh_page(site, wire, team, enter, new_page, day, path, how):
    _mine, passes = day
    page, fresh = enter("ana", at=wire), enter("ana")
    address = path.format(ventas=tray_of("Ventas").pk)
    page.clock.install()
    page.goto(f"{wire.url}{address}")
    line_is_open(page)
    if how == "resync":
        # nothing of it is told but that there is something to ask for
        publish, feed = current_feed().publish_events, current_feed()
        feed.publish_events = lambda events: None
        passes()
        feed.publish_events = publish
        from chats.publish import trays_changed

        trays_changed()
    else:
        wire.cut()
        passes()
        if how == "sleep":
            page.clock.fast_forward(3600_000)
        wire.mend()
    page.clock.fast_forward(12_000)
    fresh.goto(f"{site.url}{address}")
    settle(page, fresh)
    assert Chat.objects.filter(agent=team["ana"]).count() == 2
    expect(page.locator("#rail-waiting")).not_to_have_text("")
