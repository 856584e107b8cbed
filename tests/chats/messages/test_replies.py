"""Agents' answers: who may send one, when it leaves, and that it is stored once."""

import uuid
from io import BytesIO

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image

from chats import expiry, moves
from chats.attachments import uploads
from chats.errors import Rejected, Rejection
from chats.messages import missed, replies, templates
from chats.models import Template
from tests import people, plans
from tests.chats.messages.samples import DAY, HOUR, NOW, TICK, approved


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


def test_an_answer_that_missed_a_note_of_another_waits_and_not_for_one_s_own(chat, ana, bruno):
    seen = chat.messages.filter(direction="in").latest("id").pk
    replies.write_note(chat.pk, ana, "Llamar antes")
    assert replies.send_reply(chat.pk, ana, "Va", last_seen=seen)
    bruno.role = "supervisor"
    bruno.save()
    note = replies.write_note(chat.pk, bruno, "Ojo: ya pagó")
    with pytest.raises(Rejected, match="dejó una nota mientras tanto") as refusal:
        replies.send_reply(chat.pk, ana, "Son $ 900", last_seen=seen)
    assert (refusal.value.code, refusal.value.missed) == (Rejection.CONFLICT, note)
    assert replies.send_reply(chat.pk, ana, "Gracias", last_seen=note.pk)


@pytest.mark.parametrize(("which", "index"), [(0, "messages_heard"), (1, "messages_noted")])
def test_what_was_missed_is_found_by_an_index_of_its_own(which, index, chat, ana):
    with connection.cursor() as cursor:
        plans.keep_only_index(cursor, "chats_message", index)
    assert index in missed.news_since(chat, ana, 1)[which].order_by("-id")[:1].explain()


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
