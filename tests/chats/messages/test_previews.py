"""What a row says of a chat: the customer's last words, an agent's, and those of the bot where there are no others."""

import importlib
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chats.messages import corrections, replies
from chats.models import Chat, Message
from origins.models import Origin
from tests import people
from tests.inbox.pages import signed_in, words_of


@pytest.fixture
def bot(http_origin, ventas):
    options = [
        people.option("Comprar", options=[people.option("Un lavarropas", ventas, reply="Ya va")], reply="¿Qué buscás?"),
        people.option("Horario", reply="De 9 a 18"),
    ]
    return people.with_bot(http_origin, greeting="¡Hola!", misfit="No te entendí", options=options)


def shown(chat):
    chat = people.fresh(chat)
    people.assert_numbers_are_kept(chat)
    return chat.preview, chat.preview_kind, chat.preview_author


def test_neither_the_bot_nor_a_choice_covers_the_words_of_the_customer(http_origin, bot):
    chat = people.says(http_origin, "c", "Hola, busco un lavarropas de 8 kg").message.chat
    for text in ("1", "un lavarropas"):
        people.says(http_origin, "c", text)
    assert people.fresh(chat).state == "BANDEJA"
    assert shown(chat) == ("Hola, busco un lavarropas de 8 kg", "text", "customer")
    people.says(http_origin, "c", "1")  # to people it is a word like others
    assert shown(chat) == ("1", "text", "customer")


def test_what_a_bot_asked_for_is_words(http_origin, ventas):
    question = {"text": "¿Qué pedido?", "attribute": "pedido", "kind": "text"}
    people.with_bot(http_origin, greeting="¡Hola!", options=[people.option("Pedido", ventas, questions=[question])])
    chat = people.says(http_origin, "c", "buenas").message.chat
    people.says(http_origin, "c", "Pedido")
    assert shown(chat)[0] == "buenas"
    people.says(http_origin, "c", "48213")
    assert shown(chat) == ("48213", "text", "customer")


def test_where_nothing_else_was_said_the_latest_of_bot_and_choices_stands(http_origin, bot):
    chat = people.says(http_origin, "c", "Ver opciones", kind="choice").message.chat
    assert shown(chat) == ("¡Hola!", "text", "bot")
    people.says(http_origin, "c", "volver", at=timezone.now() - timedelta(minutes=1), now=timezone.now())
    assert shown(chat)[2] == "bot"
    people.says(http_origin, "c", "¿Cuánto sale?")
    assert shown(chat) == ("¿Cuánto sale?", "text", "customer")


def test_the_answer_of_an_agent_says_whose_it_is(http_origin, ana, bruno, ventas):
    chat = people.held(http_origin, ana, ventas, text="¿Tienen?")
    replies.send_reply(chat.pk, ana, "Sí, en\nstock")
    replies.write_note(chat.pk, ana, "es mayorista")
    assert shown(chat) == ("Sí, en stock", "text", "agent")
    assert people.fresh(chat).preview_agent == ana
    page = signed_in(ana).get(reverse("chats")).content.decode()
    assert f'<span class="wa-by" data-author="{ana.pk}">{ana.short_name}:</span>' in page
    assert f"{ana.short_name}: Sí, en stock" in words_of(page)
    people.says(http_origin, chat.contact.addresses.get().value, "Gracias")
    assert shown(chat) == ("Gracias", "text", "customer")
    assert people.fresh(chat).preview_agent is None


def test_words_that_come_late_stand_where_they_were_said(http_origin, ana, ventas):
    now = timezone.now()
    people.says(http_origin, "c", "segunda", at=now - timedelta(minutes=5), now=now)
    chat = people.says(http_origin, "c", "primera", at=now - timedelta(minutes=9), now=now).message.chat
    assert shown(chat)[0] == "segunda"
    assert people.fresh(chat).asked_at == now - timedelta(minutes=9)


