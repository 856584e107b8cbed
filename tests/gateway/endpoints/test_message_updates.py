"""What bots are told of messages after these were told: failures, files, receipts."""

import pytest
from django.utils import timezone

from chats.bots import external
from chats.models import Chat, Message
from gateway.endpoints import turns
from gateway.inbound import media as inbound_media
from tests import people
from tests.gateway.endpoints.endpoint_calls import asks, event, tell
from wittybots.models import Endpoint, Event


@pytest.fixture
def hears_all(bot):
    Endpoint.objects.update(events=["message_created", "message_updated"])
    return bot


def updates(chat):
    return list(
        Event.objects.filter(chat_id=chat.pk, kind="message_updated").order_by("id").values_list("message_id", "state")
    )


def said_by_the_bot(origin, text="Hola"):
    chat = asks(origin)
    return chat, external.say_messages(chat.pk, chat.bot, [external.Saying(text=text)])[0]


def test_a_bot_hears_that_what_it_said_finally_failed(origin, hears_all):
    from common.errors import OriginError
    from gateway.outbound import outbox

    chat, message = said_by_the_bot(origin)
    for attempts in (1, 2):
        Message.objects.filter(pk=message.pk).update(status="sending", attempts=attempts)
        message.refresh_from_db()
        outbox._record_failed(message, OriginError("HTTP 500", permanent=False))
        assert updates(chat) == [], "it is tried again"
    Message.objects.filter(pk=message.pk).update(status="sending", attempts=3)
    message.refresh_from_db()
    outbox._record_failed(message, OriginError("HTTP 400"))
    assert updates(chat) == [(message.pk, "queued")]


def test_a_bot_hears_that_nobody_knows_whether_what_it_said_arrived(hears_all):
    from gateway.outbound import claims

    origin = people.received_by(hears_all, people.whatsapp_origin())
    people.says(origin, "5491155550101", "Hola")
    chat = people.fresh(Chat.objects.get())
    message = external.say_messages(chat.pk, chat.bot, [external.Saying(text="Hola")])[0]
    Message.objects.filter(pk=message.pk).update(status="sending", attempts=1, next_try_at=timezone.now())
    assert claims.claim_first([chat.pk], timezone.now()).again == [chat.pk]
    assert updates(chat) == [(message.pk, "queued")]


def of_file(origin, server):
    media = {"media": {"url": server.url + "/a.txt", "mime_type": "text/plain", "filename": "a.txt"}}
    people.says(origin, "cust-1", "", kind="document", payload=media)
    return people.fresh(Chat.objects.get()), Message.objects.get(direction="in")


def test_a_picture_that_was_told_without_its_file_is_told_again_when_it_comes(origin, hears_all, server):

    server.answers = [{"messages": []}, (200, b"hola", {}), {"messages": []}]
    chat, message = of_file(origin, server)
    Event.objects.update(created_at=timezone.now() - turns.MAX_MEDIA_WAIT)
    tell(chat)
    assert server.got[0].body["message"]["attachments"] == []
    inbound_media.fetch_media(message.pk)
    tell(chat)
    told = server.got[-1].body
    assert (told["event"], [one["filename"] for one in told["message"]["attachments"]]) == (
        "message_updated",
        ["a.txt"],
    )


def test_a_picture_that_comes_before_it_is_told_is_told_once(origin, hears_all, server):

    server.answers = [(200, b"hola", {}), {"messages": []}]
    chat, message = of_file(origin, server)
    inbound_media.fetch_media(message.pk)
    tell(chat)
    assert updates(chat) == []
    assert [one["filename"] for one in server.got[-1].body["message"]["attachments"]] == ["a.txt"]


@pytest.mark.parametrize("many", [3, 30, 120])
def test_a_watermark_is_told_of_each_message_up_to_a_hundred(many, hears_all):
    from chats.messages.receipts import apply_watermark
    from origins.facts import Watermark

    origin = people.received_by(hears_all, people.messenger_origin())
    people.says(origin, "24001", "Hola", kind="text")
    chat = people.fresh(Chat.objects.get())
    now = timezone.now()
    said = Message.objects.bulk_create(
        Message(
            chat=chat, origin=origin, direction="out", author="bot", bot=chat.bot, text=str(number), status="sent",
            sent_at=now, external_id=f"out-{number}",
        )
        for number in range(many)
    )  # fmt: skip
    address = chat.contact.addresses.first()
    assert apply_watermark(origin, Watermark(address.value, "read", now, address_kind=address.kind)) == many
    assert [message for message, _state in updates(chat)] == [one.pk for one in said][-100:]


def test_a_picture_is_told_when_it_has_come(origin, server):
    from chats.attachments.uploads import keep_bytes as keep_bytes

    media = {"media": {"url": server.url + "/a.txt", "mime_type": "text/plain", "filename": "a.txt"}}
    people.says(origin, "cust-1", "", kind="document", payload=media)
    chat = people.fresh(Chat.objects.get())
    tell(chat)
    assert not server.got
    assert (event(chat).state, event(chat).attempts) == ("queued", 0)
    message = Message.objects.get(chat=chat.pk, direction="in")
    file = keep_bytes(b"hola", "a.txt")
    type(file).objects.filter(pk=file.pk).update(message=message, chat=chat)
    Event.objects.update(next_try_at=timezone.now())
    tell(chat)
    assert [one["filename"] for one in server.bodies[0]["message"]["attachments"]] == ["a.txt"]


def test_a_picture_that_does_not_come_is_told_without_it(origin, server):
    people.says(origin, "cust-1", "", kind="document", payload={"media": {"url": server.url + "/a.txt"}})
    chat = people.fresh(Chat.objects.get())
    Event.objects.update(created_at=timezone.now() - turns.MAX_MEDIA_WAIT)
    tell(chat)
    assert server.bodies[0]["message"]["attachments"] == []
