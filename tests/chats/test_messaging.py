"""What is said: coming in, going out, the 24 hours, the bot, and what became of each message."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image

from chats import access, expiry, moves, window
from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.messages import amendments, replies, templates
from chats.messages import receipts as message_receipts
from chats.models import Chat, Message, Template
from common.errors import OriginError
from contacts.models import Address, Contact, StateChange
from origins.facts import Reaction, Receipt
from origins.models import Origin
from tests import people
from trays.models import Tray
from wittybots.menu import engine
from wittybots.models import Bot, Reception

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def whatsapp(db):
    """A network that lets a free text out only within 24 h of the customer's last message."""
    return Origin.objects.create(kind="whatsapp", name="WhatsApp", key="wa", line_id="1000001")


def approved(origin, **fields):
    """A template that stands in the account of a line."""
    return Template.objects.create(origin=origin, remote_id="77", **{"name": "T", "body": "Hola", **fields})


def said(chat):
    """What the thread shows, in its order."""
    return [m.text for m in chat.messages.exclude(kind="move").order_by("created_at", "id")]


# --- the 24 hours ---------------------------------------------------------------------------------


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


# --- coming in ------------------------------------------------------------------------------------


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


# --- unread ---------------------------------------------------------------------------------------


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


# --- reactions ------------------------------------------------------------------------------------


def test_a_reaction_stands_at_its_message_and_is_taken_back(http_origin):
    message = people.says(http_origin, "c", "Hola", external_id="m-1").message
    assert amendments.apply_amendment(http_origin, Reaction("c", "m-1", "👍🏽"))
    assert Message.objects.get(pk=message.pk).reaction == "👍🏽"
    assert amendments.apply_amendment(http_origin, Reaction("c", str(message.uuid), ""))
    assert Message.objects.get(pk=message.pk).reaction == ""


@pytest.mark.parametrize(
    "fact", [Reaction("c", "m-9", "👍"), Reaction("otro", "m-1", "👍"), Reaction("c", "m-1", "👍", "user")]
)
def test_a_reaction_to_what_is_unknown_or_anothers_changes_nothing(http_origin, fact):
    people.says(http_origin, "c", "Hola", external_id="m-1")
    assert not amendments.apply_amendment(http_origin, fact)
    assert not amendments.apply_amendment(people.http_origin(), Reaction("c", "m-1", "👍"))
    assert Message.objects.exclude(reaction="").count() == 0


@pytest.mark.parametrize("place", ["expired", "closed"])
def test_a_reaction_never_makes_a_chat_arrive(http_origin, ana, place):
    people.with_bot(http_origin)
    chat = people.says(http_origin, "c", "Hola", external_id="m-1", now=NOW - 2 * DAY).message.chat
    if place == "expired":
        expiry.expire(now=NOW)
    else:
        moves.hand_over(chat.pk, Tray.objects.general())
        moves.take(chat.pk, ana)
        moves.close(chat.pk, ana)
    before = (Chat.objects.values().get(), StateChange.objects.count(), Message.objects.count())
    assert amendments.apply_amendment(http_origin, Reaction("c", "m-1", "👍"))
    assert (Chat.objects.values().get(), StateChange.objects.count(), Message.objects.count()) == before


# --- an agent answers -----------------------------------------------------------------------------


@pytest.fixture
def chat(http_origin, ana, ventas):
    """Marta's chat, which ana has."""
    return people.held(http_origin, ana, ventas, sender="marta")


def test_an_answer_is_stored_as_its_agents(chat, ana):
    message = replies.send_reply(chat.pk, ana, "  Hola Marta  ")
    assert (message.direction, message.author, message.agent, message.text, message.kind) == (
        "out", "agent", ana, "Hola Marta", "text"
    )  # fmt: skip
    assert people.fresh(chat).preview == "Hola Marta"


def test_where_nobody_waits_outside_it_is_sent_when_it_is_stored(chat, ana, django_capture_on_commit_callbacks):
    message = replies.send_reply(chat.pk, ana, "Hola", now=NOW)
    assert (message.status, message.sent_at) == ("sent", NOW)


