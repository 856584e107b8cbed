"""Lines, chats and templates for the tests of messages."""

import pytest

from chats.messages import replies
from chats.models import Message, Template
from origins.models import Origin
from tests import people


@pytest.fixture
def whatsapp(db):
    """A network that lets a free text out only within 24 h of the customer's last message."""
    return Origin.objects.create(kind="whatsapp", name="WhatsApp", key="wa", line_id="1000001")


@pytest.fixture
def chat(http_origin, ana, ventas):
    """Marta's chat, which ana has."""
    return people.held(http_origin, ana, ventas, sender="marta")


@pytest.fixture
def template(db):
    return Template.objects.create(name="Retomar", body="Hola {{ nombre }}, sobre {{tema}}: {{nombre}}", footer="Witty")


@pytest.fixture
def failed(ana):
    origin = people.http_origin(callback_url="https://example.com/in")
    chat = people.held(origin, ana, sender="c")
    message = replies.send_reply(chat.pk, ana, "Hola")
    Message.objects.filter(pk=message.pk).update(status="failed", reason="Número inexistente", attempts=7)
    return message
