"""Which events external bots and integrations are told of a chat."""

from datetime import timedelta

from chats import expiry, moves
from chats.bots import external
from chats.messages import receipts, replies
from chats.models import Message
from tests import people
from tests.chats.bots.external_bots import NOW, text, told
from wittybots.models import Endpoint, Event
from wittybots.turns import HandOver


def test_a_first_message_is_told_to_the_bot_that_receives_the_origin(chat, bot):
    assert (chat.state, chat.bot) == ("BOT", bot)
    assert told(chat) == ["conversation_created", "message_created"]
    assert set(Event.objects.values_list("endpoint__bot", "control_version")) == {(bot.pk, chat.change_id)}
    assert Message.objects.get(direction="in").bot == bot
    assert chat.bot_due_at - NOW() < timedelta(seconds=60)


def test_every_message_is_told_once_and_the_menu_says_nothing(chat, line):
    people.says(line, "marta", "¿Hay alguien?", external_id="m-2")
    people.says(line, "marta", "¿Hay alguien?", external_id="m-2")
    assert told(chat) == ["conversation_created", "message_created", "message_created"]
    assert not chat.messages.filter(author="bot").exists()


def test_the_way_of_a_chat_is_told_as_states_and_no_message_of_the_agent(chat, line, bot, ana):
    external.hand_over(chat.pk, bot, HandOver())
    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "Hola Marta")
    people.says(line, "marta", "Hola Ana")
    moves.give_back(chat.pk, ana)
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(line, "marta", "Otra cosa")
    expiry.expire(now=NOW() + timedelta(hours=25))
    people.says(line, "marta", "Mañana", now=NOW() + timedelta(hours=30), at=NOW() + timedelta(hours=30))
    assert told(chat) == [
        "conversation_created", "message_created", "conversation_opened", "conversation_closed",
        "conversation_returned", "message_created", "conversation_expired", "conversation_returned", "message_created",
    ]  # fmt: skip
    versions = list(Event.objects.order_by("id").values_list("control_version", flat=True))
    assert versions == sorted(versions)


def test_an_integration_is_told_states_and_never_a_message(line, ana):
    Endpoint.objects.create(name="CRM", url="https://crm.example/", events=["message_created", "conversation_created"])
    chat = people.says(line, "marta", "Hola").message.chat
    assert list(Event.objects.filter(endpoint__bot=None).values_list("kind", flat=True)) == ["conversation_created"]
    external.hand_over(chat.pk, chat.bot, HandOver())


def test_an_endpoint_is_told_only_what_it_asked_for(line, bot):
    Endpoint.objects.update(events=["message_created"])
    chat = people.says(line, "marta", "Hola").message.chat
    assert told(chat) == ["message_created"]


def test_receipts_of_the_bots_messages_are_told_where_they_are_wanted(chat, bot, line):
    from origins.facts import Receipt

    line.callback_url = "https://example.com/"
    line.save()
    Endpoint.objects.update(events=["message_updated"])
    (said,) = external.say_messages(chat.pk, bot, [text("Hola, soy el bot")])
    receipts.apply_receipt(line, Receipt(str(said.uuid), "delivered"))
    assert told(chat)[-1] == "message_updated"
    external.hand_over(chat.pk, bot, HandOver())
    receipts.apply_receipt(line, Receipt(str(said.uuid), "read"))
    assert told(chat).count("message_updated") == 1
