"""A bot that says too much is held, and the chat goes to people."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from chats.bots import external
from chats.errors import Rejected, Rejection
from chats.models import Attachment, Template
from tests import people
from tests.chats.bots.external_bots import NOW, lines, png, text
from tests.media_server import MediaServer
from wittybots.models import Bot
from wittybots.turns import Saying


def test_ten_messages_in_a_row_are_held_and_the_chat_goes_to_people(chat, bot):
    for number in range(10):
        external.say_messages(chat.pk, bot, [text(f"{number}")])
    with pytest.raises(Rejected) as refusal:
        external.say_messages(chat.pk, bot, [text("once")])
    assert (refusal.value.code, refusal.value.chat.state) == (Rejection.CONFLICT, "BANDEJA")
    found = people.fresh(chat)
    assert (found.state, found.tray.kind) == ("BANDEJA", "general")
    assert "10" in found.change.note
    assert [line[2] for line in lines(chat)][1:] == [*(str(n) for n in range(10)), bot.farewell]


def test_files_count_as_the_messages_that_they_become_and_are_not_fetched_for_nothing(chat, bot, listening):
    server = listening(MediaServer())
    server.files = {"/foto.png": png()}
    five = Saying("image", "Mirá estas " * 200, attachments=({"url": server.url("/foto.png")},) * 5)
    assert len(external.say_messages(chat.pk, bot, [five])) == 5
    people.fetch_files(chat)
    asked = len(server.asked)
    with pytest.raises(Rejected):
        external.say_messages(chat.pk, bot, [five, text("y algo más")])
    people.fetch_files(chat)
    assert len(server.asked) == asked
    assert people.fresh(chat).state == "BANDEJA"
    assert Attachment.objects.count() == 5


def test_the_limit_of_a_minute_holds_over_its_change(line, bot):
    Bot.objects.update(most_per_minute=9)
    bot.refresh_from_db()
    at = NOW().replace(second=58, microsecond=0)
    chat = people.says(line, "marta", "Hola", now=at, at=at).message.chat
    external.say_messages(chat.pk, bot, [text(f"{n}") for n in range(8)], now=at)
    later = at + timedelta(seconds=4)
    people.says(line, "marta", "ajá", now=later, at=later)
    with pytest.raises(Rejected, match="9 mensajes en un minuto"):
        external.say_messages(chat.pk, bot, [text(f"{n}") for n in range(8)], now=later)


def test_fifty_at_once_say_nothing_but_goodbye(chat, bot):
    with pytest.raises(Rejected):
        external.say_messages(chat.pk, bot, [text(f"{number}") for number in range(50)])
    assert [line[2] for line in lines(chat)][1:] == [bot.farewell]


def test_two_bots_that_talk_to_each_other_end_with_a_person(line, bot):
    Bot.objects.update(most_per_minute=12)
    bot.refresh_from_db()
    at = NOW().replace(second=1, microsecond=0)
    chat = people.says(line, "otro-bot", "Hola", now=at, at=at).message.chat
    turns = 0
    with pytest.raises(Rejected, match="12 mensajes en un minuto"):
        for turns in itertools.count(1):  # noqa: B007
            external.say_messages(chat.pk, bot, [text("Hola")], now=at)
            people.says(line, "otro-bot", "Hola", now=at, at=at)
    assert turns == 13
    assert people.fresh(chat).state == "BANDEJA"


def test_the_customers_words_begin_the_count_anew(chat, bot, line):
    Bot.objects.update(most_per_minute=100)
    bot.refresh_from_db()
    for _round in range(3):
        for number in range(10):
            external.say_messages(chat.pk, bot, [text(f"{number}")])
        people.says(line, "marta", "ajá")
    assert people.fresh(chat).state == "BOT"


def test_a_template_that_was_one_too_much_prolongs_no_session(ana):
    origin, bot = people.whatsapp_origin(line_id="900001"), people.external_bot()
    people.received_by(bot, origin)
    Template.objects.create(name="volver", body="Volvé", origin=origin, remote_id="1", language="es")
    Bot.objects.update(farewell="Ya te atiende una persona")
    chat = people.says(origin, "5491155550100", "Hola", at=timezone.now() - timedelta(hours=10)).message.chat
    before = people.fresh(chat).session_expires_at
    template = Saying(kind="template", template={"name": "volver", "language": "es"})
    with pytest.raises(Rejected):
        external.say_messages(chat.pk, bot, [*(Saying(text=f"t{n}") for n in range(10)), template])
    after = people.fresh(chat)
    assert not chat.messages.filter(kind="template").exists()
    assert (after.last_template_at, after.session_expires_at) == (None, before)
