"""Templates: filled in, refused where something is missing, and what they reopen."""

import uuid

import pytest
from django.utils import timezone

from chats.errors import Rejected, Rejection
from chats.messages import templates
from chats.models import Chat, Message, Template
from contacts.models import StateChange
from tests import people
from tests.chats.messages.samples import DAY, HOUR, expired


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
