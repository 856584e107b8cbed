"""Informes: figures of a period for supervisors, and the chats behind them for who may see those."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chats import access, moves
from chats.messages import replies, surveys
from chats.models import Survey
from contacts import card
from contacts.models import Tag
from contacts.place import Place, Viewer, may_see
from reports import behind, reading, rollup
from reports.behind import Cell
from reports.events import MEASURES
from reports.periods import BadPeriod, Period, named_period, read_period
from tests import people
from trays.models import Tray

TEN = datetime(2026, 11, 3, 10, 0, tzinfo=ZoneInfo("America/Montevideo"))
DAY = TEN.date()
ADDRESS = "/supervision/informes/"
OF_DAY = f"{ADDRESS}?desde={DAY}&hasta={DAY}"


def at(minute, hour=10):
    return TEN.replace(hour=hour, minute=minute)


def attended(origin, agent, where=None, *, minute=0, hour=10, **fields):
    """A chat that came, waited five minutes, was answered in one and closed after ten more."""
    chat = people.waiting(origin, where, at=at(minute, hour), **fields)
    moves.take(chat.pk, agent, at=at(minute + 5, hour))
    replies.send_reply(chat.pk, agent, "Buenas", now=at(minute + 6, hour))
    moves.close(chat.pk, agent, at=at(minute + 16, hour))
    return chat


@pytest.fixture
def as_sofia(client, sofia):
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(response):
    words = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", words)


def test_informes_is_for_supervisors(client, ana, sofia):
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(ADDRESS).status_code == 403
    client.force_login(sofia, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(ADDRESS)
    assert response.status_code == 200
    assert "Todavía no se contó nada" in text_of(response)
    assert 'href="/supervision/informes/"' in client.get("/supervision/").content.decode()


@pytest.mark.parametrize("group", reading.GROUPS)
def test_each_grouping_has_a_line_for_what_happened_and_its_total(group, as_sofia, http_origin, ventas, ana):
    attended(http_origin, ana)
    rollup.sweep()
    response = as_sofia.get(f"{OF_DAY}&por={group}")
    lines = {line.row.label: line for line in response.context["lines"]}
    name = {
        "hora": "10 h",
        "dia": "mar 3 nov",
        "bandeja": "General",
        "agente": "Ana Ferreyra",
        "etiqueta": "Sin etiqueta",
    }
    cells = [cell.words for cell in lines[name.get(group, http_origin.name)].cells]
    assert cells == [cell.words for cell in response.context["total"].cells]
    assert "1" in cells
    assert "11 min" in cells  # attended
    assert all(cell.url or cell.words in ("0", "sin datos") for line in lines.values() for cell in line.cells)
    words = text_of(response)
    assert "Contado hasta las" in words
    assert "3 de noviembre" in words or f'value="{DAY}"' in response.content.decode()


def test_what_takes_time_is_said_as_half_and_nine_of_ten(as_sofia, http_origin, ana):
    for hour in range(9):
        attended(http_origin, ana, hour=9 + hour)
    rollup.sweep()
    total = reading.read_total(Period(DAY, DAY))
    # all waited five minutes: the class from 270 to 300 seconds ends there
    half, nine = total.half("taken").total_seconds(), total.nine_of_ten("taken").total_seconds()
    assert 300 <= half < nine <= 360
    assert total.seconds["taken"] == 9 * 300


def test_a_day_is_compared_with_the_day_before(as_sofia, http_origin, ana):
    for _number in range(10):
        people.waiting(http_origin, at=TEN - timedelta(days=1))
    for _number in range(15):
        people.waiting(http_origin, at=TEN)
    rollup.sweep()
    words = text_of(as_sofia.get(OF_DAY))
    assert "50 % más que el día anterior" in words
    # of nobody, or of a few, no share is said
    assert "sin datos para comparar" in text_of(as_sofia.get(f"{ADDRESS}?desde=2026-11-02&hasta=2026-11-02"))


def test_every_cell_opens_as_many_chats_as_it_counts(as_sofia, http_origin, sofia, ana):
    for number in range(3):
        attended(http_origin, ana, minute=number)
    chat = people.waiting(http_origin, at=at(1, 12))
    for word in ("VIP", "Mayorista"):
        card.give_tag(chat.contact_id, ana, Tag.objects.create(word=word), at=at(0, 12))
    rollup.sweep()
    for group in reading.GROUPS:
        response = as_sofia.get(f"{OF_DAY}&por={group}")
        cells = [cell for line in [*response.context["lines"], response.context["total"]] for cell in line.cells]
        opened = [cell for cell in cells if cell.url]
        assert opened
        for cell in opened:
            shown = as_sofia.get(ADDRESS + cell.url)
            page = shown.context["behind"]
            assert len(page.happenings) == page.number
            if not cell.is_time:
                assert page.number == int(cell.words)
            assert 'aria-current="true">' in shown.content.decode()


def test_who_sees_fewer_chats_than_the_figure_counts_is_told_so(as_sofia, http_origin, sofia, ventas, caio):
    people.waiting(http_origin, ventas, at=at(0), name="Marta Gómez", text="mi clave secreta")
    people.waiting(http_origin, at=at(1), name="Rosa Galván")
    rollup.sweep()
    answer = as_sofia.get(f"{OF_DAY}&por=bandeja&de=&que=handed_over")
    words = text_of(answer)
    assert "2 chats" in words
    assert "Rosa Galván" in words
    assert "Marta" not in words
    assert "no los chats" in words
    assert "secreta" not in answer.content.decode()
    access.give_access(ventas, [sofia])
    assert "Marta Gómez" in text_of(as_sofia.get(f"{OF_DAY}&por=bandeja&de=&que=handed_over"))


@pytest.mark.parametrize("who", ["sofia", "dora"])
def test_the_chats_behind_a_figure_are_those_that_may_be_seen(who, http_origin, ventas, soporte, ana, caio, request):
    agent = request.getfixturevalue(who)
    chats = [people.waiting(http_origin, where, at=at(0)) for where in (None, ventas, soporte, ana.personal_tray)]
    chats += [people.held(http_origin, ana, at=at(0)), people.held(http_origin, caio, soporte, at=at(0))]
    closed, tag = attended(http_origin, ana), Tag.objects.create(word="VIP")
    for chat in [*chats, closed]:
        card.give_tag(chat.contact_id, agent, tag, at=at(0, 9))
    rollup.sweep()
    page = behind.read_behind(Cell("dia", "", "handed_over", Period(DAY, DAY)), agent)
    of_tag = behind.read_behind(Cell("etiqueta", str(tag.pk), "handed_over", Period(DAY, DAY)), agent)
    assert (of_tag.happenings, of_tag.hidden) == (page.happenings, page.hidden)
    seen = {one.chat.pk for one in page.happenings}
    expected = {chat.pk for chat in map(people.fresh, chats) if may_see(Viewer.of(agent), Place.of(chat))}
    assert expected <= seen
    assert len(seen) == len(expected) + 1  # and the closed one
    assert page.hidden == (len(seen) < len(chats) + 1)


def test_a_long_list_goes_on_page_by_page_and_each_chat_stands_once(sofia, http_origin, monkeypatch):
    monkeypatch.setattr(behind, "PAGE", 3)
    monkeypatch.setattr(behind, "MAX_READ", 2)
    pks = [people.waiting(http_origin, at=at(minute, hour)).pk for hour in (9, 11, 15) for minute in (0, 0, 7)]
    rollup.sweep()
    cell, seen, key = Cell("dia", DAY.isoformat(), "arrived", Period(DAY, DAY)), [], ""
    for _page in range(9):
        page = behind.read_behind(cell, sofia, key)
        seen += page.happenings
        key = page.more
        if not key:
            break
    assert [one.chat.pk for one in seen] == [pks[i] for i in (8, 7, 6, 5, 4, 3, 2, 1, 0)]
    assert [one.at for one in seen] == sorted((one.at for one in seen), reverse=True)


def test_figures_ask_as_often_for_many_trays_agents_and_chats_as_for_few(as_sofia, http_origin, ana):
    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            assert as_sofia.get(address).status_code == 200
        return len(queries)

    addresses = [f"{OF_DAY}&por={group}&de=&que=handed_over" for group in reading.GROUPS]
    attended(http_origin, ana)
    rollup.sweep()
    asked(addresses[0])
    few = [asked(address) for address in addresses]
    for number in range(4):
        Tag.objects.create(word=f"Etiqueta {number}")
        tray = people.tray(f"Bandeja {number}", people.hire(f"agent-{number}"))
        people.waiting(people.http_origin(), tray, at=at(number))
        attended(http_origin, ana, minute=number)
    rollup.sweep()
    assert [asked(address) for address in addresses] == few
    assert max(few) <= 20


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("periodo=siempre", "No hay un período"),
        ("desde=2026-11-03", "Elegí el primer día"),
        ("desde=2026-11-03&hasta=ayer", "Elegí el primer día"),
        ("desde=2026-11-03&hasta=2026-02-31", "Elegí el primer día"),
        ("desde=2026-11-03&hasta=2026-11-02", "termina antes"),
        ("desde=2001-11-03&hasta=2026-11-02", "más de dos años"),
        ("por=color", "no se agrupan así"),
        ("que=taken&por=color", "no se agrupan así"),
        ("que=words", "No hay una cifra"),
        ("que=taken&por=agente&de=x", "No hay una cifra"),
        ("que=taken&por=agente&de=99999999999999999999", "No hay una cifra"),
        ("que=taken&por=hora&de=24", "No hay una cifra"),
        ("que=taken&por=dia&de=2026-99-01", "No hay una cifra"),
        ("que=taken&por=bandeja&desde-que=nada", "No hay una página"),
    ],
)
def test_what_is_no_report_is_said_in_words(query, words, as_sofia):
    response = as_sofia.get(f"{ADDRESS}?{query}")
    assert response.status_code == 400
    assert words in text_of(response)


def test_how_satisfied_customers_were_stands_in_figures_table_and_list(as_sofia, http_origin, ana):
    Tray.objects.filter(kind="general").update(asks_score=True)
    assert "Satisfacción sin datos" in text_of(as_sofia.get(OF_DAY))
    for number, score in enumerate((5, 4)):
        attended(http_origin, ana, sender=f"c-{number}", name=f"Cliente {number}")
        surveys.ask_due(now=at(17))
        people.says(http_origin, f"c-{number}", str(score), at=at(20), now=at(20))
    rollup.sweep()
    shown = text_of(as_sofia.get(f"{OF_DAY}&por=agente&de={ana.pk}&que=scored"))
    assert "Satisfacción 4,5 de 5 2 opinaron" in shown
    assert "Opinaron: Ana Ferreyra" in shown
    assert re.search(r"Cliente 1 Ana Ferreyra · 4 de 5", shown)
    assert (
        'title="4,5 de 5, según 2. Ver esos chats: Ana Ferreyra"'
        in as_sofia.get(f"{OF_DAY}&por=agente").content.decode()
    )
    chat = Survey.objects.answered().order_by("-id")[0].chat
    assert re.search(r"Satisfacción 4 de 5", text_of(as_sofia.get(f"/contactos/{chat.contact_id}/")))
    assert "Satisfacción: 4 de 5" in text_of(as_sofia.get(f"/contactos/{chat.contact_id}/chat/"))


def test_a_figure_of_what_is_not_there_any_more_is_empty(as_sofia):
    for group in ("agente", "linea", "bandeja", "etiqueta"):
        response = as_sofia.get(f"{ADDRESS}?por={group}&de=987654321&que=taken")
        assert response.status_code == 200
        assert "No hay chats que puedas ver" in text_of(response)


def test_periods_are_whole_days_of_the_installation():
    period = read_period({"desde": "2026-11-01", "hasta": "2026-11-03"}, DAY)
    assert (period.end - period.begin) == timedelta(days=3)
    assert str(period) == "1 al 3 de noviembre"
    assert str(period.before) == "29 al 31 de octubre"
    assert str(Period(DAY.replace(month=10, day=30), DAY)) == "30 de octubre al 3 de noviembre"
    assert [named_period(name, DAY).days for name in ("hoy", "7", "30", "mes")] == [1, 7, 30, 3]
    with pytest.raises(BadPeriod):
        read_period({"periodo": "x"}, timezone.localdate())


def test_every_figure_is_explained():
    assert set(behind.EXPLAINED) == set(MEASURES)
