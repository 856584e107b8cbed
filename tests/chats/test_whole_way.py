"""The whole way of a chat through the core: bot, tray, agent, closed, expired, reopened."""

from datetime import timedelta

from chats import expiry, moves
from chats.messages import replies, templates
from chats.models import Template
from contacts.models import Contact
from tests import people


def test_the_whole_way(http_origin, ventas, ana, sofia):
    people.with_bot(http_origin)
    first = people.says(http_origin, "cust-1", "Hola", name="Marta").message
    chat = people.fresh(first.chat)
    assert chat.state == "BOT"
    greeting = chat.messages.filter(author="bot").get()
    assert [c["title"] for c in greeting.payload["choices"]] == ["Ventas", "Otra consulta"]

    people.says(http_origin, "cust-1", "ventas")
    chat = people.fresh(chat)
    assert (chat.state, chat.tray) == ("BANDEJA", ventas)
    assert chat.unread == 2

    moves.take(chat.pk, ana)
    replies.send_reply(chat.pk, ana, "Hola Marta")
    chat = people.fresh(chat)
    assert (chat.state, chat.agent, chat.unread, chat.preview) == ("AGENTE", ana, 0, "Hola Marta")
    moves.give_back(chat.pk, ana)
    assert people.fresh(chat).tray == ventas
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    chat = people.fresh(chat)
    assert chat.tray.kind == "closed"

    assert expiry.expire(now=chat.session_expires_at) == 1
    chat = people.fresh(chat)
    assert chat.state == "EXPIRADO"
    template = Template.objects.create(name="Retomar", body="Hola {{nombre}}, seguimos")
    templates.send_template(chat.pk, ana, template, {"nombre": "Marta"})
    chat = people.fresh(chat)
    assert (chat.state, chat.agent, chat.taken_from) == ("AGENTE", ana, ventas)

    contact = Contact.objects.with_states().get()
    assert (contact.previous.state, contact.current.state) == ("EXPIRADO", "AGENTE")
    assert [c.state for c in contact.changes.order_by("id")] == [
        "BOT", "BANDEJA", "AGENTE", "BANDEJA", "AGENTE", "BANDEJA", "EXPIRADO", "AGENTE"
    ]  # fmt: skip


def test_a_closed_chat_starts_again_with_the_bot(http_origin, ventas, ana):
    people.with_bot(http_origin)
    chat = people.held(http_origin, ana) if False else people.says(http_origin, "c", "Hola").message.chat
    people.says(http_origin, "c", "ventas")
    moves.take(chat.pk, ana)
    moves.close(chat.pk, ana)
    people.says(http_origin, "c", "Otra cosa")
    assert people.fresh(chat).state == "BOT"


def test_a_message_a_day_old_moves_nothing(http_origin):
    from django.utils import timezone

    people.with_bot(http_origin)
    stored = people.says(http_origin, "c", "tarde", at=timezone.now() - timedelta(hours=25))
    chat = people.fresh(stored.message.chat)
    assert chat.state == "EXPIRADO"
    assert not chat.messages.filter(author="bot").exists()
