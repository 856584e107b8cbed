"""The way through a bot's menu: what is noted of it, what figures are made of it, and the page that shows them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from chats import expiry, moves
from chats.models import Chat, MenuStep
from reports import hourly, menu_figures
from reports.models import MenuFigure
from reports.periods import Period
from tests import people
from trays.models import Tray

TEN = datetime(2026, 11, 3, 10, 0, tzinfo=ZoneInfo("America/Montevideo"))
DAY = Period(TEN.date(), TEN.date())


def at(minute, hour=10):
    return TEN.replace(hour=hour, minute=minute)


@pytest.fixture
def bot(http_origin, ventas):
    under = [people.option("Cuándo llega", reply="Mañana"), people.option("Que me atiendan", ventas)]
    options = [people.option("Ventas", ventas), people.option("Mi pedido", options=under)]
    return people.with_bot(http_origin, options=options)


def talk(origin, sender, *texts, begin=TEN):
    """A message a minute. Returns the chat."""
    for minute, text in enumerate(texts):
        when = begin + timedelta(minutes=minute)
        stored = people.says(origin, sender, text, at=when, now=when)
    return stored.message.chat


def visits(bot):
    hourly.sweep(menu_figures.KIND)
    return menu_figures.read_visits(DAY, bot.pk)


def way(chat):
    steps = MenuStep.objects.filter(change__contact=chat.contact_id).order_by("pk")
    return [(one.how, one.node) for one in steps]


def test_each_turn_that_leads_somewhere_is_noted_and_no_other(http_origin, bot):
    chat = talk(http_origin, "marta", "hola", "mi pedido", "qué sé yo", "cuándo llega", "volver", "ventas")
    assert way(chat) == [
        ("greeted", ""), ("option", "mi-pedido"), ("option", "cuando-llega"), ("back", ""), ("option", "ventas"),
    ]  # fmt: skip
    assert Chat.objects.get(pk=chat.pk).state == "BANDEJA"
    assert MenuStep.objects.filter(change__cause="arrived", bot=bot).count() == 5


def test_each_visit_has_what_became_of_it_and_the_tray_to_which_it_went(http_origin, bot, ventas):
    talk(http_origin, "marta", "hola", "mi pedido", "que me atiendan")
    talk(http_origin, "rosa", "hola", "ventas")
    found = visits(bot)
    assert found[""].number == found[""].sessions == 2
    assert found[""].outcomes == {"on": 2}
    assert found["mi-pedido"].outcomes == {"on": 1}
    assert found["que-me-atiendan"].outcomes == found["ventas"].outcomes == {"way": 1}
    assert found["ventas"].trays == {ventas.pk: 1}


def test_who_asks_for_a_person_and_who_is_not_understood_are_told_apart(http_origin, bot):
    talk(http_origin, "marta", "hola", "mi pedido", "quiero hablar con una persona")
    talk(http_origin, "rosa", "hola", "xyz", "zyx")
    found, general = visits(bot), Tray.objects.get(kind="general")
    assert found["mi-pedido"].outcomes == {"person": 1}
    assert found["mi-pedido"].trays == found[""].trays == {general.pk: 1}
    assert found[""].outcomes == {"on": 1, "misfit": 1}


def test_a_visit_is_open_until_its_session_is_over_and_then_was_left(http_origin, bot):
    chat = talk(http_origin, "marta", "hola", "mi pedido")
    assert visits(bot)["mi-pedido"].outcomes == {"here": 1}
    expiry.expire(now=TEN + timedelta(hours=25))
    assert Chat.objects.get(pk=chat.pk).state == "EXPIRADO"
    found = visits(bot)
    assert found["mi-pedido"].outcomes == {"left": 1}
    assert found[""].outcomes == {"on": 1}
    # its hour is that of the visit, not that in which the session ended
    assert set(MenuFigure.objects.values_list("hour", flat=True)) == {TEN}


def test_whom_the_system_took_out_of_the_bot_did_not_leave_it(http_origin, bot, ventas):
    chat = talk(http_origin, "marta", "hola")
    moves.relocate(chat.pk, ventas, at=at(5))
    assert visits(bot)[""].outcomes == {"failed": 1}
    assert visits(bot)[""].trays == {ventas.pk: 1}


def test_a_customer_who_comes_back_begins_anew(http_origin, bot):
    talk(http_origin, "marta", "hola", "mi pedido")
    expiry.expire(now=TEN + timedelta(hours=25))
    later = TEN + timedelta(days=2)
    talk(http_origin, "marta", "hola otra vez", begin=later)
    assert visits(bot)[""].sessions == 1
    assert menu_figures.read_visits(Period(later.date(), later.date()), bot.pk)[""].sessions == 1


def test_figures_are_made_again_and_compared(http_origin, bot):
    talk(http_origin, "marta", "hola", "ventas")
    hourly.sweep(menu_figures.KIND)
    call_command("check_reports")
    MenuFigure.objects.filter(node="ventas").update(n=7)
    with pytest.raises(CommandError, match="1 hours differ"):
        call_command("check_reports")
    call_command("check_reports", fix=True)
    assert MenuFigure.objects.get(node="ventas").n == 1
    assert hourly.roll_up_lately(menu_figures.KIND, TEN + timedelta(hours=3)) == 0
