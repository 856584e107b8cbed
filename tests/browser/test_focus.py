"""Keys and focus: a take never shows the next customer, and the hands stay where the work goes on."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chats import moves
from chats.models import Chat
from tests import people
from tests.browser.desk import LIVE, line_is_open, open_tray, rows, tray_of
from trays.models import Tray


@pytest.fixture
def queue(team):
    line = people.http_origin()
    return [
        people.waiting(line, tray_of("Ventas"), name=name, text=f"soy {name}", sender=f"c-{number}",
                       at=timezone.now() - timedelta(minutes=30 - number))
        for number, name in enumerate(["Uno", "Dos", "Tres", "Cuatro"])
    ]  # fmt: skip


WATCH = """() => {
  window.seen = []
  new MutationObserver(() => {
    const name = document.querySelector("#preview h2")?.textContent.trim()
    if (name && window.seen.at(-1) !== name) window.seen.push(name)
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


@pytest.mark.parametrize("on_row", [False, True])
def test_taking_with_a_key_never_shows_the_next_customer(on_row, site, team, enter, queue):
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).first.locator(".wa-row").click()
    expect(ana.locator("#preview")).to_contain_text("soy Uno")
    ana.evaluate(WATCH)
    # the answer is slow, the news of the move is not
    ana.route("**/take/", lambda route: (ana.wait_for_timeout(50), route.continue_()))
    ana.evaluate("""() => { const real = window.fetch; window.fetch = async (...args) => {
      const answer = await real(...args)
      if (String(args[0]).includes("/take/")) await new Promise((done) => setTimeout(done, 1500))
      return answer
    } }""")
    if on_row:
        rows(ana).first.locator(".wa-row").focus()
    else:
        ana.evaluate("() => document.activeElement.blur()")
    ana.keyboard.press("t")
    # a second press is for nobody else
    ana.keyboard.press("t")
    ana.keyboard.press("n")
    ana.wait_for_url(re.compile(rf"/chat/{queue[0].pk}/"))
    expect(ana.get_by_role("textbox", name="Mensaje")).to_be_focused()
    assert set(ana.evaluate("() => window.seen")) <= {"Uno"}
    assert [people.fresh(one).state for one in queue] == ["AGENTE", "BANDEJA", "BANDEJA", "BANDEJA"]


def test_each_move_leaves_the_focus_where_the_work_goes_on(site, team, enter, queue):
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    ana.keyboard.press("n")
    expect(ana.locator(".wa-pane.is-active")).to_contain_text("soy Uno")
    expect(ana.locator(f"#text-{queue[0].pk}")).to_be_focused()
    # into another pane's place, and back: Dos waits for an answer
    ana.keyboard.press("Escape")
    ana.keyboard.press("n")
    expect(ana.locator(f"#text-{queue[1].pk}")).to_be_focused()
    ana.keyboard.press("Escape")
    ana.keyboard.press("c")
    expect(ana.locator("#undo")).to_contain_text("Chat cerrado")
    expect(ana.locator(f"#tab-{queue[0].pk} .wa-tab")).to_be_focused()
    # what was closed comes back
    ana.keyboard.press("z")
    expect(ana.locator(f"#text-{queue[1].pk}")).to_be_focused()
    ana.keyboard.press("Escape")
    ana.keyboard.press("d")
    expect(ana.locator("#undo")).to_contain_text("Devuelto a")
    expect(ana.locator(f"#tab-{queue[0].pk} .wa-tab")).to_be_focused()


def test_a_row_that_somebody_else_takes_hands_the_focus_to_the_next(site, team, enter, queue):
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).nth(1).locator(".wa-row").focus()
    moves.take(queue[1].pk, team["bruno"])
    expect(rows(ana)).to_have_count(3, timeout=LIVE)
    expect(ana.locator(f"#chat-{queue[2].pk} .wa-row")).to_be_focused()
    rows(ana).last.locator(".wa-row").focus()
    moves.take(queue[3].pk, team["bruno"])
    expect(rows(ana)).to_have_count(2, timeout=LIVE)
    expect(ana.locator(f"#chat-{queue[2].pk} .wa-row")).to_be_focused()


def test_a_button_is_never_the_next_customers(site, team, enter, queue):
    """Ana is about to press Tomar when Bruno takes it: the Enter that follows takes nobody else."""
    ana = enter("ana")
    open_tray(ana, site, "Ventas")
    rows(ana).first.locator(".wa-row").click()
    expect(ana.locator("#preview")).to_contain_text("soy Uno")
    ana.locator("[data-key-take]").focus()
    moves.take(queue[0].pk, team["bruno"])
    expect(ana.locator("#preview")).to_contain_text("soy Dos", timeout=LIVE)
    expect(ana.locator(f"#chat-{queue[1].pk} .wa-row")).to_be_focused()
    ana.keyboard.press("Enter")
    ana.wait_for_timeout(500)
    assert people.fresh(queue[1]).state == "BANDEJA"


def test_a_supervisor_who_moves_out_of_a_personal_tray_stays_in_the_list(site, team, enter):
    personal = Tray.objects.get(kind="personal", owner=team["ana"])
    line = people.http_origin()
    chats = [people.waiting(line, personal, name=name) for name in ("Uno", "Dos")]
    sofia = enter("sofia")
    sofia.goto(f"{site.url}/bandejas/{personal.pk}/{chats[0].pk}/")
    line_is_open(sofia)
    sofia.evaluate("() => { window.same = true }")
    sofia.get_by_role("button", name="Mover", exact=True).click()
    expect(sofia.locator("#toasts")).to_contain_text("Enviado a")
    assert sofia.url == f"{site.url}/bandejas/{personal.pk}/"
    assert sofia.evaluate("() => window.same")
    expect(sofia.locator(f"#chat-{chats[1].pk} .wa-row")).to_be_focused()


def test_an_answer_that_is_slow_does_not_take_the_hands_back(site, team, enter):
    line = people.http_origin()
    first, second = (people.held(line, team["ana"], name=name) for name in ("Uno", "Dos"))
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/?paneles=2")
    line_is_open(ana)
    held = []
    ana.route("**/reply/", lambda route: held.append(route))
    ana.locator(f"#text-{first.pk}").fill("Ya va")
    ana.locator(f"#text-{first.pk}").press("Enter")
    ana.locator(f"#text-{second.pk}").click()
    ana.wait_for_timeout(300)
    held[0].continue_()
    expect(ana.locator(f"#pane-{first.pk} .wa-msg.is-out")).to_contain_text("Ya va", timeout=LIVE)
    expect(ana.locator(f"#text-{first.pk}")).to_have_value("")
    expect(ana.locator(f"#text-{second.pk}")).to_be_focused()


ONE_AFTER_THE_OTHER = """() => {
  let at = performance.now()
  Object.defineProperty(Event.prototype, "timeStamp", { get: () => (at += 50) })
}"""


def test_what_is_typed_on_after_the_chat_has_left_presses_no_key(site, team, enter, queue):
    mine, other = (moves.take(chat.pk, team["ana"]) for chat in queue[:2])
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{other.pk}/")
    ana.goto(f"{site.url}/chat/{mine.pk}/")
    line_is_open(ana)
    text = ana.locator(f"#text-{mine.pk}")
    text.focus()
    # on a busy machine keys come seconds apart; to the page these come one after the other
    ana.evaluate(ONE_AFTER_THE_OTHER)
    ana.keyboard.press("x")
    moves.close(mine.pk, team["sofia"])
    # the hands do not stop while the composer goes away under them
    while text.count():
        ana.keyboard.press("x")
    asked, kept = [], f"{site.url}/chats/{mine.pk}/draft/"  # what was typed is kept a second later
    ana.on(
        "request",
        lambda request: asked.append(request.url) if request.method == "POST" and request.url != kept else None,
    )
    ana.keyboard.type("descuento n")
    ana.keyboard.press("Space")
    ana.keyboard.press("Control+Enter")
    # what is no text is meant all the same
    ana.keyboard.press("Control+k")
    expect(ana.get_by_role("combobox", name="Ir a cualquier cosa")).to_be_focused()
    ana.keyboard.press("Escape")
    expect(ana.locator("dialog[open]")).to_have_count(0)
    # left on purpose: keys are keys again
    ana.keyboard.press("?")
    expect(ana.locator("#shortcuts")).to_be_visible()
    assert asked == []
    assert list(Chat.objects.filter(agent=team["ana"])) == [other]
