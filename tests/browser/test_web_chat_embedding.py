"""The web chat in a shop's page: strict policies, sites that are not allowed, and twice the same script."""

import pytest
from playwright.sync_api import expect

from tests.browser.customers import Customer
from tests.http_server import BotServer


@pytest.fixture
def shop():
    """`shop(html, policy)`: the address of a page on somebody else's server."""
    servers = []

    def serve(html, policy=""):
        headers = {"Content-Type": "text/html; charset=utf-8"} | ({"Content-Security-Policy": policy} if policy else {})
        server = BotServer(lambda asked: (200, html.encode(), headers))
        servers.append(server)
        return server.url

    yield serve
    for server in servers:
        server.close()


def page_with(site, origin, times=1):
    tag = f'<script src="{site.url}/w/{origin.key}/widget.js" async></script>'
    return f'<!doctype html><html lang="es"><head><title>Tienda</title>{tag * times}</head><body><h1>Tienda</h1></body>'


def test_a_strict_page_only_has_to_allow_our_host(site, origin, shop, new_page):
    policy = f"default-src 'none'; script-src {site.url}; frame-src {site.url}; require-trusted-types-for 'script'"
    there = shop(page_with(site, origin), policy)
    origin.allowed_sites = there
    origin.save()
    belen = Customer(new_page(), there).opens()
    assert belen.page.locator("witty-chat .launch").bounding_box()["width"] == 56
    belen.says("Hola desde afuera")
    expect(belen.bubble("Soy el asistente")).to_be_visible()
    belen.panel.get_by_role("button", name="Minimizar").click()
    expect(belen.launcher).to_be_focused()


def test_a_site_that_is_not_allowed_holds_nothing(site, origin, shop, new_page):
    page = new_page()
    page.goto(shop(page_with(site, origin)))
    page.get_by_role("button", name="Abrir el chat").click()
    cover = page.locator("witty-chat .cover")
    expect(cover).to_contain_text("El chat no responde")
    cover.get_by_role("button", name="Cerrar").click()
    expect(cover).to_be_hidden()
    assert all("frame-ancestors" in error or "ancestor" in error for error in new_page.errors)
    assert new_page.errors
    new_page.errors.clear()
    assert page.frame_locator("witty-chat iframe").locator(".w-panel").count() == 0


def test_included_twice_it_is_there_once(site, origin, shop, new_page):
    origin.allowed_sites = ""
    origin.save()
    page = new_page()
    page.goto(shop(page_with(site, origin, times=0)))
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    page.goto(shop(page_with(site, origin, times=2)))
    expect(page.get_by_role("button", name="Abrir el chat")).to_have_count(1)
    page.wait_for_timeout(300)
    assert page.locator("witty-chat").count() == 1
    assert set(page.evaluate("Object.getOwnPropertyNames(window)")) - before <= {"WittyChat"}
    page.evaluate("key => WittyChat[key].open()", origin.key)
    expect(page.frame_locator("witty-chat iframe").get_by_label("Mensaje", exact=True)).to_be_focused()
    page.evaluate("key => WittyChat[key].close()", origin.key)
    expect(page.get_by_role("button", name="Abrir el chat")).to_be_focused()


def test_only_the_two_of_them_are_heard(attended):
    """Neither the page in the panel's name, nor another frame in either's, closes it or counts."""
    key, page = attended.chat.origin.key, attended.page
    forged = """key => {
        for (const target of [parent, parent.frames[0]]) {
            target.postMessage({witty: key, type: "close"}, "*")
            target.postMessage({witty: key, type: "unread", count: 50}, "*")
        }
    }"""
    page.evaluate(forged.replace(", parent.frames[0]", ""), key)
    page.evaluate("() => document.body.append(document.createElement('iframe'))")
    other = next(frame for frame in page.frames[1:] if "/w/" not in frame.url)
    other.evaluate(forged, key)
    page.wait_for_timeout(300)
    expect(attended.launcher).to_have_accessible_name("Cerrar el chat")
    expect(attended.launcher).to_have_attribute("aria-expanded", "true")
    attended.panel.get_by_role("button", name="Minimizar").click()
    expect(attended.launcher).to_have_accessible_name("Abrir el chat")


PHONE = {"width": 390, "height": 800}


@pytest.fixture
def anywhere(origin):
    origin.allowed_sites = ""
    origin.save()
    return origin


def cover_of(page):
    return page.locator("witty-chat .cover")


