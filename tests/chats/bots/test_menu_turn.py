"""The menu bot's turn in a chat: it greets, leads to a tray, and leaves nobody waiting when it breaks."""

import pytest

from chats import access, moves
from chats.bots import rows
from tests import people
from trays.models import Tray
from wittybots.menu import engine
from wittybots.models import Bot, Reception


@pytest.fixture
def chat(http_origin, ana, ventas):
    """Marta's chat, which ana has."""
    return people.held(http_origin, ana, ventas, sender="marta")


@pytest.fixture
def bot(http_origin, ventas, soporte):
    options = [
        people.option("Ventas", ventas, keywords=["precio", "comprar"], reply="Ya va"),
        people.option("Soporte técnico", soporte, keywords=["no anda", "conexión"]),
        people.option("Horario", reply="De 9 a 18"),
    ]
    return people.with_bot(
        http_origin, greeting="¡Hola!", misfit="No te entendí", farewell="Te paso con una persona", options=options
    )


def bot_said(chat):
    return list(chat.messages.filter(author="bot").order_by("id").values_list("text", flat=True))


def test_the_bot_greets_and_offers_its_menu(http_origin, bot):
    chat = people.says(http_origin, "c", "ventas").message.chat
    assert chat.state == "BOT"
    greeting = chat.messages.get(author="bot")
    assert (greeting.text, greeting.status) == ("¡Hola!", "sent")
    assert [choice["title"] for choice in greeting.payload["choices"]] == ["Ventas", "Soporte técnico", "Horario"]


@pytest.mark.parametrize(
    "text", ["2", " 2. ", "Soporte técnico", "SOPORTE TECNICO!!", "hola, no anda internet", "sin conexion", "payload"]
)
def test_the_customers_way_leads_to_one_tray(http_origin, bot, soporte, text):
    people.says(http_origin, "c", "Hola")
    payload = {"payload": "soporte-tecnico"} if text == "payload" else {}
    chat = people.says(http_origin, "c", text, kind="choice" if payload else "text", payload=payload).message.chat
    chat = people.fresh(chat)
    assert (chat.state, chat.tray, chat.bot_path) == ("BANDEJA", soporte, ["Soporte técnico"])
    assert chat.change.cause == "handed_over"


def test_what_the_bot_says_when_it_hands_over_stands_before_the_move(http_origin, bot):
    people.says(http_origin, "c", "Hola")
    chat = people.says(http_origin, "c", "Ventas").message.chat
    last = list(chat.messages.order_by("created_at", "id"))[-2:]
    assert [(m.kind, m.text) for m in last] == [("text", "Ya va"), ("move", "")]
    assert chat.messages.filter(author="bot").count() == 2


def test_two_answers_that_fit_nothing_lead_to_a_person(http_origin, bot):
    people.says(http_origin, "c", "Hola")
    chat = people.says(http_origin, "c", "mmm").message.chat
    assert people.fresh(chat).state == "BOT"
    people.says(http_origin, "c", "eh")
    chat = people.fresh(chat)
    assert (chat.state, chat.tray) == ("BANDEJA", Tray.objects.general())
    assert bot_said(chat) == ["¡Hola!", "No te entendí", "Te paso con una persona"]


def test_who_fits_nothing_goes_where_the_bot_says(http_origin, bot, soporte):
    people.publish(bot, fallback_tray=soporte)
    for text in ("Hola", "mmm", "eh"):
        chat = people.says(http_origin, "c", text).message.chat
    assert people.fresh(chat).tray == soporte


def test_an_option_without_a_tray_answers_and_offers_again(http_origin, bot):
    for text in ("Hola", "mmm", "Horario", "mmm"):
        chat = people.says(http_origin, "c", text).message.chat
    chat = people.fresh(chat)
    assert chat.state == "BOT"  # the misfits are counted anew
    assert bot_said(chat) == ["¡Hola!", "No te entendí", "De 9 a 18", "No te entendí"]


def test_a_round_that_starts_again_greets_again(http_origin, bot, ana):
    for text in ("Hola", "Ventas"):
        chat = people.says(http_origin, "c", text).message.chat
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(http_origin, "c", "Ventas")
    chat = people.fresh(chat)
    assert (chat.state, chat.bot_path) == ("BOT", [])
    assert bot_said(chat)[-1] == "¡Hola!"


