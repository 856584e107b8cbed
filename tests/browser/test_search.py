"""Buscar in a browser: asked while one types, filtered, opened in its thread, and back where one was."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chats.models import Message
from tests import people


@pytest.fixture
def said(team):
    """A long thread of Marta's with a fridge in the middle, and thirty others who speak of one; Caio's is not Ana's."""
    line, start = people.http_origin(), timezone.now() - timedelta(hours=20)
    marta = people.held(line, team["ana"], name="Marta Gómez", sender="marta", at=start)
    Message.objects.bulk_create(
        Message(chat=marta, origin=line, direction="in", author="customer", created_at=start + timedelta(minutes=number),
                text="La heladera no enfría" if number == 60 else f"línea {number}")
        for number in range(1, 121)
    )  # fmt: skip
    for number in range(30):
        people.waiting(line, name=f"Cliente {number:02}", text=f"Quiero una heladera, la {number}", sender=f"c-{number}",
                       at=start + timedelta(hours=3, minutes=number))  # fmt: skip
    people.held(line, team["caio"], name="Otro", text="heladera secreta", sender="otro")
    return Message.objects.get(text="La heladera no enfría")


def hits(page):
    return page.locator("[data-hits] .wa-hitrow")


def top_of(page):
    return page.locator("#hits").evaluate("(list) => list.scrollTop")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_whole_way_of_a_search(width, theme, site, team, said, enter, axe_finds):
    ana = enter("ana", width=width, height=844, theme=theme)
    ana.goto(f"{site.url}/chat/")
    ana.locator("body").press("f")
    ana.wait_for_url("**/buscar/")
    field = ana.get_by_role("searchbox", name="Buscar en contactos y mensajes")
    expect(field).to_be_focused()
    # what is typed is asked for without being sent, and the field is left alone
    field.press_sequentially("heladeras", delay=20)
    expect(hits(ana)).to_have_count(31)
    expect(ana).to_have_url(re.compile(r"/buscar/\?q=heladeras$"))
    expect(field).to_be_focused()
    expect(ana.locator("mark").first).to_have_text("heladera")
    expect(ana.get_by_text("secreta")).to_have_count(0)
    assert axe_finds(ana) == []
    assert ana.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    # down the list, into a message, and back to where one was
    wanted = hits(ana).filter(has_text="no enfría")
    wanted.scroll_into_view_if_needed()
    place = top_of(ana)
    assert place > 0
    wanted.click()
    found = ana.locator(".wa-msg.is-found")
    expect(found).to_contain_text("La heladera no enfría")
    expect(found).to_be_in_viewport()
    expect(ana.get_by_text("línea 59", exact=True)).to_be_visible()
    expect(ana).to_have_url(re.compile(rf"m={said.pk}$"))
    assert axe_finds(ana) == []
    ana.reload()
    expect(found).to_be_in_viewport()
    if width == 390:
        expect(hits(ana).first).to_be_hidden()
        ana.get_by_role("link", name="Volver a los resultados").click()
        expect(wanted).to_be_in_viewport()
        ana.go_back()
        expect(found).to_be_in_viewport()
        ana.go_back()
    else:
        expect(field).to_have_value("heladeras")
        ana.get_by_role("link", name="Abrir el chat").click()
        expect(ana.locator(".wa-pane.is-active")).to_be_visible()
        ana.go_back()
        expect(found).to_be_in_viewport()
        ana.go_back()
    expect(ana.locator("#preview")).to_have_count(0)
    expect(wanted).to_be_in_viewport()
    expect(field).to_have_value("heladeras")

    # a filter stands in the address as well
    ana.get_by_label("Agente que tiene el chat").select_option(label="Ana Ferreyra")
    expect(hits(ana)).to_have_count(1)
    ana.reload()
    expect(hits(ana)).to_have_count(1)
    ana.get_by_label("Quién lo escribió").select_option("notas")
    expect(ana.get_by_role("heading", name="Nada con “heladeras”")).to_be_visible()
    ana.get_by_role("link", name="Sacar los filtros").click()
    expect(hits(ana)).to_have_count(31)
    expect(ana.get_by_label("Quién lo escribió")).to_have_value("")


@pytest.mark.parametrize("width", [1440, 390])
def test_arrows_go_through_what_was_found_and_its_thread_follows_beside(width, site, team, said, enter):
    ana = enter("ana", width=width, height=844)
    ana.goto(f"{site.url}/buscar/")
    ana.goto(f"{site.url}/buscar/?q=heladeras")
    expect(hits(ana)).to_have_count(31)
    field, found = ana.locator("#find"), ana.locator(".wa-msg.is-found")
    field.press("ArrowDown")
    for index, text in enumerate(["la 29", "la 28", "la 27"]):
        expect(hits(ana).nth(index)).to_be_focused()
        if width == 1440:
            expect(found).to_contain_text(text)
            expect(hits(ana).nth(index)).to_have_attribute("aria-current", "true")
        ana.keyboard.press("ArrowDown")
    expect(hits(ana).nth(3)).to_be_focused()
    if width == 390:
        ana.wait_for_timeout(500)
        expect(found).to_have_count(0)
    else:
        expect(found).to_contain_text("la 26")
    for _ in range(4):
        ana.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    ana.go_back()
    expect(ana).to_have_url(re.compile(r"/buscar/(\?q=heladeras)?$"))
    expect(found).to_have_count(0)
