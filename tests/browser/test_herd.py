"""After the live feed was away, only pages that missed something ask again, and each once."""

import os

import redis
from playwright.sync_api import expect

from tests import people
from tests.browser.desk import LIVE, line_is_open, rows, tray_of


def break_subscription():
    """As a restart of Redis does, for the web process; its memory stays."""
    with redis.Redis.from_url(os.environ["REDIS_URL"].split("?")[0]) as admin:
        for client in admin.client_list():
            if int(client["sub"]) > 0:
                admin.client_kill_filter(_id=client["id"])


def asked_again(page):
    """The pages that were asked for anew, from now on."""
    found = []
    page.on("request", lambda request: "witty-refresh" in request.headers and found.append(request.url))
    return found


def test_who_missed_nothing_while_the_feed_was_away_asks_nothing(site, team, enter):
    line = people.http_origin()
    ana, caio = enter("ana"), enter("caio")
    ana.goto(f"{site.url}/bandejas/{tray_of('Ventas').pk}/")
    caio.goto(f"{site.url}/bandejas/{tray_of('Soporte').pk}/")
    for page in (ana, caio):
        line_is_open(page)
    people.waiting(line, tray_of("Ventas"), name="Primera", sender="c-1")
    expect(rows(ana)).to_have_count(1, timeout=LIVE)
    # everybody is told of it, Caio's page on a busy machine a moment later
    caio.wait_for_timeout(2_000)
    anas, caios = asked_again(ana), asked_again(caio)
    break_subscription()
    ana.wait_for_timeout(3_000)
    assert (anas, caios) == ([], [])
    people.says(line, "c-1", "y sigue en vivo")
    expect(rows(ana)).to_contain_text("y sigue en vivo", timeout=LIVE)
    assert (anas, caios) == ([], [])


def test_a_web_process_that_restarts_makes_nobody_ask_who_missed_nothing(site, team, enter):
    line, ana = people.http_origin(), enter("ana")
    ana.goto(f"{site.url}/bandejas/{tray_of('Ventas').pk}/")
    line_is_open(ana)
    asked = asked_again(ana)
    site.stop()
    ana.wait_for_timeout(1_000)
    site.start()
    line_is_open(ana)
    ana.wait_for_timeout(1_000)
    assert asked == []
    site.stop()
    people.waiting(line, tray_of("Ventas"), name="Mientras", sender="c-1")
    site.start()
    expect(rows(ana)).to_have_count(1, timeout=LIVE)
    assert len(asked) == 1
