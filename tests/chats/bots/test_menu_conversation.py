"""The menu bot at work: what it is told is kept, what it says has the customer's words in it, and nobody is left alone."""

from datetime import UTC, datetime, time, timedelta

import pytest

from chats.models import Chat
from tests import people
from trays.models import Opening, Tray
from wittybots.models import Bot

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday, noon in Montevideo


@pytest.fixture
def bot(http_origin, ventas):
    order = people.option(
        "Mi pedido",
        reply="Veamos, {{nombre}}",
        questions=[{"attribute": "pedido", "text": "¿Qué número?", "kind": "number"}],
        options=[people.option("Cuándo llega", reply="El {{pedido}} llega mañana"), people.option("Persona", None)],
    )
    return people.with_bot(
        http_origin, greeting="Hola {{nombre}}", options=[people.option("Ventas", ventas, reply="Va"), order]
    )


def says(origin, *texts, now=NOW, **fields):
    for number, text in enumerate(texts):
        at = now + timedelta(seconds=number)
        chat = people.says(origin, "c", text, name="Marta", at=at, now=at, **fields).message.chat
    return people.fresh(chat)


def said(chat):
    return list(chat.messages.filter(author="bot").order_by("id").values_list("text", flat=True))


def test_answers_become_attributes_and_words(http_origin, bot):
    chat = says(http_origin, "hola", "mi pedido", "es el 0048213", "cuándo llega")
    assert said(chat) == [
        "Hola Marta", "Veamos, Marta", "¿Qué número?", "Elegí una opción:", "El 0048213 llega mañana",
    ]  # fmt: skip
    assert (chat.attributes, chat.bot_path) == ({"pedido": "0048213"}, ["Mi pedido", "Cuándo llega"])
    last = chat.messages.filter(author="bot").latest("id")
    assert [choice["payload"] for choice in last.payload["choices"]] == ["cuando-llega", "persona-1", "volver"]
    chat = says(http_origin, "volver", "quiero hablar con un humano", now=NOW + timedelta(minutes=1))
    assert (chat.state, chat.tray, chat.bot_path) == ("BANDEJA", Tray.objects.general(), ["Hablar con una persona"])
    assert chat.attributes == {"pedido": "0048213"}


def test_the_bots_messages_and_those_that_it_answers_are_its_own(http_origin, bot):
    chat = says(http_origin, "hola", "ventas", "¿están?")
    own = chat.messages.exclude(kind="move").order_by("id").values_list("author", "bot")
    assert list(own) == [
        ("customer", bot.pk), ("bot", bot.pk), ("customer", bot.pk), ("bot", bot.pk), ("customer", None),
    ]  # fmt: skip


def test_a_picture_is_no_answer_to_a_question(http_origin, bot):
    says(http_origin, "hola", "mi pedido")
    chat = says(http_origin, "", kind="image", now=NOW + timedelta(minutes=1))
    assert said(chat)[-1] == "Necesito un solo número, por ejemplo 1234.\n¿Qué número?"
    chat = says(http_origin, "", kind="sticker", now=NOW + timedelta(minutes=2))
    assert (chat.state, chat.attributes) == ("BANDEJA", {})


def test_outside_office_hours_the_customer_is_told_and_waits_there(http_origin, bot, ventas, settings):
    settings.TIME_ZONE = "America/Montevideo"
    Opening.objects.create(tray=ventas, weekday=1, opens=time(9), closes=time(18))
    chat = says(http_origin, "hola", "ventas")
    assert (chat.state, chat.tray) == ("BANDEJA", ventas)
    assert said(chat)[-2:] == [
        "Va", "Ventas abre mañana a las 9:00. Tu mensaje queda ahí y te responden en ese horario.",
    ]  # fmt: skip


def test_within_office_hours_nothing_is_said_of_them(http_origin, bot, ventas):
    Opening.objects.create(tray=ventas, weekday=0, opens=time(0), closes=time(0))
    assert said(says(http_origin, "hola", "ventas"))[-1] == "Va"


def test_general_speaks_for_all(http_origin, bot, settings):
    settings.TIME_ZONE = "America/Montevideo"
    Opening.objects.create(tray=Tray.objects.general(), weekday=0, opens=time(9), closes=time(10))
    chat = says(http_origin, "hola", "una persona")
    assert said(chat)[-1].startswith("Abrimos el 9 de marzo a las 9:00.")


def test_fifty_messages_in_a_minute_are_held_at_a_limit(http_origin, bot):
    bot.most_per_minute = 5
    bot.save()
    chat = says(http_origin, "hola", *["inicio"] * 49)
    assert (chat.state, chat.tray) == ("BANDEJA", Tray.objects.general())
    assert len(said(chat)) == 6  # the farewell too


def test_at_a_humans_pace_there_is_no_limit(http_origin, bot):
    bot.most_per_minute = 5
    bot.save()
    for minute in range(8):
        chat = says(http_origin, "hola", "inicio", now=NOW + timedelta(minutes=minute))
    assert chat.state == "BOT"


def test_a_new_version_in_the_middle_of_a_question(http_origin, bot):
    says(http_origin, "hola", "mi pedido")
    people.publish(bot, options=[people.option("Otra cosa", reply="Esto")])
    chat = says(http_origin, "otra cosa", now=NOW + timedelta(minutes=1))
    assert (said(chat)[-1], chat.attributes, chat.state) == ("Esto", {}, "BOT")


def test_the_bot_that_has_the_chat_answers_also_when_the_origin_has_another_by_now(http_origin, bot):
    chat = says(http_origin, "hola")
    http_origin.reception.bot = Bot.objects.create(name="Otro")
    http_origin.reception.save()
    says(http_origin, "mi pedido", now=NOW + timedelta(minutes=1))
    assert said(chat)[-1] == "¿Qué número?"


def test_more_attributes_than_fit_lose_nobody(http_origin, bot):
    chat = says(http_origin, "hola", "mi pedido")
    full = {f"a{n}": n for n in range(50)}
    Chat.objects.filter(pk=chat.pk).update(attributes=full)
    chat = says(http_origin, "7", now=NOW + timedelta(minutes=1))
    assert (chat.state, chat.attributes, said(chat)[-1]) == ("BOT", full, "Elegí una opción:")


def test_a_name_with_a_variable_in_it_is_a_name(http_origin, bot):
    chat = people.says(http_origin, "d", "hola", name="{{pedido}}{% x %}<b>").message.chat
    assert said(chat) == ["Hola {{pedido}}{% x %}<b>"]


def test_a_chat_that_says_farewell_in_long_words_is_split(http_origin):
    people.with_bot(http_origin, greeting="x" * 990 + " {{a}}", options=[])
    chat = people.says(http_origin, "d", "hola").message.chat
    assert said(chat) == ["x" * 990]
