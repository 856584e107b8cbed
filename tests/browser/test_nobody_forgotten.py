"""A tray that gives its chats by itself and takes back who is forgotten: two agents at their pages, and a customer."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from chats import assigning, forgotten
from chats.models import Reminder
from tests import people
from tests.browser.desk import LIVE, line_is_open, lines, open_tray, rows, tray_of
from trays.models import Agent, LastSeen, Tray


def test_who_writes_comes_to_who_has_room_is_reminded_of_and_goes_back(site, team, enter, until):
    line, ventas = people.http_origin(), tray_of("Ventas")
    Tray.objects.filter(pk=ventas.pk).update(assigning=Tray.Assigning.TURNS, remind_after=10, return_after=30)
    Agent.objects.filter(pk=team["bruno"].pk).update(capacity=1)
    people.held(line, team["bruno"], tray_of("General"), name="Tomás Rey", sender="tomas")
    ana, bruno = enter("ana"), enter("bruno")
    ana.goto(f"{site.url}/chat/")
    line_is_open(ana)
    open_tray(bruno, site, "Ventas")
    until(ana, lambda: LastSeen.objects.filter(agent__in=[team["ana"], team["bruno"]]).count() == 2)

    chat = people.waiting(line, ventas, name="Marta Gómez", sender="marta", text="¿Hay stock?")
    expect(rows(bruno).filter(has_text="Marta Gómez")).to_be_visible(timeout=LIVE)
    # Bruno has as many as he may: by hand he gets no more either, and the tray gives it to Ana
    bruno.locator("body").press("j")
    bruno.keyboard.press("t")
    expect(bruno.get_by_text("Ya atendés 1, tu máximo").first).to_be_visible()
    assert assigning.assign_waiting() == 1
    tab = ana.locator(f"#tab-{chat.pk}")
    expect(tab).to_contain_text("Marta Gómez", timeout=LIVE)
    expect(rows(bruno).filter(has_text="Marta Gómez")).to_have_count(0, timeout=LIVE)
    tab.click()
    expect(lines(ana, "¿Hay stock?")).to_be_visible()

    now = timezone.now()
    assert forgotten.tend_held(now=now + timedelta(minutes=11)) == (1, 0)
    expect(ana.locator("#toasts")).to_contain_text("Marta Gómez", timeout=LIVE)
    assert Reminder.objects.get(chat=chat).text.startswith("Espera tu respuesta hace 1")
    assert forgotten.tend_held(now=now + timedelta(minutes=32)) == (0, 1)
    expect(tab).to_have_count(0, timeout=LIVE)
    back = rows(bruno).filter(has_text="Marta Gómez")
    expect(back).to_be_visible(timeout=LIVE)
    back.locator(".wa-row").click()
    expect(bruno.locator("#preview")).to_contain_text("30 min sin respuesta")
    # neither who forgot it nor who has no room gets it
    assert assigning.assign_waiting() == 0
