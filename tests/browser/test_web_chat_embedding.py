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
    page.wait_for_timeout(500)
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