def test_where_somebody_waits_it_is_queued(ana):
    origin = people.http_origin(callback_url="https://example.com/in")
    message = replies.send_reply(people.held(origin, ana).pk, ana, "Hola")
    assert (message.status, message.sent_at) == ("queued", None)


@pytest.mark.parametrize("who", ["bruno", "sofia"])
def test_only_who_has_the_chat_answers(who, chat, bruno, sofia):
    agent = {"bruno": bruno, "sofia": sofia}[who]
    with pytest.raises(Rejected, match="El chat lo tiene Ana Ferreyra") as refusal:
        replies.send_reply(chat.pk, agent, "Hola")
    assert refusal.value.code == Rejection.FORBIDDEN
    assert not chat.messages.filter(author="agent").exists()


def test_who_no_longer_has_it_reads_where_it_is(chat, ana, ventas):
    moves.give_back(chat.pk, ana)
    with pytest.raises(Rejected, match="El chat está ahora en BANDEJA Ventas") as refusal:
        replies.send_reply(chat.pk, ana, "Hola")
    assert refusal.value.code == Rejection.CONFLICT


@pytest.mark.parametrize("text", ["", "  \n ", "\x00", "x" * 16_385])
def test_nothing_and_too_much_are_not_sent(chat, ana, text):
    with pytest.raises(Rejected) as refusal:
        replies.send_reply(chat.pk, ana, text)
    assert refusal.value.code == Rejection.INVALID
    assert not chat.messages.filter(author="agent").exists()


def test_as_much_as_fits_is_sent(chat, ana):
    assert len(replies.send_reply(chat.pk, ana, "x" * 4096).text) == 4096


def test_the_same_form_twice_is_one_message(chat, ana):
    form = uuid.uuid4()
    first = replies.send_reply(chat.pk, ana, "Hola", client_id=form)
    assert replies.send_reply(chat.pk, ana, "Hola", client_id=form) == first
    assert replies.write_note(chat.pk, ana, "Hola", client_id=form) == first
    assert chat.messages.filter(author="agent").count() == 1


def test_the_same_form_after_the_chat_has_gone_is_still_that_message(chat, ana):
    form = uuid.uuid4()
    first = replies.send_reply(chat.pk, ana, "Hola", client_id=form)
    moves.close(chat.pk, ana)
    assert replies.send_reply(chat.pk, ana, "Hola", client_id=form) == first


def test_an_answer_that_missed_a_newer_message_waits(chat, ana, http_origin):
    seen = chat.messages.filter(direction="in").latest("id").pk
    assert replies.send_reply(chat.pk, ana, "Va", last_seen=seen)
    newer = people.says(http_origin, "marta", "Mejor no").message
    with pytest.raises(Rejected, match="escribió mientras tanto") as refusal:
        replies.send_reply(chat.pk, ana, "Va", last_seen=seen)
    assert refusal.value.code == Rejection.CONFLICT
    assert chat.messages.filter(author="agent").count() == 1
    assert replies.send_reply(chat.pk, ana, "Entonces no", last_seen=newer.pk)


def test_expired_by_the_clock_is_expired_before_any_sweep(chat, ana):
    expires = chat.session_expires_at
    assert replies.send_reply(chat.pk, ana, "A tiempo", now=expires - TICK)
    with pytest.raises(Rejected, match="plantilla") as refusal:
        replies.send_reply(chat.pk, ana, "Tarde", now=expires)
    assert refusal.value.code == Rejection.CONFLICT
    assert people.fresh(chat).state == "AGENTE"


def test_a_picture_is_sent_as_one(chat, ana):
    data = BytesIO()
    Image.new("RGB", (3, 2)).save(data, "PNG")
    kept = uploads.keep_bytes(data.getvalue(), "mapa.png")
    message = replies.send_reply(chat.pk, ana, "", files=[kept])
    assert (message.kind, message.attachments.get().chat) == ("image", chat)
    document = replies.send_reply(chat.pk, ana, "Lista", files=[uploads.keep_bytes(b"%PDF-1.4 x", "lista.pdf")])
    assert document.kind == "document"