def test_a_policy_that_bars_the_panel_is_said_and_the_visitor_gets_out(site, anywhere, shop, new_page):
    policy = f"script-src {site.url}; frame-src 'none'"
    page = new_page(**PHONE)
    page.clock.install()
    page.goto(shop(page_with(site, anywhere), policy))
    page.get_by_role("button", name="Abrir el chat").click()
    expect(cover_of(page)).to_contain_text("Esta página no deja abrir el chat acá")
    # the browser's page that stands for the barred one has loaded by then: it is no answer that went missing
    page.wait_for_timeout(300)
    page.clock.run_for(20_000)
    expect(cover_of(page)).to_contain_text("Esta página no deja abrir el chat acá")
    expect(cover_of(page).get_by_role("link", name="Abrirlo en otra pestaña")).to_have_attribute(
        "href", f"{site.url}/w/{anywhere.key}/"
    )
    page.keyboard.press("Escape")
    expect(cover_of(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Abrir el chat")).to_be_focused()
    assert all("frame-src" in error for error in new_page.errors)
    new_page.errors.clear()


def test_a_server_that_is_down_traps_nobody_on_a_phone(site, anywhere, shop, new_page):
    page = new_page(**PHONE)
    page.goto(shop(page_with(site, anywhere)))
    opener = page.get_by_role("button", name="Abrir el chat")
    expect(opener).to_be_visible()
    page.route(f"{site.url}/w/{anywhere.key}/", lambda route: route.abort())
    opener.click()
    way_out = cover_of(page).get_by_role("button", name="Cerrar")
    expect(way_out).to_be_visible()
    expect(way_out).to_be_focused()
    expect(cover_of(page)).to_contain_text("El chat no responde")
    way_out.click()
    expect(opener).to_be_focused()
    page.unroute_all(behavior="wait")
    # opened again, it is tried again
    opener.click()
    expect(page.frame_locator("witty-chat iframe").get_by_label("Mensaje", exact=True)).to_be_visible()
    expect(cover_of(page)).to_be_hidden()


def test_a_slow_server_is_said_and_the_panel_comes_all_the_same(site, anywhere, shop, new_page):
    page = new_page(**PHONE)
    page.goto(shop(page_with(site, anywhere)))
    held = []
    page.route(f"{site.url}/w/{anywhere.key}/", lambda route: held.append(route))
    page.get_by_role("button", name="Abrir el chat").click()
    expect(cover_of(page)).to_contain_text("Abriendo el chat…")
    expect(cover_of(page)).to_contain_text("El chat está tardando")
    held[0].continue_()
    expect(page.frame_locator("witty-chat iframe").get_by_label("Mensaje", exact=True)).to_be_focused()
    expect(cover_of(page)).to_be_hidden()


REPLACE_BODY = {
    "turbo": "() => document.documentElement.replaceChild(document.createElement('body'), document.body)",
    "astro": "() => document.body.replaceWith(document.createElement('body'))",
    "emptied": "() => document.body.replaceChildren()",
    "html": "() => { document.documentElement.innerHTML = '<head></head><body><p>otra</p></body>' }",
    # the copy of an earlier page, as Turbo keeps it
    "copy": "() => document.body.replaceWith(document.body.cloneNode(true))",
}


@pytest.mark.parametrize("how", REPLACE_BODY)
def test_the_chat_survives_a_site_that_replaces_its_body(how, site, anywhere, shop, new_page):
    there = shop(page_with(site, anywhere))
    belen = Customer(new_page(), there).opens()
    belen.says("Hola")
    belen.text.fill("y una cosa más")
    belen.page.evaluate(REPLACE_BODY[how])
    expect(belen.launcher).to_have_count(1)
    expect(belen.launcher).to_have_attribute("aria-expanded", "true")
    expect(belen.bubble("Hola").first).to_be_visible()
    expect(belen.text).to_have_value("y una cosa más")
    assert belen.page.locator("witty-chat").count() == 1
    belen.page.evaluate("key => WittyChat[key].close()", anywhere.key)
    belen.page.evaluate(REPLACE_BODY[how])
    expect(belen.page.get_by_role("button", name="Abrir el chat")).to_be_visible()
    belen.page.evaluate("key => WittyChat[key].open()", anywhere.key)
    expect(belen.text).to_be_focused()


def test_what_is_asked_before_there_is_a_body_is_done_then(site, anywhere, shop, new_page):
    src = f"{site.url}/w/{anywhere.key}/widget.js"
    head = (
        f'<!doctype html><head><script src="{src}"></script><script>WittyChat["{anywhere.key}"].open()</script></head>'
    )
    page = new_page()
    page.goto(shop(f"{head}<body><h1>Tienda</h1><script src='{src}?again'></script></body>"))
    expect(page.frame_locator("witty-chat iframe").get_by_label("Mensaje", exact=True)).to_be_focused()
    assert page.locator("witty-chat").count() == 1
