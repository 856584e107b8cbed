"""However a socket ends, its page comes back by itself; but for the end of a session, and then it says so."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from chats import moves
from live.closings import CLOSINGS, LOGGED_OUT, Then
from tests import people
from tests.browser.customers import Customer, answers
from tests.browser.desk import LIVE, line_is_open, lines, rows, strip, tray_of

# and some that stand in no list: of tomorrow's proxies
COMES_BACK = [*(code for code, then in CLOSINGS.items() if then is not Then.ENDED), 1016, 2999, 3999, 4999]


@pytest.fixture
def ventas_seen(wire, team, enter):
    """Ana, who looks at Ventas through a wire; and the line that its customers write to."""
    ana = enter("ana", at=wire)
    ana.goto(f"{wire.url}/bandejas/{tray_of('Ventas').pk}/")
    line_is_open(ana)
    return ana, people.http_origin()


def comes_in(page, line, name):
    """Somebody new waits in Ventas, and is on the page."""
    people.waiting(line, tray_of("Ventas"), name=name, sender=name)
    expect(rows(page).filter(has_text=name)).to_have_count(1, timeout=LIVE)


def test_an_agents_page_comes_back_after_every_code(wire, team, enter, until):
    line, ana = people.http_origin(), enter("ana", at=wire)
    chat = people.held(line, team["ana"], tray_of("Ventas"), sender="c-1")
    ana.goto(f"{wire.url}/chat/{chat.pk}/")
    line_is_open(ana)
    for code in COMES_BACK:
        wire.end_sockets(code)
        people.says(line, "c-1", f"durante {code}")
        until(ana, lambda: wire.sockets, seconds=15)
        line_is_open(ana)
        expect(lines(ana, f"durante {code}")).to_have_count(1, timeout=LIVE)
        people.says(line, "c-1", f"después de {code}")
        expect(lines(ana, f"después de {code}")).to_have_count(1, timeout=LIVE)
    expect(strip(ana)).to_be_hidden()


def test_the_web_chat_comes_back_after_every_code(site, wire, ventas, ana, new_page, until):
    origin = people.web_origin(title="Almacén Norte", allowed_sites=wire.url)
    people.with_bot(origin)
    belen = Customer(new_page(), f"{wire.url}/w/{origin.key}/demo/").opens()
    belen.says("Hola")
    belen.panel.get_by_role("button", name="Ventas").click()
    expect(belen.bubble("Te paso con Ventas")).to_be_visible()
    moves.take(belen.chat.pk, ana)
    for code in COMES_BACK:
        until(belen.page, lambda: wire.sockets, seconds=15)
        wire.end_sockets(code)
        answers(belen, ana, f"después de {code}")
        expect(belen.bubble(f"después de {code}")).to_be_visible(timeout=LIVE)
    until(belen.page, lambda: wire.sockets, seconds=15)


def test_only_the_end_of_a_session_is_the_end_and_leads_to_the_sign_in(wire, ventas_seen):
    ana, line = ventas_seen
    chat = people.waiting(line, tray_of("Ventas"), name="Marta", sender="c-1")
    with ana.expect_websocket():
        ana.goto(f"{wire.url}/bandejas/{tray_of('Ventas').pk}/{chat.pk}/")
    line_is_open(ana)
    # a page that asks meanwhile and is let in would be right to come back; an answer that is on its way may bring its
    # cookie again, so that taking it away is not enough
    Session.objects.all().delete()
    ana.context.clear_cookies()
    tried = []
    ana.on("websocket", lambda socket: tried.append(socket))
    wire.end_sockets(LOGGED_OUT)
    expect(strip(ana)).to_contain_text("Tu sesión terminó")
    # on a busy machine the line may have been given up just before, and one more begun; from here on there is none
    tried.clear()
    ana.wait_for_timeout(2_000)
    assert tried == []
    expect(strip(ana)).to_contain_text("Tu sesión terminó")
    strip(ana).get_by_role("button", name="Ingresar").click()
    ana.wait_for_url(re.compile(rf"/login/\?next=.*bandejas.*{chat.pk}"))


def test_one_line_comes_back_however_often_the_page_hears_that_it_is_gone(wire, ventas_seen):
    ana, line = ventas_seen
    opened = []
    ana.on("websocket", lambda socket: opened.append(socket))
    wire.cut()
    # the socket has closed, and its next try waits for its time
    ana.wait_for_function("() => import('inbox/socket.js').then(({ socketState }) => socketState() === 3)")
    for _ in range(3):
        ana.evaluate("() => dispatchEvent(new Event('offline'))")
    expect(strip(ana)).to_contain_text("reintentando")
    wire.mend()
    ana.evaluate("() => dispatchEvent(new Event('online'))")
    comes_in(ana, line, "Primera")
    expect(strip(ana)).to_be_hidden()
    # longer than any try of before would wait
    ana.wait_for_timeout(6_000)
    assert len([socket for socket in opened if not socket.is_closed()]) == 1
    expect(strip(ana)).to_be_hidden()


@pytest.mark.parametrize("set_back", [False, True])
def test_a_line_that_says_nothing_any_more_is_opened_anew(wire, team, enter, set_back):
    """Also where the clock of the machine is set back meanwhile."""
    line, ana = people.http_origin(), enter("ana", at=wire)
    ana.clock.install()
    ana.goto(f"{wire.url}/bandejas/{tray_of('Ventas').pk}/")
    line_is_open(ana)
    wire.stall()
    if set_back:
        ana.clock.set_system_time(timezone.now() - timedelta(hours=3))
    ana.clock.run_for(45_000)
    expect(strip(ana)).to_contain_text("reintentando")
    people.waiting(line, tray_of("Ventas"), name="En la pausa", sender="c-1")
    # a try that hangs is given up as well
    ana.clock.run_for(12_000)
    wire.flow()
    expect(rows(ana).filter(has_text="En la pausa")).to_have_count(1, timeout=LIVE)
    # where no try was under way, the next one waits for its time, and the page's clock moves as it is told
    for _ in range(100):
        if "reintentando" not in strip(ana).text_content():
            break
        ana.clock.run_for(500)
        ana.wait_for_timeout(200)
    expect(strip(ana)).not_to_contain_text("reintentando")
    comes_in(ana, line, "Después")


def test_a_page_that_slept_is_there_at_once(wire, team, enter):
    line, ana = people.http_origin(), enter("ana", at=wire)
    chat = people.held(line, team["ana"], tray_of("Ventas"), name="Marta", sender="c-1")
    ana.clock.install()
    ana.goto(f"{wire.url}/chat/{chat.pk}/")
    line_is_open(ana)
    wire.break_all()
    people.says(line, "c-1", "mientras dormía")
    ana.clock.fast_forward(8 * 3600_000)
    expect(lines(ana, "mientras dormía")).to_have_count(1, timeout=LIVE)
    line_is_open(ana)
    people.says(line, "c-1", "ya despierta")
    expect(lines(ana, "ya despierta")).to_have_count(1, timeout=LIVE)


def test_the_network_that_comes_back_is_used_at_once(wire, ventas_seen):
    ana, line = ventas_seen
    ana.context.set_offline(True)
    wire.cut()
    expect(strip(ana)).to_contain_text("reintentando", timeout=LIVE)
    people.waiting(line, tray_of("Ventas"), name="Sin red", sender="c-1")
    wire.mend()
    ana.context.set_offline(False)
    expect(rows(ana).filter(has_text="Sin red")).to_have_count(1, timeout=4_000)
    comes_in(ana, line, "Con red")


def test_a_page_whose_scripts_come_late_is_live_all_the_same(site, team, enter):
    line, ana = people.http_origin(), enter("ana")
    chat = people.held(line, team["ana"], tray_of("Ventas"), sender="c-1")

    def come_late(route):
        ana.wait_for_timeout(1_500)
        route.continue_()

    ana.route("**/static/inbox/main.*.js", come_late)
    ana.goto(f"{site.url}/chat/{chat.pk}/", wait_until="load")
    line_is_open(ana)
    people.says(line, "c-1", "¿Me leen?")
    expect(lines(ana, "¿Me leen?")).to_have_count(1, timeout=5_000)
