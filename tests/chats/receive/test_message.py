"""A customer's message received: its session of 24 hours, its place, and that it is stored once."""

from datetime import timedelta

import pytest

from chats import expiry, moves, window
from chats.messages import replies, templates
from chats.models import Chat, Message, Template
from contacts.models import Address, Contact
from tests import people
from tests.chats.messages.samples import DAY, HOUR, NOW, TICK
from trays.models import Tray
from wittybots.models import Reception


def said(chat):
    """What the thread shows, in its order."""
    return [m.text for m in chat.messages.exclude(kind="move").order_by("created_at", "id")]


def test_a_message_opens_a_session_of_24_hours(http_origin):
    chat = people.says(http_origin, "c", "Hola", now=NOW).message.chat
    assert (chat.last_customer_at, chat.session_expires_at) == (NOW, NOW + DAY)


def test_each_message_starts_the_24_hours_anew(http_origin):
    people.says(http_origin, "c", "Hola", now=NOW)
    people.says(http_origin, "c", "¿Hola?", now=NOW + HOUR)
    assert Chat.objects.get().session_expires_at == NOW + HOUR + DAY


def test_the_origins_time_counts_not_the_arrival(http_origin):
    people.says(http_origin, "c", "Hola", at=NOW - 2 * HOUR, now=NOW)
    chat = Chat.objects.get()
    assert (chat.last_customer_at, chat.session_expires_at) == (NOW - 2 * HOUR, NOW + 22 * HOUR)
    assert chat.messages.get(direction="in").created_at == NOW - 2 * HOUR


def test_a_time_in_the_future_counts_as_now(http_origin):
    people.says(http_origin, "c", "Hola", at=NOW + 5 * DAY, now=NOW)
    chat = Chat.objects.get()
    assert chat.session_expires_at == NOW + DAY
    assert chat.messages.get(direction="in").created_at == NOW


def test_an_origin_sets_another_length(http_origin):
    http_origin.session_hours = 2
    http_origin.save()
    people.says(http_origin, "c", "Hola", now=NOW)
    assert Chat.objects.get().session_expires_at == NOW + 2 * HOUR
    people.says(http_origin, "tarde", "Hola", at=NOW - 2 * HOUR, now=NOW)
    assert Chat.objects.get(contact__addresses__value="tarde").state == "EXPIRADO"


@pytest.mark.parametrize(("age", "state"), [(DAY, "EXPIRADO"), (DAY - TICK, "BOT")])
def test_a_contact_first_seen_late_is_expired_to_the_microsecond(http_origin, age, state):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "c", "Hola", at=NOW - age, now=NOW).message.chat
    assert people.fresh(chat).state == state
    assert chat.messages.filter(author="bot").exists() == (state == "BOT")
    assert chat.contact.changes.count() == 1


def test_a_late_message_stands_in_its_place_and_moves_nothing(http_origin, ana, ventas):
    people.with_bot(http_origin)
    chat = people.waiting(people.http_origin(), ventas, sender="c", at=NOW - HOUR)
    before = Chat.objects.values().get(pk=chat.pk)
    people.says(chat.origin, "c", "De anteayer", at=NOW - 2 * DAY, now=NOW)
    assert Chat.objects.values().get(pk=chat.pk) == before
    assert said(chat) == ["De anteayer", "Hola"]


def test_a_late_message_does_not_reopen(http_origin):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "c", "Hola", now=NOW - 3 * DAY).message.chat
    expiry.expire(now=NOW)
    people.says(http_origin, "c", "Vieja", at=NOW - 2 * DAY, now=NOW)
    chat = people.fresh(chat)
    assert (chat.state, chat.unread) == ("EXPIRADO", 1)
    assert not chat.messages.filter(author="bot", created_at__gt=NOW - 2 * DAY).exists()
    assert not window.session_open(chat, NOW)


def test_a_message_of_yesterday_reopens_for_what_is_left_of_its_day(http_origin):
    people.with_bot(http_origin)
    people.says(http_origin, "c", "Hola", now=NOW - 3 * DAY)
    expiry.expire(now=NOW)
    people.says(http_origin, "c", "Ayer", at=NOW - 23 * HOUR, now=NOW)
    chat = Chat.objects.get()
    assert (chat.state, chat.session_expires_at) == ("BOT", NOW + HOUR)


def test_the_same_id_is_stored_once(http_origin):
    first = people.says(http_origin, "c", "Hola", external_id="m-1")
    again = people.says(http_origin, "c", "otra cosa", external_id="m-1")
    assert (first.is_new, again.is_new, again.message) == (True, False, first.message)
    assert Chat.objects.get().unread == 1


def test_the_same_id_on_two_lines_of_ours_is_two_messages(http_origin):
    other = people.http_origin()
    people.says(http_origin, "c", "Hola", external_id="m-1")
    assert people.says(other, "c", "Hola", external_id="m-1").is_new
    assert Message.objects.filter(external_id="m-1").count() == 2
    assert Contact.objects.count() == 2


