"""Messages of the networks: their order, their times, and what customers change of them."""

import random
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chats import moves
from chats.models import Chat, Message
from contacts.models import Contact
from origins.models import Body
from tests import people
from tests.gateway.inbound.network_posts import MARTA, META, ago, heard, hello, marta, takes
from tests.origins.api import payload
from tests.threads import Crowd


def at_once(acts):
    """Each on a connection of its own, all at the same instant."""
    with Crowd(len(acts)) as crowd:
        return crowd.at_once([lambda _n, act=act: act() for act in acts])


@pytest.mark.parametrize("kind", [*META, "telegram"])
def test_the_same_body_on_two_connections_is_stored_once(kind, transactional_db):
    origin = getattr(people, f"{kind}_origin")()
    raw = hello(kind)
    answers = at_once([lambda: takes(Client(), origin, raw)] * 4)
    assert sum(answer["accepted"] for answer in answers) == 1
    assert sum(answer["duplicates"] for answer in answers) == 3
    assert (Contact.objects.count(), len(heard()), Chat.objects.get().unread) == (1, 1, 1)
    assert people.all_consistent()


def test_an_album_of_a_new_contact_on_five_connections(transactional_db, ana):
    origin = people.whatsapp_origin()
    person = people.wa_person()
    bodies = [
        people.wa_body(people.wa_change(contacts=[person], messages=[
            people.wa_message(id=f"wamid.A{n}", type="image", image={"id": f"70{n}", "mime_type": "image/jpeg"})
        ])) for n in range(5)
    ]  # fmt: skip
    answers = at_once([lambda body=body: takes(Client(), origin, body) for body in bodies])
    assert all(answer["accepted"] == 1 for answer in answers)
    assert (Contact.objects.count(), Chat.objects.count()) == (1, 1)
    pictures = Message.objects.filter(direction="in", kind="image")
    assert sorted(picture.payload["media"]["id"] for picture in pictures) == [f"70{n}" for n in range(5)]
    assert Chat.objects.get().unread == 5
    assert people.all_consistent()


def test_an_album_of_telegram_on_five_connections(transactional_db, ana):
    origin = people.telegram_origin()
    bodies = [
        people.tg_text(text=None, id=n, media_group_id="1",
                       photo=[{"file_id": f"f{n}", "width": 9, "height": 9, "file_size": 9}])
        for n in range(1, 6)
    ]  # fmt: skip
    at_once([lambda body=body: takes(Client(), origin, body) for body in bodies])
    assert (Contact.objects.count(), Chat.objects.count(), Message.objects.filter(kind="image").count()) == (1, 1, 5)


def test_bodies_in_any_order_end_in_the_order_of_the_origins_seconds(client, whatsapp, ana):
    start = ago(minutes=30)
    bodies = [people.wa_text(text=f"{n:02}", at=start + timedelta(seconds=n)) for n in range(12)]
    random.Random(7).shuffle(bodies)
    for body in bodies:
        takes(client, whatsapp, body)
    assert heard() == [f"{n:02}" for n in range(12)]
    chat = Chat.objects.get()
    assert (chat.preview, chat.unread) == ("11", 12)
    assert int(chat.last_customer_at.timestamp()) == int((start + timedelta(seconds=11)).timestamp())


@pytest.mark.parametrize("together", [True, False])
def test_in_one_second_they_stand_as_they_came(client, whatsapp, ana, together):
    marta(whatsapp, at=ago(minutes=9))
    at = ago(minutes=5)
    said = [people.wa_message(text=str(n), at=at) for n in range(5)]
    said[2]["context"] = {"id": "wamid.1"}
    bodies = [people.wa_texts(*said)] if together else [people.wa_texts(one) for one in said]
    for body in bodies:
        takes(client, whatsapp, body)
    assert heard() == ["Hola", "0", "1", "2", "3", "4"]
    assert Chat.objects.get().preview == "4"


def test_a_message_of_over_24_h_ago_moves_nothing(client, whatsapp, ana):
    chat = marta(whatsapp, ana, at=ago(hours=2))
    before = people.fresh(chat)
    takes(client, whatsapp, people.wa_text(MARTA, "de ayer", at=ago(hours=25)))
    chat = people.fresh(chat)
    assert heard() == ["de ayer", "Hola"]
    for name in ("state", "agent", "session_expires_at", "last_customer_at", "unread", "preview", "change"):
        assert getattr(chat, name) == getattr(before, name), name
    # and of somebody new: a contact whose session is over
    takes(client, whatsapp, people.wa_text("5491155550777", "tarde", at=ago(hours=30)))
    assert Chat.objects.get(messages__text="tarde").state == "EXPIRADO"
    assert people.all_consistent()


@pytest.mark.parametrize(
    "stamp", ["4102444800", "0", "-5", "NaN", None, "", [], {"a": 1}, "2026-13-45", True, "9" * 30, -1e300]
)
def test_a_time_that_makes_no_sense_counts_as_now(client, whatsapp, stamp):
    body = people.wa_texts(people.wa_message(text="¿cuándo?"))
    message = body["entry"][0]["changes"][0]["value"]["messages"][0]
    if stamp is None:
        del message["timestamp"]
    else:
        message["timestamp"] = stamp
    before = timezone.now()
    assert takes(client, whatsapp, body)["accepted"] == 1
    stored = Message.objects.get(direction="in")
    assert before <= stored.created_at <= timezone.now()
    assert Chat.objects.get().session_expires_at <= timezone.now() + timedelta(hours=24)


