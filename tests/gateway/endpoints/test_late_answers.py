"""Answers that come too late, or for a chat that has moved on, talk over nobody."""

import pytest
from django.db import connection
from django.utils import timezone

from chats import moves
from chats.bots import release
from chats.models import Chat, Message
from gateway.endpoints import turns
from tests import people
from tests.gateway.endpoints.endpoint_calls import asks, bot_said, event, events, tell
from wittybots.models import Endpoint, Event


def test_what_waits_for_a_bot_that_lost_the_chat_is_dropped(origin, server):
    chat = asks(origin)
    bot = chat.bot
    release.release_chat(chat.pk, bot, "x")
    tell(chat)
    assert not server.got
    assert event(chat).state == "dropped"
    assert event(chat).reason


def test_what_waits_from_an_older_round_is_dropped(origin, server, ana):
    chat = asks(origin, "de antes")
    release.release_chat(chat.pk, chat.bot, "x")
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    chat = asks(origin, "de ahora")
    assert chat.state == "BOT"
    tell(chat)
    assert server.texts == ["de ahora"]
    assert [one.state for one in events(chat)] == ["dropped", "done"]


def test_an_answer_that_comes_too_late_talks_over_nobody(origin, server, ana):
    chat = asks(origin)

    # it is told while the bot has the chat, and the answer finds that it has not
    turn = turns.build_turn(chat.bot.endpoint, event(chat), timezone.now())
    release.release_chat(chat.pk, chat.bot, "x")
    moves.take(chat.pk, ana)
    reply = asking_reply({"messages": ["tarde"], "handoff": {"summary": "tarde"}, "attributes": {"a": 1}})
    words = turns.carry_out(chat.bot.endpoint, event(chat), turn, reply)
    assert words.startswith("Llegó tarde")
    chat = people.fresh(chat)
    assert (chat.state, chat.agent, chat.attributes) == ("AGENTE", ana, {})
    assert "tarde" not in bot_said(chat)


def asking_reply(answer):
    from wittybots.connectors import webhook

    return webhook.read_answer(answer)


@pytest.mark.usefixtures("transactional_db")
def test_a_take_while_the_bot_thinks_wins(origin, server, ana):
    chat = asks(origin)

    def take(told):
        try:
            release.release_chat(chat.pk, chat.bot, "x")
            moves.take(chat.pk, ana)
        finally:
            connection.close()
        return {"messages": ["tarde"], "handoff": True}

    server.act = take
    tell(chat)
    assert not server.trouble
    done = Event.objects.filter(chat_id=chat.pk, kind="message_created").get()
    assert done.state == "done"
    assert done.reason.startswith("Llegó tarde")
    assert people.fresh(chat).agent == ana
    assert bot_said(chat) == [chat.bot.farewell]


def test_a_bot_that_says_too_much_loses_the_chat(origin, server):
    server.answers = [{"messages": [f"m{number}" for number in range(11)]}]
    chat = asks(origin)
    tell(chat)
    chat = people.fresh(chat)
    assert chat.state == "BANDEJA"
    assert event(chat).state == "done"
    assert event(chat).reason.startswith("Llegó tarde")


def test_a_bot_that_is_switched_off_attends_nobody(origin, server):
    chat = asks(origin)
    type(chat.bot).objects.update(is_active=False)
    tell(chat)
    assert not server.got
    assert event(chat).state == "dropped"
    assert people.fresh(chat).state == "BANDEJA"


def test_what_is_of_no_use_to_a_connector_is_not_told(db, server):
    bot = people.external_bot("rasa", server.url, events=["conversation_created", "message_created"])
    server.answers = [[{"text": "Hola"}]]
    chat = asks(people.received_by(bot))
    tell(chat)
    assert [one.state for one in events(chat)] == ["dropped", "done"]
    assert bot_said(chat) == ["Hola"]


def test_an_endpoint_without_an_address_is_not_called(origin):
    Endpoint.objects.update(url="")
    chat = asks(origin)
    tell(chat)
    assert event(chat).state == "dropped"
    assert people.fresh(chat).state == "BOT"


def test_where_the_window_is_shut_nothing_is_said_and_the_chat_goes_where_the_bot_wants_it(origin, server, ventas):
    server.answers = [{"messages": ["Hola", "¿Seguís ahí?"], "handoff": {"tray": "Ventas", "summary": "Quiere 3"}}]
    chat = asks(origin)
    Chat.objects.update(session_expires_at=timezone.now())
    tell(chat)
    chat = people.fresh(chat)
    assert (chat.state, chat.tray, chat.bot_summary) == ("BANDEJA", ventas, "Quiere 3")
    assert bot_said(chat) == []
    assert "sesión con el cliente está cerrada" in event(chat).reason
    assert "Llegó tarde" not in event(chat).reason


def test_where_the_window_is_shut_and_the_bot_only_talks_it_has_not_answered(origin, server):
    server.answers = [{"messages": ["Hola"]}]
    chat = asks(origin)
    Chat.objects.update(session_expires_at=timezone.now())
    tell(chat)
    chat = people.fresh(chat)
    assert chat.state == "BOT"
    assert chat.bot_due_at is not None, "and so it goes to people in time"


def test_no_file_is_fetched_twice_because_something_else_is_odd(origin, server):
    pictures = [{"type": "document", "attachments": [f"{server.url}/{name}.txt"]} for name in "ab"]
    server.answers = [
        {"messages": ["uno", pictures[0], "x" * 100_000, pictures[1], "dos"]}, (200, b"a", {}), (200, b"b", {}),
    ]  # fmt: skip
    chat = asks(origin)
    tell(chat)
    people.fetch_files(chat)
    assert [told.path for told in server.got] == ["/", "/a.txt", "/b.txt"]
    said = Message.objects.filter(chat=chat.pk, author="bot", direction="out").order_by("id")
    assert [(one.text, one.attachments.count()) for one in said] == [("uno", 0), ("", 1), ("", 1), ("dos", 0)]
