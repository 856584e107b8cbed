"""From the key to the paint in a real Chromium, at CPU × 4 and slow 4G: a take, a send, another pane, a preview and a
search of quick replies; with 500 rows in the tray, 25 held chats and a thread of 5,000 messages.

A key counts from its event's own time stamp; the paint has passed when a message that the frame's first callback posted
comes: by then the frame is laid out and painted.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.figures import format_number, median, print_table
from bench.stage import Stage

# of 5,675 chats of 28 agents, 497 wait in each tray and 25 are held by the first agent
CHATS, AGENTS, THREAD, REPLIES = 5_675, 28, 5_000, 200
SLOWER = 4
# Lighthouse's "slow 4G", bytes a second
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
NO_LIMIT = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
WATCH = """([condition, key]) => {
  const isSo = new Function(`return ${condition}`)
  window.painted = new Promise((done) => {
    let from
    addEventListener("keydown", (event) => { if (event.key === key) from ??= event.timeStamp }, true)
    const look = () => {
      if (from === undefined || !isSo()) return requestAnimationFrame(look)
      const after = new MessageChannel()
      after.port1.onmessage = () => done(performance.now() - from)
      after.port2.postMessage(0)
    }
    requestAnimationFrame(look)
  })
}"""


class Desk:
    """The agent's page, slowed down while something is measured."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base
        self.wires = page.context.new_cdp_session(page)
        self.wires.send("Network.enable")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}")
        self.page.wait_for_load_state("networkidle")

    def slow_down(self, *, on: bool) -> None:
        self.wires.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER if on else 1})
        self.wires.send("Network.emulateNetworkConditions", SLOW_4G if on else NO_LIMIT)

    def time_paint(self, keys: str, condition: str) -> float:
        """Milliseconds from the key until this holds and is painted."""
        self.slow_down(on=True)
        # what came before is done: the key meets a page at rest
        self.page.wait_for_timeout(500)
        self.page.evaluate(WATCH, [condition, keys.rpartition("+")[2]])
        self.page.keyboard.press(keys)
        took: float = self.page.evaluate("() => window.painted")
        self.slow_down(on=False)
        self.page.wait_for_load_state("networkidle")
        return took


def run_bench(here: Stage, chosen: Any) -> dict[str, Any]:
    cookie, tray, held = _prepare()
    web = here.start_web("daphne")
    from playwright.sync_api import sync_playwright

    from tests.install_browser import install

    base = f"http://127.0.0.1:{web.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(install()), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, locale="es-UY", reduced_motion="reduce", service_workers="block"
        )
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
        rows = _measure(Desk(context.new_page(), base), tray, held, chosen.choose_count(9, 3))
        browser.close()
    print_table(
        f"From the key to the paint, CPU × {SLOWER}, slow 4G (ms)", ("", "p50", "least", "most"),
        [[one["what"], one["p50_ms"], min(one["ms"]), max(one["ms"])] for one in rows],
    )  # fmt: skip
    lines = rows[0]["lines"]
    print(f"  of a thread of {format_number(THREAD)} messages {lines} stand on the page when it is sent into")
    return {"rows": rows}


def choose_figures(found: dict[str, Any]) -> dict[str, float]:
    return {one["what"]: one["p50_ms"] for one in found["rows"]}


def _prepare() -> tuple[str, int, int]:
    """The cookie of the agent's session, a full tray, and the held chat with the long thread."""
    from django.test import Client

    from bench import crowd
    from bench.pages import make_cast
    from chats.models import Chat, Message
    from inbox.models import QuickReply

    chosen, agent = make_cast(AGENTS)
    crowd.fill_database(CHATS, 10, chosen)
    held = Chat.objects.filter(agent=agent).order_by("id")[0]
    start = datetime.now(UTC) - timedelta(hours=20)
    Message.objects.bulk_create(
        [
            Message(chat=held, origin_id=held.origin_id, direction="in", author="customer", kind="text",
                    text=f"{number}: {crowd.SAID[number % 3]}", external_id=f"long-{number}",
                    created_at=start + timedelta(seconds=10 * number), sent_at=start + timedelta(seconds=10 * number))
            for number in range(THREAD)
        ],
        batch_size=1000,
    )  # fmt: skip
    QuickReply.objects.bulk_create(
        [
            QuickReply(owner=agent, title=f"Respuesta {number}", shortcut=f"respuesta-{number}",
                       text=f"Hola {{nombre}}, {crowd.SAID[number % 3]}")
            for number in range(REPLIES)
        ]
    )  # fmt: skip
    client = Client()
    client.force_login(agent)
    return client.cookies["sessionid"].value, chosen.trays[1], held.pk


def _measure(desk: Desk, tray: int, held: int, rounds: int) -> list[dict[str, Any]]:
    got: dict[str, list[float]] = {}
    lines = _measure_chat(desk, held, rounds, got)
    _measure_tray(desk, tray, rounds, got)
    return [{"what": what, "ms": ms, "p50_ms": median(ms), "lines": lines} for what, ms in got.items()]


def _measure_chat(desk: Desk, held: int, rounds: int, got: dict[str, list[float]]) -> int:
    page, lines = desk.page, 0
    pane = f"#pane-{held}"
    desk.go("/chat/?paneles=2")
    desk.go(f"/chat/{held}/")
    _read_back(desk, held)
    for number in range(rounds):
        lines = page.locator(f"#log-{held} > li").count()
        text = f"Sí, sale hoy por la tarde. {number}"
        page.locator(f"{pane} textarea").fill(text)
        sent = f"document.querySelector('#log-{held}').lastElementChild.textContent.includes({text!r})"
        got.setdefault("send", []).append(desk.time_paint("Enter", sent))
    other = "document.activeElement?.closest('.wa-pane')?.dataset.slot === '{}'"
    for number in range(rounds):
        slot = (number + 1) % 2
        got.setdefault("pane", []).append(desk.time_paint(f"Alt+{slot + 1}", other.format(slot)))
    box = page.locator(f"{pane} textarea")
    for number in range(rounds):
        box.fill("")
        box.press_sequentially("/")
        page.locator(f"{pane} .wa-opt").first.wait_for()
        key = str(number % 10)
        shown = f"document.querySelector('{pane} .wa-opt mark')?.textContent.includes('{key}')"
        got.setdefault("replies", []).append(desk.time_paint(key, shown))
    return lines


def _read_back(desk: Desk, held: int) -> None:
    """As one who has scrolled up to the beginning of the thread, and came down again."""
    lines, pane = desk.page.locator(f"#log-{held} > li"), desk.page.locator(f"#pane-{held}")
    # older ones come by themselves as it is scrolled
    while pane.locator(f"#older-{held} a").count():
        before = lines.count()
        pane.locator(".wa-log").evaluate("(log) => log.scrollTo(0, -log.scrollHeight)")
        desk.page.wait_for_function(
            "([id, before]) => document.querySelectorAll(`#log-${id} > li`).length !== before", arg=[held, before]
        )
    pane.locator("[data-to-end]").click()
    desk.page.wait_for_load_state("networkidle")


def _measure_tray(desk: Desk, tray: int, rounds: int, got: dict[str, list[float]]) -> None:
    for number in range(rounds):
        desk.go(f"/bandejas/{tray}/")
        row = desk.page.locator(".wa-rows .wa-row").nth(number + 1)
        row.focus()
        got.setdefault("preview", []).append(desk.time_paint("Enter", "document.querySelector('#preview .wa-msg')"))
        taken = "document.activeElement?.matches('.wa-pane.is-active textarea')"
        got.setdefault("take", []).append(desk.time_paint("t", taken))
