"""An answer never leaves past something that its agent has not seen."""

import pytest
from playwright.sync_api import expect

from chats.messages import replies
from chats.models import Message
from tests import people
from tests.browser.desk import LIVE, has_seen, line_is_open, lines, tray_of, write
from tests.browser.test_agent_notices import FAKES, hide


@pytest.fixture
def line(site):
    return people.http_origin()


@pytest.fixture
def chat(line, team):
    chat = people.held(line, team["ana"], tray_of("Ventas"), name="Marta Gómez", sender="c-1")
    for number in range(40):
        people.says(line, "c-1", f"renglón {number}")
    return chat


def open_chat(page, site, chat):
    page.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(page)


def log_of(page, chat):
    return page.locator(f".wa-log[data-log='{chat.pk}']")


def scroll(page, chat, to):
    log_of(page, chat).evaluate("(log, to) => { log.scrollTop = to }", to)


def newest(chat):
    return Message.objects.filter(chat=chat).order_by("id").last()


def box_of(page):
    return page.get_by_role("alert").filter(has_text="leelo antes de enviar")


def is_held(page, chat, text):
    expect(box_of(page)).to_contain_text("Llegó algo nuevo", timeout=LIVE)
    expect(page.get_by_role("textbox", name="Mensaje")).to_have_value(text)
    expect(page.locator("#toasts .toast")).to_have_count(0)
    expect(page.locator(".is-pending")).to_have_count(0)
    assert not chat.messages.filter(text=text).exists()


def test_what_came_below_while_one_reads_above_holds_the_answer_until_it_is_seen(site, enter, line, chat, until):
    ana = enter("ana")
    open_chat(ana, site, chat)
    scroll(ana, chat, -600)
    people.says(line, "c-1", "mejor cancelalo")
    expect(lines(ana, "mejor cancelalo")).to_have_count(1, timeout=LIVE)
    ana.wait_for_timeout(1_500)
    write(ana, "Ya lo despacho")
    is_held(ana, chat, "Ya lo despacho")
    scroll(ana, chat, 0)
    until(ana, lambda: has_seen(ana, chat, chat.messages.get(text="mejor cancelalo")))
    ana.get_by_role("textbox", name="Mensaje").press("Enter")
    expect(lines(ana, "Ya lo despacho")).to_have_count(1, timeout=LIVE)


def test_what_came_while_nobody_looked_at_the_page_holds_the_answer(site, enter, line, chat, until):
    ana = enter("ana")
    ana.context.add_init_script(FAKES)
    open_chat(ana, site, chat)
    until(ana, lambda: has_seen(ana, chat, newest(chat)))
    hide(ana)
    people.says(line, "c-1", "mejor cancelalo")
    expect(lines(ana, "mejor cancelalo")).to_have_count(1, timeout=LIVE)
    ana.wait_for_timeout(1_500)
    write(ana, "Ya lo despacho")
    is_held(ana, chat, "Ya lo despacho")
    hide(ana, False)
    until(ana, lambda: has_seen(ana, chat, newest(chat)))
    ana.get_by_role("textbox", name="Mensaje").press("Enter")
    expect(lines(ana, "Ya lo despacho")).to_have_count(1, timeout=LIVE)


def test_what_a_chat_is_opened_with_has_been_seen(site, enter, line, chat):
    """Though its newest words of the customer are far above, or older than the page is long."""
    ana = enter("ana")
    for number in range(60):
        Message.objects.create(
            chat=chat, origin=line, direction="out", author="bot", text=f"aviso {number}", status="sent"
        )
        if number not in (20, 59):
            continue
        open_chat(ana, site, chat)
        write(ana, f"Seguimos {number}")
        expect(lines(ana, f"Seguimos {number}")).to_have_count(1, timeout=LIVE)


def test_a_note_that_another_left_meanwhile_holds_the_answer_and_one_s_own_does_not(
    site, enter, line, chat, team, until
):
    ana = enter("ana")
    open_chat(ana, site, chat)
    until(ana, lambda: has_seen(ana, chat, newest(chat)))
    scroll(ana, chat, -600)
    replies.write_note(chat.pk, team["ana"], "llamar antes")
    expect(lines(ana, "llamar antes")).to_have_count(1, timeout=LIVE)
    scroll(ana, chat, -600)
    write(ana, "Buen día")
    expect(lines(ana, "Buen día")).to_have_count(1, timeout=LIVE)
    scroll(ana, chat, -600)
    replies.write_note(chat.pk, team["sofia"], "ojo: ya pagó")
    expect(lines(ana, "ojo: ya pagó")).to_have_count(1, timeout=LIVE)
    write(ana, "Son $ 900")
    is_held(ana, chat, "Son $ 900")
    expect(box_of(ana)).to_contain_text("Nota interna de Sofía")


