"""An answer that was drawn before an event and comes after it: what the event brought stays on the page."""

import re

import pytest
from django.db import transaction
from playwright.sync_api import expect

from chats import publish
from chats.models import Chat, Message
from tests import people
from tests.browser.desk import LIVE, go_deaf, line_is_open, lines, open_tray, rows, tray_of, write

ASK_FOR_PANE = "import('inbox/refresh.js').then((it) => { it.refreshPart(document.querySelector('[data-feed]')) })"
ASK_FOR_PAGE = "import('inbox/refresh.js').then((it) => { it.refreshPage() })"


@pytest.fixture
def ana(enter):
    return enter("ana")


def ask_and_overtake(page, ask, happens, until):
    """Ask the server, keep its answer back until `happens` has been seen, and only then let it in."""
    kept, told = [], []

    def keep(route):
        if kept or route.request.headers.get("witty-refresh") is None:
            return route.continue_()
        kept.append((route, route.fetch()))

    page.route("**/*", keep)
    page.evaluate(ask)
    until(page, lambda: kept)
    happens()
    route, answer = kept[0]
    page.on("response", lambda response: told.append(response.request.headers.get("witty-refresh")))
    route.fulfill(response=answer)
    until(page, lambda: "1" in told)


def test_a_message_that_an_older_answer_lacks_stays(site, team, ana, until):
    line = people.http_origin()
    chat = people.held(line, team["ana"], tray_of("Ventas"), sender="c-1")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)

    def says():
        people.says(line, "c-1", "¿Siguen ahí?")
        expect(lines(ana, "¿Siguen ahí?")).to_have_count(1, timeout=LIVE)

    ask_and_overtake(ana, ASK_FOR_PANE, says, until)
    ana.wait_for_timeout(500)
    # nothing but what is asked anew brings it back: no beat finds it missing
    expect(lines(ana, "¿Siguen ahí?")).to_have_count(1, timeout=LIVE)
    people.says(line, "c-1", "¿Hola?")
    expect(lines(ana, "¿Hola?")).to_have_count(1, timeout=LIVE)
    expect(lines(ana, "¿Siguen ahí?")).to_have_count(1)


def test_a_row_that_an_older_answer_lacks_stays(site, team, ana, until):
    line = people.http_origin()
    open_tray(ana, site, "Ventas")

    def comes_in():
        people.waiting(line, tray_of("Ventas"), name="Recién llegada", sender="c-1")
        expect(rows(ana).filter(has_text="Recién llegada")).to_have_count(1, timeout=LIVE)

    ask_and_overtake(ana, ASK_FOR_PAGE, comes_in, until)
    ana.wait_for_timeout(500)
    expect(rows(ana).filter(has_text="Recién llegada")).to_have_count(1, timeout=LIVE)


def test_nothing_is_asked_twice_for_what_one_did_oneself(site, team, ana, until):
    """The answer to an action contains its own events, whichever of the two comes first."""
    line, asked = people.http_origin(), []
    chat = people.waiting(line, tray_of("Ventas"), name="Marta", sender="c-1")
    ana.goto(f"{site.url}/bandejas/{tray_of('Ventas').pk}/{chat.pk}/")
    line_is_open(ana)
    ana.on("request", lambda request: asked.append(request.url) if "witty-refresh" in request.headers else None)
    ana.get_by_role("button", name="Tomar").first.click()
    box = ana.get_by_role("textbox", name="Mensaje")
    for number in range(3):
        box.fill(f"respuesta {number}")
        box.press("Enter")
        expect(lines(ana, f"respuesta {number}")).to_have_count(1, timeout=LIVE)
        ana.wait_for_timeout(300)
    assert asked == []


def test_what_became_of_a_message_stays_though_its_answer_comes_later(site, team, ana, until):
    chat = people.held(people.http_origin(), team["ana"], tray_of("Ventas"), sender="c-1")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    kept = []
    ana.route(f"**/chats/{chat.pk}/reply/", lambda route: kept.append((route, route.fetch())))
    write(ana, "Ya sale")
    bubble = lines(ana, "Ya sale")
    # it has come by the socket
    expect(bubble).to_have_count(1, timeout=LIVE)
    sent = chat.messages.get(text="Ya sale")
    sent.status = "read"
    sent.save()
    publish.message_changed(sent)
    expect(bubble).to_contain_text("Leído", timeout=LIVE)
    until(ana, lambda: kept)
    route, answer = kept[0]
    route.fulfill(response=answer)
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("")
    expect(bubble).to_contain_text("Leído")
    expect(bubble).to_have_count(1)


def test_a_message_is_there_by_its_answer_alone(site, team, ana):
    chat = people.held(people.http_origin(), team["ana"], tray_of("Ventas"), sender="c-1")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    go_deaf(ana)
    for text in ("Ya sale", "Llega mañana"):
        write(ana, text)
        expect(lines(ana, text)).to_have_count(1)
        expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("")
        expect(ana.get_by_role("textbox", name="Mensaje")).to_be_focused()
    assert ana.locator(".wa-msg .wa-text").all_inner_texts()[-2:] == ["Ya sale", "Llega mañana"]


def test_words_that_have_left_do_not_come_back_though_one_has_gone_on_before_the_answer(site, team, ana, until):
    """Nor is the next text taken for the same form."""
    line = people.http_origin()
    chat = people.held(line, team["ana"], tray_of("Ventas"), sender="c-1")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    with transaction.atomic():
        # the answer waits for this
        Chat.objects.select_for_update().get(pk=chat.pk)
        with ana.expect_request("**/reply/"):
            write(ana, "uno")
        ana.get_by_role("link", name=re.compile("^Bandejas")).first.click()
        ana.wait_for_url("**/bandejas/**")
        expect(ana.locator("form[data-composer]")).to_have_count(0)
    until(ana, lambda: Message.objects.filter(text="uno").exists())
    ana.wait_for_timeout(1_000)
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    expect(lines(ana, "uno")).to_have_count(1, timeout=LIVE)
    expect(ana.get_by_role("textbox", name="Mensaje")).to_have_value("")
    write(ana, "dos")
    expect(lines(ana, "dos")).to_have_count(1, timeout=LIVE)
    sent = Message.objects.filter(chat=chat, direction="out").order_by("id")
    assert list(sent.values_list("text", flat=True)) == ["uno", "dos"]