def test_the_bot_does_not_speak_where_people_do(http_origin, bot, ana, ventas):
    for text in ("Hola", "Ventas"):
        chat = people.says(http_origin, "c", text).message.chat
    spoken = len(bot_said(chat))
    people.says(http_origin, "c", "Soporte técnico")
    moves.take(chat.pk, ana)
    people.says(http_origin, "c", "2")
    assert len(bot_said(chat)) == spoken
    assert people.fresh(chat).agent == ana


def test_a_bot_that_breaks_lets_nobody_wait(http_origin, bot, monkeypatch):
    def breaks(*_):
        raise ZeroDivisionError

    chat = people.says(http_origin, "c", "Hola").message.chat
    monkeypatch.setattr(engine, "answer_message", breaks)
    assert people.says(http_origin, "c", "Ventas").is_new
    chat = people.fresh(chat)
    assert (chat.state, chat.tray) == ("BANDEJA", Tray.objects.general())
    assert (chat.change.cause, chat.change.note) == ("relocated", "El bot no pudo responder")
    assert bot_said(chat) == ["¡Hola!", "Te paso con una persona"]  # told once
    assert (chat.preview, chat.unread) == ("Ventas", 2)


def test_a_bot_that_breaks_at_the_first_word_lets_nobody_wait(http_origin, bot, ventas, monkeypatch):
    Reception.objects.update(tray=ventas)
    monkeypatch.setattr(engine, "answer_message", lambda *_: 1 / 0)
    chat = people.fresh(people.says(http_origin, "c", "Hola").message.chat)
    assert chat.tray == ventas  # the origin's own
    assert chat.messages.filter(direction="in").count() == 1


def test_what_a_bot_said_before_it_broke_was_never_said(http_origin, bot, monkeypatch, ana):
    people.says(http_origin, "c", "Hola")
    really = moves.plan_move
    monkeypatch.setattr(
        moves,
        "plan_move",
        lambda verb, *args, **fields: 1 / 0 if verb == "hand_over" else really(verb, *args, **fields),
    )
    chat = people.says(http_origin, "c", "Ventas").message.chat
    assert bot_said(chat) == ["¡Hola!", "Te paso con una persona"]
    chat = people.fresh(chat)
    assert (chat.preview, chat.bot_path) == ("Ventas", [])


def test_a_bot_that_cannot_even_say_farewell_lets_nobody_wait(http_origin, bot, monkeypatch):
    chat = people.says(http_origin, "c", "Hola").message.chat
    monkeypatch.setattr(rows, "plan_parts", lambda *_: 1 / 0)
    assert people.says(http_origin, "c", "Horario").is_new
    chat = people.fresh(chat)
    assert (chat.state, chat.preview, bot_said(chat)) == ("BANDEJA", "Horario", ["¡Hola!"])


def test_a_menu_that_names_an_archived_tray_loses_nobody(http_origin, bot, ventas):
    people.says(http_origin, "c", "Hola")
    access.archive_tray(ventas)
    chat = people.fresh(people.says(http_origin, "c", "Ventas").message.chat)
    assert (chat.state, chat.tray) == ("BANDEJA", Tray.objects.general())
    assert chat.change.note == "La bandeja Ventas está archivada"


def test_an_own_tray_that_is_archived_loses_nobody_either(http_origin, bot, ventas):
    Reception.objects.update(tray=ventas, bot=None)
    access.archive_tray(ventas)
    chat = people.says(http_origin, "c", "Hola").message.chat
    assert chat.tray == Tray.objects.general()


def test_a_bot_that_is_switched_off_lets_nobody_wait(http_origin, bot):
    chat = people.says(http_origin, "c", "Hola").message.chat
    Bot.objects.update(is_active=False)
    people.says(http_origin, "c", "¿Hola?")
    assert people.fresh(chat).tray == Tray.objects.general()
    assert people.says(http_origin, "d", "Hola").message.chat.tray == Tray.objects.general()


def test_without_options_the_menu_is_the_trays_that_there_are(http_origin, ventas, soporte):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "c", "Hola").message.chat
    titles = [choice["title"] for choice in chat.messages.get(author="bot").payload["choices"]]
    assert titles == ["Soporte", "Ventas", "Otra consulta"]
    people.says(http_origin, "c", "otra consulta")
    assert people.fresh(chat).tray == Tray.objects.general()


def test_where_somebody_waits_the_bots_words_are_queued(ventas):
    origin = people.http_origin(callback_url="https://example.com/in")
    people.with_bot(origin)
    chat = people.says(origin, "c", "Hola").message.chat
    assert chat.messages.get(author="bot").status == "queued"