def holds_at_once(page, site, line, chat, until):
    """Somebody reads above and answers while something comes."""
    open_chat(page, site, chat)
    until(page, lambda: has_seen(page, chat, newest(chat)))
    scroll(page, chat, -600)
    people.says(line, "c-1", "No, mejor el <martes>")
    expect(lines(page, "No, mejor el <martes>")).to_have_count(1, timeout=LIVE)
    write(page, "Va el lunes")
    is_held(page, chat, "Va el lunes")
    expect(box_of(page)).to_contain_text("Marta Gómez")
    expect(box_of(page)).to_contain_text("No, mejor el <martes>")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
def test_the_box_says_what_came_and_leads_to_it(theme, width, site, enter, line, chat, until, axe_finds):
    ana = enter("ana", theme=theme, width=width, height=844)
    holds_at_once(ana, site, line, chat, until)
    assert axe_finds(ana) == []
    assert ana.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # a pane that comes anew leaves it there
    ana.evaluate("import('inbox/refresh.js').then((it) => it.refreshPart(document.querySelector('.wa-pane')))")
    is_held(ana, chat, "Va el lunes")
    box_of(ana).get_by_role("link", name="Ir al mensaje").click()
    message = lines(ana, "No, mejor el <martes>")
    expect(message).to_be_in_viewport()
    expect(message).to_be_focused()
    until(ana, lambda: has_seen(ana, chat, newest(chat)))
    # seen: writing on, it goes
    ana.get_by_role("textbox", name="Mensaje").focus()
    expect(box_of(ana)).to_have_count(0)
    ana.keyboard.press("Enter")
    expect(lines(ana, "Va el lunes")).to_have_count(1, timeout=LIVE)


@pytest.mark.parametrize("by", ["mouse", "key"])
def test_enter_does_not_get_past_it_and_send_anyway_does(by, site, enter, line, chat, until):
    ana = enter("ana")
    holds_at_once(ana, site, line, chat, until)
    ana.keyboard.press("Enter")
    is_held(ana, chat, "Va el lunes")
    if by == "mouse":
        box_of(ana).get_by_role("button", name="Enviar igual").click()
    else:
        ana.keyboard.press("Control+Enter")
    expect(lines(ana, "Va el lunes")).to_have_count(1, timeout=LIVE)
    expect(box_of(ana)).to_have_count(0)
    expect(ana.get_by_role("textbox", name="Mensaje")).to_be_focused()
    assert chat.messages.filter(text="Va el lunes").count() == 1


def test_to_send_anyway_is_said_of_what_the_box_shows_and_not_of_what_comes_after(site, enter, line, chat, until):
    ana = enter("ana")
    holds_at_once(ana, site, line, chat, until)
    people.says(line, "c-1", "o el miércoles")
    expect(lines(ana, "o el miércoles")).to_have_count(1, timeout=LIVE)
    ana.keyboard.press("Control+Enter")
    expect(box_of(ana)).to_contain_text("o el miércoles", timeout=LIVE)
    is_held(ana, chat, "Va el lunes")
    ana.keyboard.press("Control+Enter")
    expect(lines(ana, "Va el lunes")).to_have_count(1, timeout=LIVE)


def test_a_file_waits_with_its_words(site, enter, line, chat, until):
    ana = enter("ana")
    open_chat(ana, site, chat)
    until(ana, lambda: has_seen(ana, chat, newest(chat)))
    scroll(ana, chat, -600)
    people.says(line, "c-1", "sin foto, por favor")
    expect(lines(ana, "sin foto, por favor")).to_have_count(1, timeout=LIVE)
    ana.locator("input[name=files]").set_input_files(
        {"name": "nota.txt", "mimeType": "text/plain", "buffer": b"uno, dos"}
    )
    expect(ana.locator("[data-file-name]")).to_contain_text("nota.txt")
    write(ana, "Va la nota")
    is_held(ana, chat, "Va la nota")
    expect(ana.locator("[data-file-name]")).to_contain_text("nota.txt")
    box_of(ana).get_by_role("button", name="Enviar igual").click()
    expect(lines(ana, "nota.txt")).to_have_count(1, timeout=LIVE)
    expect(lines(ana, "Va la nota")).to_have_count(1, timeout=LIVE)
    expect(box_of(ana)).to_have_count(0)