def test_a_free_text_leaves_only_within_24_hours_of_the_customer(whatsapp, ana):
    at = timezone.now() - 20 * HOUR
    chat = people.waiting(whatsapp, sender="w", at=at)
    moves.take(chat.pk, ana)
    template = approved(whatsapp)
    templates.send_template(chat.pk, ana, template, {})
    chat = people.fresh(chat)
    assert chat.session_expires_at > at + DAY + HOUR  # the session goes on
    assert replies.send_reply(chat.pk, ana, "A tiempo", now=at + DAY - TICK)
    with pytest.raises(Rejected, match="plantilla"):
        replies.send_reply(chat.pk, ana, "Tarde", now=at + DAY)
    assert templates.send_template(chat.pk, ana, template, {}, now=at + DAY)
    people.says(whatsapp, "w", "Acá estoy", now=at + DAY + HOUR)
    assert replies.send_reply(chat.pk, ana, "Bien", now=at + DAY + HOUR)


def test_the_networks_window_is_24_hours_whatever_the_session_is(whatsapp, ana):
    whatsapp.session_hours = 72
    whatsapp.save()
    at = timezone.now()
    chat = people.held(whatsapp, ana, at=at)
    assert chat.session_expires_at == at + 3 * DAY
    with pytest.raises(Rejected, match="plantilla"):
        replies.send_reply(chat.pk, ana, "Tarde", now=at + DAY)


def test_after_a_template_only_templates_leave_until_the_customer_answers(whatsapp, ana):
    chat = people.waiting(whatsapp, sender="w", at=timezone.now() - 2 * DAY)
    expiry.expire()
    template = approved(whatsapp)
    templates.send_template(chat.pk, ana, template, {})
    with pytest.raises(Rejected, match="plantilla"):
        replies.send_reply(chat.pk, ana, "¿Seguís ahí?")
    assert templates.send_template(chat.pk, ana, template, {})
    people.says(whatsapp, "w", "Sí")
    assert replies.send_reply(chat.pk, ana, "Bien")


def test_without_such_a_window_the_template_opens_the_session_for_texts_too(http_origin, ana):
    chat = people.waiting(http_origin, at=timezone.now() - 2 * DAY)
    expiry.expire()
    templates.send_template(chat.pk, ana, Template.objects.create(name="T", body="Hola"), {})
    assert replies.send_reply(chat.pk, ana, "¿Seguís ahí?")


# --- notes ----------------------------------------------------------------------------------------


def test_a_note_never_leaves_and_is_no_news_for_lists(ana):
    origin = people.http_origin(callback_url="https://example.com/in")
    chat = people.held(origin, ana)
    note = replies.write_note(chat.pk, ana, "Pidió factura")
    assert (note.direction, note.author, note.status) == ("note", "agent", "")
    assert people.fresh(chat).preview == "Hola"


def test_who_may_write_a_note(chat, bruno, sofia):
    assert replies.write_note(chat.pk, sofia, "Revisalo con Ana")
    with pytest.raises(Rejected) as refusal:
        replies.write_note(chat.pk, bruno, "Hola")
    assert refusal.value.code == Rejection.FORBIDDEN


def test_a_supervisor_who_has_left_writes_no_note(chat, sofia):
    access.deactivate_agent(sofia)
    with pytest.raises(Rejected) as refusal:
        replies.write_note(chat.pk, sofia, "Hola")
    assert refusal.value.code == Rejection.FORBIDDEN


@pytest.mark.parametrize("text", ["", "  ", "x" * 4097])
def test_a_note_says_something_short(chat, ana, text):
    with pytest.raises(Rejected) as refusal:
        replies.write_note(chat.pk, ana, text)
    assert refusal.value.code == Rejection.INVALID


def test_a_note_goes_only_to_an_open_chat(http_origin, sofia, ana):
    waiting = people.waiting(http_origin)
    for agent in (sofia, ana):
        with pytest.raises(Rejected) as refusal:
            replies.write_note(waiting.pk, agent, "Hola")
        assert refusal.value.code == Rejection.CONFLICT


