"""The service worker in a browser: without a network there is a page that says so; of chats nothing is kept."""

from playwright.sync_api import expect

from tests import people
from tests.browser.desk import line_is_open, tray_of

KEPT = """async () => {
  const found = []
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname)
  return found
}"""


def test_without_a_network_it_shows_its_own_page_and_has_kept_nothing_of_chats(site, team, enter):
    chat = people.held(people.http_origin(), team["ana"], tray_of("Ventas"), name="Marta Gómez")
    ana = enter("ana", service_workers="allow")
    ana.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    ana.wait_for_function("() => navigator.serviceWorker.controller")
    for place in (f"/chat/{chat.pk}/", "/contactos/", "/ajustes/"):
        ana.goto(f"{site.url}{place}")
        line_is_open(ana)
    kept = ana.evaluate(KEPT)
    assert "/offline/" in kept
    assert any("tabler" in one for one in kept)
    assert [one for one in kept if one != "/offline/" and not one.startswith("/static/")] == []
    ana.context.set_offline(True)
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    expect(ana.get_by_role("heading", name="Sin conexión")).to_be_visible()
    expect(ana.locator("body")).not_to_contain_text("Marta Gómez")
    ana.context.set_offline(False)
    ana.get_by_role("link", name="Probar de nuevo").click()
    expect(ana.locator(".wa-pane").first).to_contain_text("Marta Gómez")
