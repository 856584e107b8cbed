"""Telegram Business: a person's own chats, which the bot is connected to: they come in, and are answered there."""

import itertools
import json

import pytest
from django.utils import timezone

from chats import moves
from chats.messages import corrections, replies
from chats.models import Message
from origins import connections
from origins.models import Connection
from origins.telegram import network
from tests import people
from tests.gateway.inbound.network_posts import heard, takes
from tests.origins.api import Api
from tests.pumping import deliver_chat

MARTA, MAURO, LINK = 5001, 900, "AbC-dEf_123"
_numbers = itertools.count(100)


@pytest.fixture
def api(listening):
    api = listening(Api())
    api.answers[""] = (200, {"ok": True, "result": {"message_id": 77, "chat": {"id": MARTA}}})
    return api


@pytest.fixture
def line(db, api):
    return people.telegram_origin(api_url=api.url)


@pytest.fixture
def tells(client, line):
    """One update of Telegram's."""
    return lambda **update: takes(client, line, {"update_id": next(_numbers), **update})


def said(text="Hola", *, by=MARTA, number=11, link=LINK, **more):
    """A message of the private chat between Marta and Mauro, whose account it is."""
    names = {MARTA: "Marta", MAURO: "Mauro"}
    return {
        "message_id": number, "business_connection_id": link, "date": int(timezone.now().timestamp()),
        "from": {"id": by, "is_bot": False, "first_name": names.get(by, "?")},
        "chat": {"id": MARTA, "type": "private", "first_name": "Marta", "username": "marta_n"}, "text": text, **more,
    }  # fmt: skip


def connection(*, is_enabled=True, at=None, **more):
    more = {"rights": {"can_reply": True}} | more
    return {
        "id": LINK, "user": {"id": MAURO, "is_bot": False, "first_name": "Mauro", "last_name": "Silva"},
        "user_chat_id": MAURO, "date": int(at or timezone.now().timestamp()), "is_enabled": is_enabled, **more,
    }  # fmt: skip


def held(ana):
    """Marta's chat, taken by ana."""
    chat = Message.objects.get(direction="in").chat
    moves.take(chat.pk, ana)
    return chat


def answered(chat, ana, text="Hola Marta", **more):
    message = replies.send_reply(chat.pk, ana, text, **more)
    deliver_chat(chat.pk)
    message.refresh_from_db()
    return message


def test_what_a_customer_writes_to_the_account_comes_in_and_is_answered_there(tells, ana, api):
    tells(business_connection=connection())
    tells(business_message=said("¿Tenés la 42?"))
    message = answered(held(ana), ana, quotes=Message.objects.get(direction="in").pk)
    assert heard() == ["¿Tenés la 42?"]
    assert message.status == "sent"
    assert api.calls[-1].path.endswith("/sendMessage")
    asked = api.calls[-1].json
    assert (asked["business_connection_id"], asked["chat_id"], asked["text"]) == (LINK, str(MARTA), "Hola Marta")
    assert asked["reply_parameters"]["message_id"] == 11
    # said again by Telegram, it stands once
    tells(business_message=said("Hola Marta", by=MAURO, number=77, sender_business_bot={"id": 1, "is_bot": True}))
    assert Message.objects.filter(direction="out").count() == 1


def test_a_file_is_answered_there_too(tells, ana, api):
    from chats.attachments import uploads
    from tests.chats.attachments.samples import picture

    tells(business_message=said())
    answered(held(ana), ana, "", files=[uploads.keep_bytes(picture(), "a.png")])
    texts, _files = api.calls[-1].form
    assert (api.calls[-1].path.rsplit("/", 1)[-1], texts["business_connection_id"]) == ("sendPhoto", LINK)


def test_what_the_owner_types_is_shown_as_sent_from_the_phone_to_the_customer(tells):
    tells(business_message=said("Buen día", by=MAURO))
    tells(business_message=said("Buen día", by=MAURO))
    (message,) = Message.objects.filter(kind="text")
    assert (message.direction, message.status, message.payload["from_phone"]) == ("out", "sent", True)
    assert message.chat.contact.addresses.get(kind="telegram").value == str(MARTA)
    assert message.chat.contact.shown_address == "@marta_n"


def test_the_same_person_with_the_bot_itself_is_one_contact_answered_where_she_last_wrote(tells, ana, api):
    tells(business_message=said("por la cuenta"))
    chat = held(ana)
    direct = said("al bot", number=11)
    del direct["business_connection_id"]
    tells(message=direct)
    assert heard() == ["por la cuenta", "al bot"]
    answered(chat, ana)
    assert "business_connection_id" not in api.calls[-1].json
    tells(business_message=said("otra vez por la cuenta", number=12))
    first = Message.objects.get(text="al bot")
    answered(chat, ana, "Va", quotes=first.pk)
    asked = api.calls[-1].json
    assert asked["business_connection_id"] == LINK
    # what was said in the other thread cannot be quoted in this one
    assert "reply_parameters" not in asked