# --- templates ------------------------------------------------------------------------------------


@pytest.fixture
def template(db):
    return Template.objects.create(name="Retomar", body="Hola {{ nombre }}, sobre {{tema}}: {{nombre}}", footer="Witty")


def expired(origin, **fields):
    chat = people.waiting(origin, at=timezone.now() - 2 * DAY, **fields)
    expiry.expire()
    return people.fresh(chat)


def test_a_template_is_filled_in_and_reopens(http_origin, ana, template):
    chat = expired(http_origin)
    message = templates.send_template(chat.pk, ana, template, {"nombre": " Marta\n Gómez", "tema": "tu pedido"})
    assert message.text == "Hola Marta Gómez, sobre tu pedido: Marta Gómez\nWitty"
    assert message.kind == "template"
    assert message.payload["template"] == {
        "name": "Retomar", "language": "es", "variables": {"nombre": "Marta Gómez", "tema": "tu pedido"}
    }  # fmt: skip
    chat = people.fresh(chat)
    assert (chat.state, chat.agent, chat.unread) == ("AGENTE", ana, 0)
    assert chat.session_expires_at == chat.last_template_at + DAY
    assert chat.session_expires_at > timezone.now() + 23 * HOUR


def test_a_variable_is_never_read_as_a_template(http_origin, ana, template):
    chat = expired(http_origin)
    values = {"nombre": "{{tema}}", "tema": r"\1 {% x %}"}
    assert templates.send_template(chat.pk, ana, template, values).text == (
        "Hola {{tema}}, sobre \\1 {% x %}: {{tema}}\nWitty"
    )


def test_a_variable_that_the_database_cannot_keep_is_cleaned(http_origin, ana, template):
    chat = expired(http_origin)
    message = templates.send_template(chat.pk, ana, template, {"nombre": "Mar\x00ta\ud800", "tema": "x"})
    assert Message.objects.get(pk=message.pk).payload["template"]["variables"]["nombre"] == "Marta?"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"nombre": "Marta"},
        {"nombre": "Marta", "tema": " \n "},
        {"nombre": "Marta", "tema": "\x00"},
        {"nombre": "x" * 61, "tema": "x"},
    ],
)
def test_a_template_with_something_missing_or_too_long_does_not_leave(http_origin, ana, template, values):
    chat = expired(http_origin)
    before = Chat.objects.values().get()
    with pytest.raises(Rejected) as refusal:
        templates.send_template(chat.pk, ana, template, values)
    assert refusal.value.code == Rejection.INVALID
    assert Chat.objects.values().get() == before
    assert not chat.messages.filter(kind="template").exists()


@pytest.mark.parametrize("wrong", ["inactive", "another's"])
def test_a_template_that_cannot_be_used_does_not_leave(http_origin, ana, template, wrong):
    chat = expired(http_origin)
    if wrong == "inactive":
        template.is_active = False
    else:
        template.origin = people.http_origin()
    template.save()
    with pytest.raises(Rejected, match="ya no se puede usar") as refusal:
        templates.send_template(chat.pk, ana, template, {"nombre": "a", "tema": "b"})
    assert refusal.value.code == Rejection.INVALID
    assert people.fresh(chat).state == "EXPIRADO"


def test_a_template_of_its_own_origin_may_leave(http_origin, ana):
    own = Template.objects.create(name="Propia", body="Hola", origin=http_origin)
    assert templates.send_template(expired(http_origin).pk, ana, own, {})


def test_two_clicks_on_a_template_are_one(http_origin, ana, bruno):
    chat, form = expired(http_origin), uuid.uuid4()
    simple = Template.objects.create(name="S", body="Hola")
    first = templates.send_template(chat.pk, ana, simple, {}, client_id=form)
    assert templates.send_template(chat.pk, ana, simple, {}, client_id=form) == first
    with pytest.raises(Rejected) as refusal:
        templates.send_template(chat.pk, bruno, simple, {})
    assert refusal.value.code == Rejection.FORBIDDEN
    assert chat.messages.filter(kind="template").count() == 1