def test_milliseconds_are_read_as_such(client, whatsapp, messenger):
    at = ago(minutes=7)
    takes(client, whatsapp, people.wa_texts(people.wa_message(at=str(people.millis(at)))))
    takes(client, messenger, people.meta_text("messenger", at=at))
    for message in Message.objects.filter(direction="in"):
        assert abs(message.created_at - at) < timedelta(milliseconds=2)


def test_an_unknown_kind_is_a_customers_message_and_extends_the_window(client, whatsapp, ana):
    chat = marta(whatsapp, ana, at=ago(hours=20))
    for number, more in enumerate((
        {"type": "holograma", "holograma": {"x": 1}}, {"type": "interactive"}, {"type": "unsupported",
        "errors": [{"code": 131051}], "unsupported": {"type": "poll_creation"}}, {"type": "order"},
    )):  # fmt: skip
        takes(client, whatsapp, people.wa_texts(people.wa_message(**more)))
        assert Message.objects.filter(direction="in", kind="unsupported").count() == number + 1
    assert people.fresh(chat).session_expires_at > timezone.now() + timedelta(hours=23)


@pytest.mark.parametrize(
    "text", ["   ", "x" * 65_536, "a\x00b", "a\ud800b", "\u202eאבג", "👨‍👩‍👧‍👦" * 20, "<b>{{ x }}{% y %}</b>", "=1+1"]
)
def test_a_text_is_stored_whole_as_far_as_the_database_can(client, whatsapp, text):
    takes(client, whatsapp, people.wa_text(text=text))
    assert heard() == [text.replace("\x00", "").replace("\ud800", "?")]


def test_a_group_message_is_not_mixed_into_the_senders_chat(client, whatsapp, telegram):
    takes(client, whatsapp, people.wa_text(MARTA, "a mí"))
    takes(client, whatsapp, people.wa_texts(people.wa_message(MARTA, "al grupo", group_id="g-1")))
    takes(client, telegram, payload("telegram", "group"))
    assert heard() == ["a mí"]
    assert not Body.objects.exclude(state="processed").exists()


def test_a_new_message_brings_a_closed_chat_back_and_a_reaction_does_not(client, whatsapp, ana):
    chat = marta(whatsapp, ana)
    moves.close(chat.pk, ana)
    takes(client, whatsapp, people.wa_texts(people.wa_message(
        type="reaction", reaction={"message_id": "wamid.1", "emoji": "👍"})))  # fmt: skip
    assert people.fresh(chat).tray.kind == "closed"
    assert Message.objects.get(external_id="wamid.1").reaction == "👍"
    takes(client, whatsapp, people.wa_text(MARTA, "una cosa más"))
    assert people.fresh(chat).tray.kind == "general"


def test_a_reaction_is_taken_back_without_its_emoji(client, whatsapp, ana):
    marta(whatsapp)
    for reaction, stands in (({"emoji": "❤️"}, "❤️"), ({}, ""), ({"emoji": "😮"}, "😮"), ({"emoji": ""}, "")):
        said = {"type": "reaction", "reaction": {"message_id": "wamid.1", **reaction}}
        takes(client, whatsapp, people.wa_texts(people.wa_message(**said)))
        assert Message.objects.get(external_id="wamid.1").reaction == stands
    assert len(heard()) == 1


def test_a_customer_edits_and_withdraws(client, whatsapp, messenger, instagram, telegram, ana):
    takes(client, telegram, people.tg_text(id=11, text="hloa"))
    takes(client, telegram, people.tg_update("edited_message", people.tg_message(id=11, text="hola")))
    takes(client, messenger, people.meta_text("messenger", id="m_1", text="maniana"))
    takes(client, messenger, people.meta_event("messenger", "24001", message_edit={"mid": "m_1", "text": "mañana"}))
    takes(client, instagram, people.meta_text("instagram", "90001", id="i_1", text="secreto"))
    takes(client, instagram, people.meta_event("instagram", "90001", message={"mid": "i_1", "is_deleted": True}))
    marta(whatsapp)
    takes(client, whatsapp, people.wa_texts(people.wa_message(
        type="edit", edit={"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "Buenas"}}}
    )))  # fmt: skip
    assert sorted(Message.objects.filter(edited_at__isnull=False).values_list("text", flat=True)) == [
        "Buenas", "hola", "mañana"
    ]  # fmt: skip
    assert sorted(Chat.objects.values_list("preview", flat=True)) == ["Buenas", "Mensaje retirado", "hola", "mañana"]
    takes(
        client, whatsapp, people.wa_texts(people.wa_message(type="revoke", revoke={"original_message_id": "wamid.1"}))
    )
    assert Message.objects.get(external_id="wamid.1").withdrawn_at
    assert Message.objects.filter(direction="in").count() == 4


def test_nobody_changes_another_persons_message(client, whatsapp):
    marta(whatsapp)
    stranger = people.wa_message("5491100000000", type="revoke", revoke={"original_message_id": "wamid.1"})
    takes(client, whatsapp, people.wa_texts(stranger))
    assert Message.objects.get(external_id="wamid.1").withdrawn_at is None
