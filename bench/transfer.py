"""Bytes that come to a real Chromium: the first load and a warm one, a preview, a take, one message sent.

Counted as the browser counts them (`encodedDataLength`): headers and bodies as they came over the wire; what comes by
the socket is told beside.
"""

import time
from collections.abc import Callable
from typing import Any

from bench.figures import print_table
from bench.stage import Stage

CHATS, MESSAGES = 1_000, 10
QUIET_SECONDS, MAX_SECONDS = 0.7, 20
KINDS = ("Document", "Stylesheet", "Script", "Font", "Fetch", "XHR")


class Tally:
    """What a page has loaded since it was last asked: bytes by address, with those of the socket."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.kinds: dict[str, tuple[str, str]] = {}
        self.clear()
        heard = page.context.new_cdp_session(page)
        heard.send("Network.enable")
        for event, take in (
            ("requestWillBeSent", self._note_request),
            ("loadingFinished", self._note_end),
            ("webSocketFrameReceived", self._note_frame),
        ):
            heard.on(f"Network.{event}", take)

    def clear(self) -> None:
        self.files: list[dict[str, Any]] = []
        self.socket_bytes, self.last = 0, time.monotonic()

    def _note_request(self, event: dict[str, Any]) -> None:
        self.kinds[event["requestId"]] = event.get("type", "Other"), event["request"]["url"]
        self.last = time.monotonic()

    def _note_end(self, event: dict[str, Any]) -> None:
        kind, url = self.kinds.get(event["requestId"], ("Other", ""))
        self.files.append({"url": url, "kind": kind, "bytes": int(event["encodedDataLength"])})
        self.last = time.monotonic()

    def _note_frame(self, event: dict[str, Any]) -> None:
        self.socket_bytes += len(event["response"]["payloadData"].encode())
        self.last = time.monotonic()

    def count(self, act: Callable[[], Any]) -> dict[str, Any]:
        """What this brings, until nothing has come for a while."""
        self.clear()
        act()
        end = time.monotonic() + MAX_SECONDS
        while time.monotonic() < min(self.last + QUIET_SECONDS, end):
            self.page.wait_for_timeout(50)
        files = sorted((one for one in self.files if one["bytes"]), key=lambda one: -one["bytes"])
        kinds = {kind: sum(one["bytes"] for one in files if one["kind"] == kind) for kind in KINDS}
        return {
            "bytes": sum(one["bytes"] for one in files), "requests": len(files), "socket_bytes": self.socket_bytes,
            "kinds": {kind: size for kind, size in kinds.items() if size},
            "largest": [[one["url"].partition("/static/")[2] or one["url"].split("/", 3)[3], one["bytes"]]
                        for one in files[:8]],
        }  # fmt: skip


def run_bench(here: Stage, _options: Any) -> dict[str, Any]:
    cookie, tray, held = _prepare()
    web = here.start_web("daphne")
    from playwright.sync_api import sync_playwright

    from tests.install_browser import install

    program = install()
    base = f"http://127.0.0.1:{web.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="es-UY", reduced_motion="reduce")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
        got = _measure(context.new_page(), base, tray, held)
        browser.close()
    rows = [{"what": what, **one} for what, one in got.items()]
    print_table(
        f"Bytes to a browser: a tray of {CHATS * 7 // 80} chats, threads of {MESSAGES} lines (kB)",
        ("", "kB", "requests", "by socket"),
        [[one["what"], one["bytes"] / 1000, one["requests"], one["socket_bytes"] / 1000] for one in rows],
    )
    for name, size in got["first load, empty cache"]["largest"]:
        print(f"  {size / 1000:6.1f}  {name}")
    return {"rows": rows}


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    return {one["what"]: one["bytes"] / 1000 for one in found["rows"]}


def _prepare() -> tuple[str, int, int]:
    """A full tray and its agent: the cookie of a session, the tray, and a chat that the agent holds."""
    from django.test import Client

    from bench import crowd
    from bench.pages import make_cast
    from chats.models import Chat

    chosen, agent = make_cast()
    crowd.fill_database(CHATS, MESSAGES, chosen)
    client = Client()
    client.force_login(agent)
    held = Chat.objects.filter(agent=agent).order_by("id").values_list("pk", flat=True)[0]
    return client.cookies["sessionid"].value, chosen.trays[1], held


def _measure(page: Any, base: str, tray: int, held: int) -> dict[str, dict[str, Any]]:
    tally = Tally(page)
    got = {"first load, empty cache": tally.count(lambda: page.goto(f"{base}/bandejas/{tray}/"))}
    got["load, warm cache"] = tally.count(lambda: page.goto(f"{base}/bandejas/{tray}/"))

    def preview() -> None:
        page.locator(".wa-rows .wa-row").nth(3).click()
        page.locator("#preview .wa-msg").first.wait_for()

    def take() -> None:
        page.locator("#preview [data-key-take]").click()
        page.locator(".wa-pane.is-active textarea").wait_for()

    def send() -> None:
        box = page.locator(".wa-pane.is-active textarea")
        box.fill("Sí, sale hoy por la tarde.")
        box.press("Enter")
        page.locator(".wa-msg", has_text="Sí, sale hoy por la tarde.").and_(page.locator(".is-out")).first.wait_for()

    # the second preview: the first one brings what the page has not needed so far
    tally.count(lambda: page.locator(".wa-rows .wa-row").nth(1).click())
    got["preview"] = tally.count(preview)
    got["take"] = tally.count(take)
    page.goto(f"{base}/chat/{held}/")
    tally.count(lambda: page.wait_for_load_state("load"))
    got["message sent"] = tally.count(send)
    return got