def test_a_template_from_an_open_pane_moves_nothing(chat, ana, sofia, template):
    steps = StateChange.objects.count()
    values = {"nombre": "a", "tema": "b"}
    templates.send_template(chat.pk, ana, template, values)
    assert StateChange.objects.count() == steps
    with pytest.raises(Rejected) as refusal:
        templates.send_template(chat.pk, sofia, template, values)
    assert refusal.value.code == Rejection.FORBIDDEN


def test_a_template_to_a_chat_that_waits_or_is_with_the_bot_is_refused(http_origin, ana):
    simple = Template.objects.create(name="S", body="Hola")
    other = people.http_origin()
    people.with_bot(other)
    for chat in (people.waiting(http_origin), people.says(other, "c", "Hola").message.chat):
        with pytest.raises(Rejected) as refusal:
            templates.send_template(chat.pk, ana, simple, {})
        assert refusal.value.code == Rejection.CONFLICT


def test_a_session_is_the_later_of_message_and_template(http_origin, ana):
    chat = expired(http_origin, sender="c")
    now = timezone.now()
    templates.send_template(chat.pk, ana, Template.objects.create(name="S", body="Hola"), {}, now=now)
    people.says(http_origin, "c", "Hola", at=now - HOUR, now=now)
    assert people.fresh(chat).session_expires_at == now + DAY


# --- what became of it ----------------------------------------------------------------------------

FORWARD = ["queued", "sending", "unconfirmed", "sent", "failed", "delivered", "read"]


RECEIPTS = ["sent", "failed", "delivered", "read"]
SETS = [*itertools.combinations_with_replacement(RECEIPTS, 3), tuple(RECEIPTS)]


@pytest.mark.parametrize("receipts", SETS, ids="-".join)
def test_receipts_in_any_order_and_twice_come_to_the_same(chat, ana, http_origin, receipts):
    message = replies.send_reply(chat.pk, ana, "Hola")
    ends = set()
    for order in set(itertools.permutations(receipts)):
        Message.objects.filter(pk=message.pk).update(status="sending", reason="")
        for status in order:
            receipt = Receipt(str(message.uuid), status, "Número inexistente" if status == "failed" else "")
            assert message_receipts.apply_receipt(http_origin, receipt)
        message.refresh_from_db()
        ends.add((message.status, message.reason))
    last = max(receipts, key=FORWARD.index)
    assert ends == {(last, "Número inexistente" if last == "failed" else "")}


def test_a_receipt_never_moves_back(chat, ana, http_origin):
    message = replies.send_reply(chat.pk, ana, "Hola")
    for now, came in itertools.product(FORWARD, RECEIPTS):
        Message.objects.filter(pk=message.pk).update(status=now)
        message_receipts.apply_receipt(http_origin, Receipt(str(message.uuid), came))
        message.refresh_from_db()
        assert message.status == max(now, came, key=FORWARD.index), (now, came)


def test_a_receipt_names_a_message_by_either_id_on_its_own_origin(chat, ana, http_origin):
    message = replies.send_reply(chat.pk, ana, "Hola")
    Message.objects.filter(pk=message.pk).update(external_id="theirs-1")
    other = people.http_origin()
    assert not message_receipts.apply_receipt(other, Receipt("theirs-1", "read"))
    assert not message_receipts.apply_receipt(other, Receipt(str(message.uuid), "read"))
    assert not message_receipts.apply_receipt(http_origin, Receipt("nobody's", "read"))
    assert not message_receipts.apply_receipt(http_origin, Receipt("theirs-1", "read", sender="otra"))
    assert message_receipts.apply_receipt(http_origin, Receipt("theirs-1", "delivered", sender="marta"))
    assert message_receipts.apply_receipt(http_origin, Receipt(str(message.uuid), "read"))
    message.refresh_from_db()
    assert message.status == "read"


