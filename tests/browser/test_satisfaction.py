"""How it was: asked in the web chat after a close, answered with a button, read on the card and in Informes."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from chats import moves
from chats.messages import surveys
from chats.models import Survey
from reports import rollup
from tests import people
from tests.browser.customers import answers


def test_belen_says_how_it_was_and_stays_where_she_is(
    site, attended, ventas, ana, enter, axe_finds, monkeypatch, new_page
):
    monkeypatch.setattr(surveys, "ASK_AFTER", timedelta(0))
    ventas.asks_score = True
    ventas.save(update_fields=["asks_score"])
    answers(attended, ana, "Te lo mando hoy")
    expect(attended.bubble("Te lo mando hoy")).to_be_visible()
    moves.close(attended.chat.pk, ana)
    assert surveys.ask_due() == 1
    expect(attended.bubble("¿Cómo te atendimos?")).to_be_visible()
    scores = attended.panel.get_by_role("group", name="Opciones").last.get_by_role("button")
    expect(scores).to_have_count(5)
    scores.first.click()
    expect(attended.bubble("Gracias")).to_be_visible()
    for score in scores.all():
        expect(score).to_be_disabled()
    assert Survey.objects.get().score == 5
    chat = attended.chat
    assert (chat.state, chat.tray.kind, chat.unread) == ("BANDEJA", "closed", 0)
    # the customer's page, come again
    attended.page.reload()
    attended.opens()
    expect(attended.bubble("Gracias")).to_be_visible()

    desk = enter("ana")
    desk.goto(f"{site.url}/contactos/{chat.contact_id}/")
    expect(desk.get_by_text("Satisfacción: 5 de 5")).to_be_visible()
    expect(desk.locator("dt").filter(has_text="Satisfacción")).to_be_visible()
    assert axe_finds(desk) == []

    rollup.roll_up(rollup.begin_of_hour(timezone.now()))
    people.hire("sofia", first_name="Sofía", role="supervisor")
    board = enter("sofia")
    board.goto(f"{site.url}/supervision/informes/?por=bandeja&periodo=hoy")
    expect(board.get_by_role("row").filter(has_text="Ventas")).to_contain_text(re.compile("5,0"))
