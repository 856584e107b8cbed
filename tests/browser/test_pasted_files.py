"""Files and words that are pasted, dropped and composed, by agents and by visitors."""

import json

import pytest
from playwright.sync_api import expect

from chats.models import Message
from tests import people
from tests.browser.customers import answers
from tests.browser.desk import LIVE, line_is_open

# what a browser gets when cells are copied, and when files are
PASTE = """([target, files, text]) => {
  const data = new DataTransfer()
  for (const [name, type, body] of files) data.items.add(new File([body], name, { type }))
  if (text) {
    data.setData("text/plain", text)
    data.setData("text/html", `<table><td>${text}</td></table>`)
  }
  const field = document.querySelector(target)
  field.focus()
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
  return field.dispatchEvent(event)
}"""
DROP = """([target, files]) => {
  const data = new DataTransfer()
  for (const [name, type, body] of files) data.items.add(new File([body], name, { type }))
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true })
    document.querySelector(target).dispatchEvent(event)
  }
}"""
ASK_FOR_PANE = "import('inbox/refresh.js').then((it) => it.refreshPart(document.querySelector('[data-feed]')))"
CELLS = [["image.png", "image/png", "pixels"]]
THREE = [["uno.txt", "text/plain", "1"], ["dos.txt", "text/plain", "22"], ["tres.txt", "text/plain", "333"]]


@pytest.fixture
def desk(team, enter, site):
    """ana's page and composer, and the chat in it."""
    chat = people.held(people.http_origin(), team["ana"], sender="c-1")
    page = enter("ana")
    page.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(page)
    return page, chat


def sent(chat):
    """(text, file) of each message that went out, in order."""
    rows = chat.messages.filter(direction="out").order_by("id")
    return [(one.text, ", ".join(file.name for file in one.attachments.all())) for one in rows]


def test_cells_of_a_spreadsheet_are_pasted_as_text(desk):
    page, _chat = desk
    # the browser pastes: nobody has taken the event
    assert page.evaluate(PASTE, ["textarea", CELLS, "Precio\t1200"]) is True
    expect(page.locator(".wa-file")).to_have_count(0)
    assert page.evaluate(PASTE, ["textarea", CELLS, ""]) is False
    expect(page.locator(".wa-file")).to_have_count(1)
    # a file manager names what it copies
    assert page.evaluate(PASTE, ["textarea", THREE[:1], "uno.txt"]) is False
    expect(page.locator(".wa-file")).to_have_count(2)


def test_several_files_leave_in_order_with_the_text_at_the_first(desk):
    page, chat = desk
    page.evaluate(PASTE, ["textarea", THREE[:1], ""])
    page.evaluate(DROP, [".wa-pane.is-active", THREE[1:]])
    expect(page.locator(".wa-file")).to_have_count(3)
    page.locator("textarea").first.fill("Van los tres")
    page.locator("textarea").first.press("Enter")
    expect(page.locator(".wa-msg.is-out")).to_have_count(3, timeout=LIVE)
    expect(page.locator(".wa-file")).to_have_count(0)
    assert sent(chat) == [("Van los tres", "uno.txt"), ("", "dos.txt"), ("", "tres.txt")]
    expect(page.locator("textarea").first).to_have_value("")
    expect(page.locator("textarea").first).to_be_focused()


def test_what_is_refused_is_said_and_the_others_go(desk):
    page, chat = desk
    page.locator("input[type=file]").first.set_input_files(
        [
            {"name": "vacio.txt", "mimeType": "text/plain", "buffer": b""},
            {"name": "grande.bin", "mimeType": "application/pdf", "buffer": b"x" * (10 * 1024 * 1024 + 1)},
            {"name": "uno.txt", "mimeType": "text/plain", "buffer": b"1"},
            {"name": "dos.txt", "mimeType": "text/plain", "buffer": b"2"},
        ]
    )
    expect(page.locator("#toasts")).to_contain_text("El archivo está vacío")
    expect(page.locator("#toasts")).to_contain_text("El archivo pesa más de 10 MB")
    expect(page.locator(".wa-file")).to_have_count(2)
    # the first is refused by the server: it stays, with the reason, and its text goes with the next
    trigger = json.dumps({"toast": {"level": "error", "title": "Ese no", "text": ""}})
    page.route("**/reply/", lambda route: route.fulfill(status=422, headers={"HX-Trigger": trigger}), times=1)
    page.locator("textarea").first.fill("Ahí va")
    page.get_by_role("button", name="Enviar", exact=True).click()
    expect(page.locator(".wa-msg.is-out")).to_have_count(1, timeout=LIVE)
    assert sent(chat) == [("Ahí va", "dos.txt")]
    expect(page.locator(".wa-file.is-bad")).to_contain_text("Ese no")
    page.get_by_role("button", name="Quitar: uno.txt").click()
    expect(page.locator(".wa-file")).to_have_count(0)


