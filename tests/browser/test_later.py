"""Set aside with a key and brought back by another; an agent named in a note by the keyboard alone."""

import pytest
from playwright.sync_api import expect

from chats import access
from chats.models import Mention
from tests import people
from tests.browser.desk import LIVE, line_is_open
from trays.models import Tray


@pytest.fixture
def chat(site, team):
    access.give_access(Tray.objects.get(name="Ventas"), [team["ana"], team["bruno"]])
    return people.held(people.http_origin(), team["ana"], Tray.objects.get(name="Ventas"), name="Julieta Sosa")


def test_ana_snoozes_with_p_and_brings_it_back_with_z(site, enter, chat):
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    ana.locator(".wa-pane.is-active").focus()
    ana.keyboard.press("p")
    ana.get_by_role("button", name="mañana 9:00").click()
    expect(ana.locator("#undo")).to_contain_text("Pospuesto hasta mañana 9:00")
    tab = ana.locator(f"#tab-{chat.pk}")
    expect(tab).to_have_attribute("data-snoozed", "")
    expect(ana.locator("#tabs > [data-group=snoozed] b")).to_have_text("1")
    expect(ana.locator("#rail-unread")).to_have_text("")
    ana.keyboard.press("z")
    expect(tab).to_have_attribute("data-waits", "")
    expect(ana.locator(f"#log-{chat.pk}")).to_contain_text("lo trajo de vuelta")
    # an answer of the customer brings it back by itself, and the pane says so
    ana.locator(".wa-pane.is-active").focus()
    ana.keyboard.press("p")
    ana.get_by_role("button", name="mañana 9:00").click()
    expect(tab).to_have_attribute("data-snoozed", "")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    banner = ana.locator(f".snooze-{chat.pk}")
    expect(banner).to_contain_text("Pospuesto hasta")
    people.says(chat.origin, chat.contact.shown_address, "¿Seguís ahí?")
    expect(tab).to_have_attribute("data-waits", "", timeout=LIVE)
    expect(banner).to_be_empty(timeout=LIVE)


def test_ana_names_bruno_in_a_note_by_the_keyboard_and_learns_that_he_does_not_see_it(site, enter, team, chat):
    bruno = enter("bruno")
    line_is_open(bruno)
    ana = enter("ana")
    ana.goto(f"{site.url}/chat/{chat.pk}/")
    line_is_open(ana)
    box = ana.get_by_role("textbox", name="Mensaje")
    box.focus()
    box.press("Alt+i")
    box.press_sequentially("Ojo @bru")
    expect(ana.get_by_role("option", name="Bruno")).to_contain_text("no ve este chat")
    expect(box).to_have_attribute("aria-activedescendant", f"mentions-{chat.pk}-0")
    box.press("Enter")
    expect(box).to_have_value("Ojo @bruno ")
    expect(ana.get_by_role("option")).to_have_count(0)
    box.press("Enter")
    expect(ana.locator("#toasts")).to_contain_text("no ve este chat")
    expect(ana.locator(f"#log-{chat.pk} .wa-at")).to_have_text("@bruno")
    assert Mention.objects.get().agent == team["bruno"]
    # one notice on his open page, and no word of the note
    notice = bruno.locator("#toasts").get_by_text("te mencionó en el chat de Julieta Sosa")
    expect(notice).to_be_visible(timeout=LIVE)
    expect(bruno.locator("#toasts")).not_to_contain_text("Ojo")
