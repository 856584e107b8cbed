"""Supervisión, Bots and Líneas: figures for supervisors, of every tray and line, and no word of a chat."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats.messages import receipts
from common.errors import Failure
from origins.facts import Charge, Receipt
from reports import hourly, kinds
from tests import people
from tests.reports.test_line_figures import said
from tests.reports.test_reports_page import text_of

BOTS, LINES = "/supervision/bots/", "/supervision/lineas/"
SECRET = "la clave es zorzal"


@pytest.fixture
def now():
    return timezone.now() - timedelta(minutes=30)


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sweep():
    for kind in kinds.KINDS:
        hourly.sweep(kind)


def talk(origin, sender, now, *texts):
    for text in texts:
        people.says(origin, sender, text, at=now, now=now)


@pytest.mark.parametrize("address", [BOTS, LINES])
def test_they_are_for_supervisors(address, client, ana, sofia):
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code == 403
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code == 200
    assert f'href="{address}"' in client.get("/supervision/").content.decode()


def test_bots_shows_each_option_with_what_became_of_who_came_to_it(as_sofia, http_origin, soporte, now):
    order = people.option("Mi pedido", options=[people.option("Que me atiendan", soporte)])
    bot = people.with_bot(http_origin, options=[order, people.option("Soporte", soporte)])
    talk(http_origin, "marta", now, "hola", "mi pedido", "que me atiendan", SECRET)
    talk(http_origin, "rosa", now, "hola", "quiero hablar con una persona")
    sweep()
    response = as_sofia.get(f"{BOTS}?bot={bot.pk}&periodo=7")
    places = {place.label: place for place in response.context["report"].places}
    assert list(places) == ["Menú principal", "Mi pedido", "Que me atiendan", "Soporte"]
    assert [place.level for place in places.values()] == [0, 1, 2, 1]
    assert (places["Menú principal"].on, places["Menú principal"].person) == (1, 1)
    # of a tray that sofia has no access to the figure is shown
    assert places["Que me atiendan"].trays == "Soporte 1"
    words = text_of(response)
    assert "Que me atiendan" in words
    assert "zorzal" not in response.content.decode()


def test_an_option_that_is_no_more_stands_under_its_last_name(as_sofia, http_origin, ventas, now):
    bot = people.with_bot(http_origin, options=[people.option("Ofertas", ventas)])
    talk(http_origin, "marta", now, "hola", "ofertas")
    people.publish(bot, options=[people.option("Ventas", ventas)])
    sweep()
    places = as_sofia.get(BOTS).context["report"].places
    assert [(place.label, place.is_gone) for place in places] == [
        ("Menú principal", False), ("Ventas", False), ("Ofertas", True),
    ]  # fmt: skip


def test_a_bot_of_ones_own_has_no_way_that_we_know(as_sofia, db):
    bot = people.with_bot(people.http_origin(), name="El nuestro", kind="webhook")
    assert "El nuestro es un bot propio" in text_of(as_sofia.get(f"{BOTS}?bot={bot.pk}"))


def test_lines_says_why_messages_failed_and_what_is_charged(as_sofia, ana, now):
    line = _whatsapp()
    one, other = said(line, ana, now), said(line, ana, now)
    receipts.apply_receipt(line, Receipt(str(one.uuid), "failed", "x", failure=Failure.FINAL, code="131049", at=now))
    receipts.apply_receipt(line, Receipt(str(other.uuid), "sent", charge=Charge("marketing", "regular"), at=now))
    sweep()
    response = as_sofia.get(f"{LINES}?linea={line.pk}")
    report, words = response.context["report"], text_of(response)
    assert [(one.code, one.n) for one in report.reasons] == [("131049", 1)]
    assert "Meta no entrega más promociones" in words
    assert [(one.words, one.charged) for one in report.categories] == [("Promoción (marketing)", 1)]
    assert report.total.share == "50,0 %"
    assert as_sofia.get(f"{LINES}?linea=999999999").context["report"].shown is None


def _whatsapp():
    from origins.models import Origin

    return Origin.objects.create(kind="whatsapp", name="WhatsApp Norte", key="wa-1", line_id="1", access_token="x")


@pytest.mark.parametrize("bad", ["?periodo=nunca", "?desde=2026-02-31&hasta=x", "?desde=2020-01-01&hasta=2026-01-01"])
@pytest.mark.parametrize("address", [BOTS, LINES])
def test_what_is_no_period_is_said(address, bad, as_sofia):
    assert as_sofia.get(f"{address}{bad}").status_code == 400
    for odd in ("?bot=abc&linea=-1", "?bot=99999999999999999999&linea=%00"):
        assert as_sofia.get(f"{address}{odd}").status_code == 200


@pytest.mark.parametrize("address", [BOTS, LINES])
def test_pages_cost_the_same_queries_with_one_and_with_many(address, as_sofia, ventas, ana, now):
    def queries():
        sweep()
        with CaptureQueriesContext(connection) as seen:
            assert as_sofia.get(address).status_code == 200
        return len(seen)

    line = people.http_origin()
    bot = people.with_bot(line, options=[people.option(f"Opción {n}", ventas) for n in range(30)])
    talk(line, "marta", now, "hola", "opción 1")
    as_sofia.get(address)  # a first page is told what is new
    few = queries()
    for number in range(2, 30):
        talk(line, f"cliente-{number}", now, "hola", f"opción {number}")
        people.http_origin()
    assert bot.pk
    assert queries() == few