def test_a_file_shows_its_progress_and_one_that_did_not_get_through_is_sent_once(desk):
    page, chat = desk
    held = []
    page.route("**/reply/", lambda route: held.append(route))
    page.evaluate(PASTE, ["textarea", THREE[:2], ""])
    page.locator("textarea").first.fill("Dos")
    page.locator("textarea").first.press("Enter")
    expect(page.locator(".wa-file progress")).to_have_count(1)
    # what is written meanwhile follows them
    page.locator("textarea").first.fill("y después esto")
    page.locator("textarea").first.press("Enter")
    held[0].abort()
    expect(page.locator("#toasts")).to_contain_text("No salió. Volvé a enviarlo")
    page.unroute_all()
    expect(page.locator(".wa-file")).to_have_count(2)
    assert sent(chat) == []
    box = page.locator("textarea").first
    assert "Dos" in box.input_value()
    assert "y después esto" in box.input_value()
    box.fill("Dos")
    box.press("Enter")
    expect(page.locator(".wa-msg.is-out")).to_have_count(2, timeout=LIVE)
    assert sent(chat) == [("Dos", "uno.txt"), ("", "dos.txt")]


COMPOSE = """([target, how]) => {
  const field = document.querySelector(target)
  field.focus()
  const key = (more) => field.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true, cancelable: true, ...more }))
  if (how === "composing") key({ isComposing: true })
  if (how === "229") key({ keyCode: 229 })
  if (how === "safari") {
    field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }))
    key({ keyCode: 13 })
  }
}"""


@pytest.mark.parametrize("how", ["composing", "229", "safari"])
def test_enter_that_ends_a_word_sends_nothing(how, desk):
    page, chat = desk
    box = page.locator("textarea").first
    box.fill("日本")
    page.evaluate(COMPOSE, ["textarea", how])
    page.wait_for_timeout(300)
    expect(box).to_have_value("日本")
    # nor does it send the chat away
    page.locator("summary", has_text="Enviar a…").first.click()
    page.get_by_label("Buscar bandeja").fill("sop")
    page.evaluate(COMPOSE, ["[data-filter]", how])
    page.wait_for_timeout(300)
    assert people.fresh(chat).state == "AGENTE"
    page.keyboard.press("Escape")
    box.press("Enter")
    expect(page.locator(".wa-msg.is-out")).to_contain_text("日本", timeout=LIVE)


def test_a_visitor_sends_several_files_in_order(attended, until):
    panel = next(frame for frame in attended.page.frames[1:] if "/w/" in frame.url)
    assert panel.evaluate(PASTE, ["#text", CELLS, "Precio\t1200"]) is True
    panel.evaluate(DROP, [".w-log", THREE])
    expect(attended.panel.locator(".w-chip")).to_have_count(3)
    attended.panel.get_by_role("button", name="Quitar el archivo: dos.txt").click()
    for how in ("composing", "229", "safari"):
        panel.evaluate(COMPOSE, ["#text", how])
    expect(attended.panel.locator(".w-chip")).to_have_count(2)
    attended.text.fill("Los míos, de https://tienda.example/lista")
    attended.text.press("Enter")
    until(attended.page, lambda: Message.objects.filter(attachments__name="tres.txt").exists())
    rows = attended.chat.messages.filter(direction="in", attachments__isnull=False).order_by("id")
    assert [(one.text[:9], one.attachments.get().name) for one in rows] == [("Los míos,", "uno.txt"), ("", "tres.txt")]
    link = attended.log.get_by_role("link", name="https://tienda.example/lista")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_a_visitor_reads_where_a_link_leads(attended, ana):
    answers(attended, ana, "https://аррӏе.com/x javascript:alert(1) https://banco.example@otro.example")
    expect(attended.log.get_by_role("link", name="https://xn--80ak6aa92e.com/x")).to_be_visible()
    expect(attended.log.get_by_role("link")).to_have_count(1)


def test_more_files_are_added_at_the_tile_beside_those_that_wait(desk, axe_finds):
    page, _chat = desk
    more, files = page.get_by_role("button", name="Agregar, o soltá acá"), page.locator(".wa-file")
    expect(more).to_have_count(0)
    page.evaluate(PASTE, ["textarea", THREE[:1], ""])
    expect(more).to_be_visible()
    with page.expect_file_chooser(timeout=15_000) as chooser:
        more.press("Enter")
    chooser.value.set_files([{"name": "dos.txt", "mimeType": "text/plain", "buffer": b"22"}])
    expect(files).to_have_count(2)
    expect(more).to_be_focused()
    page.evaluate(DROP, [".wa-file-more", THREE[2:]])
    expect(files).to_contain_text(["uno.txt", "dos.txt", "tres.txt"])
    expect(page.locator("textarea")).to_be_focused()
    # the pane comes anew with all of it
    page.evaluate(ASK_FOR_PANE)
    expect(page.locator("[data-file-name] > *")).to_have_count(4)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        expect(more).to_be_visible()
        assert axe_finds(page) == []
        assert not page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    for left in (2, 1, 0):
        files.first.get_by_role("button").click()
        expect(files).to_have_count(left)
    expect(more).to_have_count(0)
    page.evaluate(PASTE, ["textarea", [[f"{n}.txt", "text/plain", "1"] for n in range(20)], ""])
    expect(files).to_have_count(20)
    # no more than so many go with a message
    expect(more).to_have_count(0)