def test_an_id_that_comes_again_from_a_stranger_makes_no_contact(http_origin):
    people.says(http_origin, "c", "Hola", external_id="m-1")
    assert not people.says(http_origin, "stranger", "Hola", external_id="m-1").is_new
    assert (Contact.objects.count(), Address.objects.count(), Chat.objects.count()) == (1, 1, 1)


def test_an_id_of_one_that_comes_again_from_another_changes_neither(http_origin):
    people.says(http_origin, "c", "Hola", external_id="m-1", now=NOW)
    people.says(http_origin, "d", "Buenas", external_id="m-2", now=NOW)
    before = list(Chat.objects.order_by("pk").values())
    assert not people.says(http_origin, "d", "Hola", external_id="m-1", now=NOW + HOUR).is_new
    assert list(Chat.objects.order_by("pk").values()) == before


def test_one_id_of_two_kinds_is_two_people(http_origin):
    people.says(http_origin, "5989", "Hola")
    people.says(http_origin, "5989", "Hola", address_kind="user")
    assert Contact.objects.count() == 2


def test_a_name_that_comes_later_is_kept_and_a_second_one_is_not(http_origin):
    people.says(http_origin, "c", "Hola")
    people.says(http_origin, "c", "Hola", name="Marta")
    people.says(http_origin, "c", "Hola", name="Otra")
    assert Contact.objects.get().name == "Marta"


def test_without_a_bot_it_waits_in_the_origins_own_tray_or_general(http_origin, ventas):
    assert people.says(http_origin, "c", "Hola").message.chat.tray == Tray.objects.general()
    own = people.http_origin()
    Reception.objects.create(origin=own, tray=ventas)
    assert people.says(own, "c", "Hola").message.chat.tray == ventas


def test_the_same_second_keeps_the_order_of_arrival(http_origin):
    whole = NOW.replace(microsecond=0)
    for text in "abc":
        people.says(http_origin, "c", text, at=whole, now=NOW + HOUR)
    assert said(Chat.objects.get()) == ["a", "b", "c"]


def test_an_answer_to_the_bot_in_whole_seconds_stands_after_it(http_origin):
    people.with_bot(http_origin, greeting="¡Hola!")
    people.says(http_origin, "c", "Buenas", at=NOW, now=NOW + timedelta(milliseconds=300))
    people.says(http_origin, "c", "no sé", at=NOW, now=NOW + timedelta(milliseconds=900))
    assert said(Chat.objects.get())[:3] == ["Buenas", "¡Hola!", "no sé"]


def test_a_message_that_was_on_its_way_for_long_stands_in_its_place(http_origin):
    for text, minutes in (("segunda", 10), ("tercera", 5), ("primera", 20)):
        people.says(http_origin, "c", text, at=NOW - timedelta(minutes=minutes), now=NOW)
    chat = Chat.objects.get()
    assert said(chat) == ["primera", "segunda", "tercera"]
    assert (chat.preview, chat.unread) == ("tercera", 3)


def test_the_preview_is_one_short_line(http_origin):
    chat = people.says(http_origin, "c", "  uno\n\ndos\t" + "x" * 500, kind="document").message.chat
    assert chat.preview == ("uno dos " + "x" * 500)[:140]
    assert chat.preview_kind == "document"


def test_a_text_is_stored_whole_as_far_as_the_database_can(http_origin):
    odd = "😀‮ \ud800 <b>{{ x }}</b> \x00fin " + "ñ" * 65_600
    text = people.says(http_origin, "c", odd).message.text
    assert Message.objects.get(direction="in").text == text
    assert text.startswith("😀‮ ? <b>{{ x }}</b> fin ")
    assert len(text) == 65_536


def test_a_quote_is_kept_where_it_is_known(http_origin, ana):
    chat = people.held(http_origin, ana, sender="c")
    answer = replies.send_reply(chat.pk, ana, "¿Cuál?")
    Message.objects.filter(pk=answer.pk).update(external_id="ours-1")
    assert people.says(http_origin, "c", "Esa", reply_to="ours-1").message.reply_to == answer
    assert people.says(http_origin, "c", "Esa", reply_to=str(answer.uuid)).message.reply_to == answer
    assert people.says(http_origin, "c", "Esa", reply_to="nobody-knows").message.reply_to is None
    assert people.says(http_origin, "otro", "Esa", reply_to="ours-1").message.reply_to is None


def test_unread_are_the_customers_messages_since_the_last_human_answer(http_origin, ana, bruno, ventas):
    people.with_bot(http_origin)
    for text in ("Hola", "ventas"):
        people.says(http_origin, "c", text)
    chat = Chat.objects.get()
    assert chat.unread == 2  # the bot's answers are not human
    moves.take(chat.pk, ana)
    assert people.fresh(chat).unread == 2
    replies.write_note(chat.pk, ana, "Cliente frecuente")
    assert people.fresh(chat).unread == 2
    replies.send_reply(chat.pk, ana, "Hola")
    assert people.fresh(chat).unread == 0
    people.says(http_origin, "c", "¿Precio?")
    moves.give_back(chat.pk, ana)
    assert people.fresh(chat).unread == 1
    moves.take(chat.pk, bruno)
    templates.send_template(chat.pk, bruno, Template.objects.create(name="T", body="Hola"), {})
    assert people.fresh(chat).unread == 0


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