def test_who_waits_for_an_answer_waits_from_the_first_question_on(http_origin, ana):
    start = timezone.now() - timedelta(minutes=30)
    chat = people.held(http_origin, ana, sender="c", at=start)
    people.says(http_origin, "c", "¿y?")
    assert people.fresh(chat).asked_at == start
    answer = replies.send_reply(chat.pk, ana, "Ahí va")
    assert (people.fresh(chat).asked_at, people.fresh(chat).answered_at) == (None, answer.created_at)
    asked = people.says(http_origin, "c", "¿cuándo?").message
    assert people.fresh(chat).asked_at == asked.created_at
    assert people.all_consistent()


def test_what_was_corrected_is_shown_as_it_stands_now(ana, ventas):
    line = people.telegram_origin()
    chat = people.held(line, ana, ventas, sender="5001", address_kind="tg_id")
    message = replies.send_reply(chat.pk, ana, "Ahi ba")
    Message.objects.filter(pk=message.pk).update(status="sent", external_id="77")
    corrections.edit_message(chat.pk, ana, message.pk, "Ahí va")
    assert shown(chat)[0] == "Ahí va"
    corrections.withdraw_message(chat.pk, ana, message.pk)
    assert shown(chat)[:2] == ("Mensaje retirado", "text")


def test_of_two_in_one_second_a_correction_of_the_first_is_not_shown(db, client):
    line = people.telegram_origin()
    at = people.seconds()
    people.post_telegram(client, line, people.tg_text(text="uno", id=1, at=at))
    people.post_telegram(client, line, people.tg_text(text="dos", id=2, at=at))
    people.post_telegram(client, line, people.tg_update("edited_message", people.tg_message(text="UNO", id=1, at=at)))
    heard = Chat.objects.get().messages.filter(direction="in").order_by("id")
    assert list(heard.values_list("text", flat=True)) == ["UNO", "dos"]
    assert Chat.objects.get().preview == "dos"


def test_rows_cost_the_same_whoever_spoke_last(http_origin, ana, bruno, ventas):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            signed_in(ana).get(reverse("chats"))
        return len(asked)

    first = people.held(http_origin, ana, ventas)
    replies.send_reply(first.pk, ana, "Hola")
    cost()
    few = cost()
    for number in range(12):
        chat = people.held(http_origin, ana, ventas, sender=f"s-{number}")
        replies.send_reply(chat.pk, ana, "Hola")
    assert cost() == few
    assert Origin.objects.count() == 1


def test_the_migration_finds_the_same(http_origin, bot, ana, ventas, monkeypatch):
    filling = importlib.import_module("chats.migrations.0007_words_and_waits_of_now")
    monkeypatch.setattr(filling, "BATCH", 2)
    line = people.telegram_origin()
    waits = people.says(http_origin, "a", "Hola,\n busco  algo").message.chat
    people.says(http_origin, "a", "Ver", kind="choice")
    greeted = people.says(http_origin, "b", "Ver", kind="choice").message.chat
    answered = people.held(line, ana, ventas, sender="c")
    replies.send_reply(answered.pk, ana, "Hola " * 60)
    asks = people.held(line, ana, ventas, sender="d")
    replies.send_reply(asks.pk, ana, "Hola")
    for text in ("¿y?", "¿y?"):
        people.says(line, "d", text)
    names = ("preview", "preview_kind", "preview_author", "preview_agent", "preview_at", "asked_at", "answered_at")
    kept = list(Chat.objects.order_by("id").values(*names))
    Chat.objects.update(
        preview="algo", preview_kind="audio", preview_author="", preview_agent=None, preview_at=None, asked_at=None,
        answered_at=None,
    )  # fmt: skip
    filling.fill(None, SimpleNamespace(connection=connection))
    assert [one.pk for one in Chat.objects.order_by("id")] == [waits.pk, greeted.pk, answered.pk, asks.pk]
    assert list(Chat.objects.order_by("id").values(*names)) == kept