def test_a_receipt_for_what_the_customer_said_is_for_nothing(http_origin):
    message = people.says(http_origin, "c", "Hola", external_id="m-1").message
    assert not message_receipts.apply_receipt(http_origin, Receipt("m-1", "read"))
    message.refresh_from_db()
    assert message.status == ""


def test_a_status_that_there_is_not(chat, ana, http_origin):
    message = replies.send_reply(chat.pk, ana, "Hola")
    with pytest.raises(OriginError, match="eaten"):
        message_receipts.apply_receipt(http_origin, Receipt(str(message.uuid), "eaten"))


@pytest.fixture
def failed(ana):
    origin = people.http_origin(callback_url="https://example.com/in")
    chat = people.held(origin, ana, sender="c")
    message = replies.send_reply(chat.pk, ana, "Hola")
    Message.objects.filter(pk=message.pk).update(status="failed", reason="Número inexistente", attempts=7)
    return message


def test_retrying_is_a_new_attempt_of_the_same_message(failed, ana):
    for _click in range(2):
        message = replies.retry_message(failed.pk, ana)
        assert (message.pk, message.status, message.reason, message.attempts) == (failed.pk, "queued", "", 0)
    assert Message.objects.filter(author="agent").count() == 1


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "delivered", "read"])
def test_what_has_not_failed_is_not_tried_again(failed, ana, status):
    Message.objects.filter(pk=failed.pk).update(status=status)
    assert replies.retry_message(failed.pk, ana).status == status


def test_only_who_has_the_chat_retries(failed, bruno, sofia, ana):
    for agent in (bruno, sofia):
        with pytest.raises(Rejected) as refusal:
            replies.retry_message(failed.pk, agent)
        assert refusal.value.code == Rejection.FORBIDDEN
    moves.give_back(failed.chat_id, ana)
    with pytest.raises(Rejected) as refusal:
        replies.retry_message(failed.pk, ana)
    assert refusal.value.code == Rejection.CONFLICT
    failed.refresh_from_db()
    assert failed.status == "failed"


def test_a_text_is_not_tried_again_when_its_window_has_closed(whatsapp, ana):
    chat = people.held(whatsapp, ana, at=timezone.now() - 2 * HOUR)
    text = replies.send_reply(chat.pk, ana, "Hola")
    template = templates.send_template(chat.pk, ana, approved(whatsapp), {})
    Message.objects.filter(direction="out").update(status="failed")
    Chat.objects.update(last_customer_at=timezone.now() - DAY)
    with pytest.raises(Rejected, match="plantilla") as refusal:
        replies.retry_message(text.pk, ana)
    assert refusal.value.code == Rejection.CONFLICT
    assert replies.retry_message(template.pk, ana).status == "queued"


# --- the bot --------------------------------------------------------------------------------------


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
    assert (chat.preview, chat.unread) == ("Te paso con una persona", 2)


def test_a_bot_that_breaks_at_the_first_word_lets_nobody_wait(http_origin, bot, ventas, monkeypatch):
    Reception.objects.update(tray=ventas)
    monkeypatch.setattr(engine, "answer_message", lambda *_: 1 / 0)
    chat = people.fresh(people.says(http_origin, "c", "Hola").message.chat)
    assert chat.tray == ventas  # the origin's own
    assert chat.messages.filter(direction="in").count() == 1


def test_what_a_bot_said_before_it_broke_was_never_said(http_origin, bot, monkeypatch, ana):
    people.says(http_origin, "c", "Hola")
    monkeypatch.setattr(moves, "hand_over", lambda *_args, **_fields: 1 / 0)
    chat = people.says(http_origin, "c", "Ventas").message.chat
    assert bot_said(chat) == ["¡Hola!", "Te paso con una persona"]
    chat = people.fresh(chat)
    assert (chat.preview, chat.bot_path) == ("Te paso con una persona", [])


def test_a_bot_that_cannot_even_say_farewell_lets_nobody_wait(http_origin, bot, monkeypatch):
    from chats.bots import menu_turn as turn

    chat = people.says(http_origin, "c", "Hola").message.chat
    monkeypatch.setattr(turn, "_bot_says", lambda *_: 1 / 0)
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
