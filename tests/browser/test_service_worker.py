"""The service worker in a browser: pushes are shown, without a network a page says so, of chats nothing is kept."""

import json

from playwright.sync_api import expect

from inbox.models import PushSubscription
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


# what a browser asks its maker's service for, which no test may: here it is made up
AGREES = """() => {
  const bytes = (length, first) => Uint8Array.from({ length }, (_, at) => (at ? 0 : first)).buffer
  const point = Uint8Array.from(atob('BCVxsr7N/eNgVRqvHtD0zTZsEc6+VV+JvLexhqUzORcxaOzi6+AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4='),
                                (letter) => letter.charCodeAt(0)).buffer
  let made = null
  PushManager.prototype.getSubscription = async () => made
  PushManager.prototype.subscribe = async (options) => {
    made = {
      options: { applicationServerKey: bytes(65, 4) },
      endpoint: 'https://push.example.com/ana',
      getKey: (name) => (name === 'auth' ? bytes(16, 7) : point),
      unsubscribe: async () => (made = null) === null,
    }
    return made
  }
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, data }) => [title, body, data.url])"""

CLEARS = """async () => {
  for (const one of await (await navigator.serviceWorker.ready).getNotifications()) one.close()
}"""
# a click on a notice; windows open only for a hand
OPENS = """async () => {
  const opened = []
  self.clients.openWindow = async (url) => opened.push(url.pathname)
  await openAt("/chat/")
  return opened
}"""


def test_a_push_is_agreed_to_in_the_settings_and_shown_without_a_page_before_ones_eyes(
    site, team, whole_browser, enter, until
):
    ana = enter("ana", within=whole_browser, service_workers="allow", permissions=["notifications"])
    ana.goto(f"{site.url}/ajustes/")
    ana.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    ana.evaluate(AGREES)
    ana.get_by_role("button", name="Activar").click()
    expect(ana.get_by_text("Push en este navegador: activo")).to_be_visible()
    assert PushSubscription.objects.get().endpoint == "https://push.example.com/ana"
    wire = ana.context.new_cdp_session(ana)
    workers = []
    wire.on("ServiceWorker.workerRegistrationUpdated", lambda event: workers.extend(event["registrations"]))
    wire.send("ServiceWorker.enable")
    until(ana, lambda: workers)

    def push(title):
        said = {"title": title, "body": "Respondió en un chat tuyo", "tag": title, "url": "/chat/"}
        where = {"origin": site.url, "registrationId": workers[0]["registrationId"]}
        wire.send("ServiceWorker.deliverPushMessage", {**where, "data": json.dumps(said)})

    push("A la vista")
    ana.wait_for_timeout(500)
    # a page of ours that is nobody's desk tells nothing, and is left as it is
    ana.goto(f"{site.url}/offline/")
    push("Otra página")
    until(ana, lambda: [one[0] for one in ana.evaluate(SHOWN)] == ["Otra página"])
    [worker] = ana.context.service_workers
    assert worker.evaluate(OPENS) == ["/chat/"]
    assert ana.url == f"{site.url}/offline/"
    ana.evaluate(CLEARS)
    ana.goto("about:blank")
    push("Marta Gómez")
    ana.wait_for_timeout(1_000)
    ana.goto(f"{site.url}/ajustes/")
    until(ana, lambda: ana.evaluate(SHOWN) == [["Marta Gómez", "Respondió en un chat tuyo", "/chat/"]])
    ana.evaluate(AGREES)
    ana.evaluate("async () => { await (await navigator.serviceWorker.ready).pushManager.subscribe() }")
    ana.evaluate("() => document.dispatchEvent(new CustomEvent('htmx:after:swap', { detail: { ctx: {} } }))")
    ana.get_by_role("button", name="Desactivar").click()
    expect(ana.get_by_text("Push en este navegador: apagado")).to_be_visible()
    assert not PushSubscription.objects.exists()