def test_an_edit_and_what_is_deleted_change_the_message_that_they_name(tells, ana):
    tells(business_message=said("Hola"))
    tells(business_message=said("Buen día", by=MAURO, number=12))
    tells(edited_business_message=said("Hola!", edit_date=int(timezone.now().timestamp()) + 1))
    tells(edited_business_message=said("Buen día!", by=MAURO, number=12))
    message = Message.objects.get(direction="in")
    assert (message.text, bool(message.edited_at)) == ("Hola!", True)
    chat = {"id": MARTA, "type": "private"}
    tells(deleted_business_messages={"business_connection_id": LINK, "chat": chat, "message_ids": [11, 12, 999]})
    assert all(Message.objects.exclude(kind="move").values_list("withdrawn_at", flat=True))


def test_a_tap_on_a_button_in_the_account_is_answered_there(tells, ana, api):
    tells(business_message=said())
    chat = held(ana)
    message = {**said("¿Cuál?", by=MAURO, number=30), "reply_markup": {
        "inline_keyboard": [[{"text": "La 42", "callback_data": "42"}]]}}  # fmt: skip
    tells(callback_query={"id": "q1", "from": {"id": MARTA, "first_name": "Marta"}, "message": message, "data": "42"})
    assert heard()[-1] == "La 42"
    answered(chat, ana)
    assert api.calls[-1].json["business_connection_id"] == LINK


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (connection(is_enabled=False), "se desconectó"),
        (connection(rights={"can_read_messages": True}), "no deja responder"),
        (connection(rights=None, can_reply=False), "no deja responder"),
    ],
)
def test_an_account_that_lets_nobody_answer_says_so_and_no_line_stops(tells, ana, api, line, told, words):
    tells(business_message=said())
    chat = held(ana)
    tells(business_connection=told)
    message = answered(chat, ana)
    assert (message.status, words in message.reason) == ("failed", True)
    assert "Mauro Silva" in message.reason
    assert not [call for call in api.calls if "send" in call.path]
    line.refresh_from_db()
    assert (line.trouble, words in line.notice) == ("", True)


def test_an_older_word_of_a_connection_that_comes_later_changes_nothing(tells, line):
    now = timezone.now().timestamp()
    tells(business_connection=connection(is_enabled=False, at=now - 10))
    tells(business_connection=connection(at=now - 100))
    assert not Connection.objects.get().is_on
    tells(business_connection=connection(rights=None, can_reply=True, at=now))
    connections.check_may_answer(line, LINK)
    assert Connection.objects.count() == 1


def test_a_connection_that_telegram_does_not_know_any_more_fails_one_message(tells, ana, api, line):
    refused = {"ok": False, "error_code": 400, "description": "Bad Request: BUSINESS_CONNECTION_INVALID"}
    tells(business_message=said())
    chat = held(ana)
    api.answers["sendMessage"] = (400, refused)
    message = answered(chat, ana)
    assert (message.status, "cuenta Business" in message.reason) == ("failed", True)
    line.refresh_from_db()
    assert line.trouble == ""


def test_corrections_in_the_account_name_it(tells, ana, api):
    tells(business_message=said())
    chat = held(ana)
    message = answered(chat, ana)
    corrections.edit_message(chat.pk, ana, message.pk, "Hola, Marta")
    deliver_chat(chat.pk)
    assert (api.calls[-1].path.rsplit("/", 1)[-1], api.calls[-1].json["business_connection_id"]) == (
        "editMessageText",
        LINK,
    )
    corrections.withdraw_message(chat.pk, ana, message.pk)
    deliver_chat(chat.pk)
    assert api.calls[-1].path.endswith("/deleteBusinessMessages")
    assert api.calls[-1].json == {"business_connection_id": LINK, "message_ids": [77]}
    reaction = corrections.react_to(chat.pk, ana, Message.objects.get(direction="in").pk, "👍")
    deliver_chat(chat.pk)
    reaction.refresh_from_db()
    assert reaction.status == "failed"


def test_the_dots_of_somebody_who_writes_are_shown_in_the_account(tells, line, api):
    tells(business_message=said())
    last = Message.objects.get(direction="in").external_id
    network.show_typing(line, (("telegram", str(MARTA)),), last)
    assert api.calls[-1].json["business_connection_id"] == LINK


@pytest.mark.parametrize(
    "update",
    [
        {"business_message": {**said(), "business_connection_id": ""}},
        {"business_message": {**said(), "business_connection_id": "a:b"}},
        {"business_message": {**said(), "chat": {"id": -1, "type": "group"}}},
        {"business_message": []},
        {"business_connection": {"id": None}},
        {"deleted_business_messages": {"business_connection_id": LINK, "chat": {"id": "x"}, "message_ids": [1]}},
        {"deleted_business_messages": {"business_connection_id": LINK, "chat": {"id": 5}, "message_ids": "1"}},
        {"edited_business_message": {**said(), "text": None}},
        {"callback_query": {"id": "q", "message": {**said(), "business_connection_id": []}, "data": "x"}},
    ],
)
def test_what_makes_no_sense_is_kept_and_moves_nothing(tells, update):
    tells(**update)
    assert not Message.objects.filter(direction="in", kind="text").exists()


def test_telegram_is_asked_for_all_of_it(line, api):
    network.set_webhook(line, "https://x.example/webhooks/tg/")
    asked = json.loads(api.calls[-1].raw)["allowed_updates"]
    assert {"business_connection", "business_message", "edited_business_message", "deleted_business_messages"} <= {
        *asked
    }
